"""WebSockets: one is in the log as a stream with its token, can break, and is refused when that has expired."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Route

from fixtures.apps.forms import FOLDER, serve
from fixtures.apps.servers import RunningApp
from fixtures.ends import CouldNotAsk, DoesNotApply, RuleBroken
from fixtures.spa import Spa
from fixtures.target import Target, TargetError, read_target
from scenarios.live_channel import (
    closes_the_stream_at_the_sign_out,
    reconnects_with_the_current_token,
    refreshes_once_when_the_stream_is_rejected,
)

WAYS = ("socket/target.toml", "socket-by-subprotocol/target.toml", "socket-by-message/target.toml")
WRONG = ("socket-keeps-its-token/target.toml", "socket-says-its-first-token/target.toml")


@pytest.fixture(scope="session")
def file(request: pytest.FixtureRequest) -> str:
    """The target file of a form, below fixtures/forms."""
    return str(request.param)


@pytest.fixture(scope="session")
def app(file: str) -> Iterator[RunningApp]:
    with serve(file.partition("/")[0]) as served:
        yield served


@pytest.fixture(scope="session")
def target(file: str) -> Target:
    return read_target(FOLDER / file)


def streams_of(spa: Spa) -> list[tuple[str, str | None, str]]:
    return [(each.path, each.access_token, each.ended_in) for each in spa.recorder.log().streams]


@pytest.mark.parametrize("file", WAYS, indirect=True)
def test_it_is_a_stream_with_its_token(spa: Spa) -> None:
    spa.sign_in()

    spa.live.open()

    assert streams_of(spa) == [("/live", "A", "101")]
    assert [each.is_open for each in spa.recorder.log().streams] == [True]


@pytest.mark.parametrize("file", WAYS, indirect=True)
def test_it_breaks_off_and_is_opened_again_by_the_app(spa: Spa) -> None:
    spa.sign_in()
    spa.live.open()

    spa.live.break_off()
    assert streams_of(spa) == [("/live", "A", "101, connection reset")]
    assert spa.recorder.steps[-1].words == "The network fails under each stream that is open"

    spa.live.let_time_pass_until_open(60)
    assert streams_of(spa)[1:] == [("/live", "A", "101")]


@pytest.mark.parametrize("file", WAYS, indirect=True)
def test_one_whose_token_has_expired_is_refused_as_its_server_would(spa: Spa) -> None:
    spa.sign_in()
    spa.live.open()
    spa.page.evaluate(
        """() => {
          const Real = WebSocket;
          window.codes = [];
          window.WebSocket = function (...said) {
            const socket = new Real(...said);
            socket.addEventListener('close', ({ code }) => window.codes.push(code));
            return socket;
          };
        }"""
    )
    spa.network.reject_access_token()

    with spa.watched() as log:
        spa.live.break_off()
        spa.live.let_time_pass_until_open(60)

    assert [each.access_token for each in log.streams.succeeded] == ["B"]
    refused = [(each.access_token, each.status) for each in log.streams if not each.succeeded]
    assert refused in ([], [("A", 401)]), "the app may have asked another way first"
    assert spa.page.evaluate("() => window.codes") == [spa.pages.live.rejected_with or 1006] * len(refused)


@pytest.mark.parametrize("file", WAYS[:1], indirect=True)
def test_one_that_the_page_closes_has_ended(spa: Spa) -> None:
    spa.sign_in()
    spa.live.open()

    spa.sign_out()
    spa.live.wait_for_its_end()

    (stream,) = spa.recorder.log().streams
    assert (stream.failure, stream.is_open) == (None, False)


@pytest.mark.parametrize("file", WAYS[:1], indirect=True)
def test_one_that_its_page_has_left_behind_has_ended(spa: Spa) -> None:
    spa.sign_in()
    spa.live.open()

    spa.open(spa.pages.home)

    assert [each.is_open for each in spa.recorder.log().streams] == [False]


@pytest.mark.parametrize("file", WAYS[:1], indirect=True)
def test_one_that_is_put_right_is_the_servers_again(spa: Spa) -> None:
    spa.sign_in()
    spa.live.open()
    spa.network.reject_access_token()
    spa.world.api.put_right()

    spa.page.reload()

    spa.page.get_by_text("New notes are told of here").wait_for()
    assert streams_of(spa)[1:] == []


@pytest.mark.parametrize("file", WRONG, indirect=True)
def test_one_that_is_opened_with_the_token_of_long_ago_is_seen(spa: Spa) -> None:
    with pytest.raises(RuleBroken, match=r"^1 request for a stream was not sent again with a newer access token"):
        reconnects_with_the_current_token(spa)


@pytest.mark.parametrize("file", WRONG[1:], indirect=True)
def test_one_that_is_rejected_for_ever_is_seen(spa: Spa) -> None:
    with pytest.raises(RuleBroken, match=r"^\d+ requests for a stream were sent, and none succeeded; expected"):
        refreshes_once_when_the_stream_is_rejected(spa)


@pytest.mark.parametrize("file", ["socket-goes-on-as-nobody/target.toml"], indirect=True)
def test_one_on_which_no_token_is_said_any_more_is_not_taken_to_be_let_in(spa: Spa) -> None:
    with pytest.raises(RuleBroken, match=r"^\d+ requests for a stream were sent, and none succeeded; expected"):
        reconnects_with_the_current_token(spa)

    assert {each.ended_in for each in spa.recorder.log().streams.items[1:]} == {"101, closed with 4401"}


@pytest.mark.parametrize("file", ["socket-goes-on-as-nobody/target.toml"], indirect=True)
def test_one_that_opens_as_the_stretch_ends_is_not_taken_to_be_let_in(spa: Spa) -> None:
    spa.sign_in()
    spa.live.open()

    with spa.watched() as log:
        spa.live.break_off()
        spa.clock.let_time_pass_until(lambda: bool(spa.recorder.open_streams), 60)

    assert [each.ended_in for each in log.streams][-1:] == ["101, closed with 4401"]


@pytest.mark.parametrize("file", ["socket-outlives-sign-out/target.toml"], indirect=True)
def test_one_that_opens_itself_again_after_the_sign_out_is_seen(spa: Spa) -> None:
    with pytest.raises(RuleBroken, match=r"^\d+ requests for a stream were sent; expected none"):
        closes_the_stream_at_the_sign_out(spa)


@pytest.mark.parametrize("file", ["socket/by-its-token.toml"], indirect=True)
def test_a_token_of_the_pages_clock_in_an_address_is_said(spa: Spa) -> None:
    with pytest.raises(
        CouldNotAsk, match=r"^the app reads in its token when that expires, and opens a WebSocket with it"
    ):
        reconnects_with_the_current_token(spa)


@pytest.mark.parametrize("file", ["socket-by-message/by-its-token.toml"], indirect=True)
def test_a_token_of_the_pages_clock_in_a_message_is_the_servers_own_again(spa: Spa) -> None:
    reconnects_with_the_current_token(spa)


@pytest.mark.parametrize("file", WAYS[2:], indirect=True)
def test_one_that_carries_no_token_is_not_judged(spa: Spa) -> None:
    def say_nothing(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=response.text().replace("socket.send(first)", "{}"))

    spa.world.context.route("**/socket.js", say_nothing)
    spa.sign_in()

    with pytest.raises(DoesNotApply, match=r"^the WebSocket carries no access token in its address, in a subprotocol"):
        spa.live.open()


@pytest.mark.parametrize("file", WAYS[:1], indirect=True)
def test_what_the_browser_says_of_one_is_not_the_pages_word(spa: Spa) -> None:
    spa.sign_in()
    said: list[str] = []
    spa.page.on("console", lambda message: said.append(message.text))

    spa.page.evaluate(
        """() => new Promise((resolve) => {
          new WebSocket('ws://127.0.0.1:9/live?access_token=secret').onclose = resolve;
        })"""
    )
    spa.page.evaluate("() => console.error('its own')")

    assert said[-1] == "its own"
    assert [text for text in said if "secret" in text], "the browser was to write the address"
    assert [text for text in spa.recorder.console if "secret" in text] == []
    assert spa.recorder.console[-1] == "its own"


def test_a_code_that_closes_no_socket_is_no_code(tmp_path: Path) -> None:
    wrong = tmp_path / "target.toml"
    wrong.write_text(f'extends = "{FOLDER}/socket/target.toml"\n[pages.live]\nrejected_with = 401\n', encoding="utf-8")

    with pytest.raises(TargetError, match=r"pages\.live\.rejected_with"):
        read_target(wrong)
