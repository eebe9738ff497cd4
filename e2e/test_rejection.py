"""How an app meets an expired token: by the status that it goes by, and for as long as it has no other token."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from e2e.hand_written import Makes
from fixtures.doctor import take_health
from fixtures.edge.faults import HTML_PAGE, LOST_REPLY, NEVER, RESET, SERVER_FAILED, Fault
from fixtures.observed.health import Health
from fixtures.spa import Spa

PAGES = '[pages]\nhome = { path = "/", shows = { text = "Here is /api/first" } }\n'
PAGES += '[pages.calls]\npath = "/"\nshows = { text = "Ask" }\ncontrol = { role = "button", name = "Ask" }\n'


@pytest.fixture
def make(new_context: Callable[[], BrowserContext], tmp_path: Path) -> Iterator[Makes]:
    with closing(Makes(new_context, tmp_path)) as makes:
        yield makes


# By which status

ASKS = "const begin = () => { show('/api/first'); button('Ask', () => show('/api/second')); };"


@pytest.mark.parametrize(
    ("says", "renews_on", "goes_by", "told"),
    [
        (401, [401], None, ["401", "200"]),
        (403, [401], 401, ["401", "200"]),
        (403, [401, 403], 403, ["403", "200"]),
        (403, [], 403, ["403"]),
    ],
    ids=["401-and-401", "403-and-401", "403-and-either", "403-and-neither"],
)
def test_an_app_gets_the_status_that_it_goes_by(
    make: Makes, says: int, renews_on: list[int], goes_by: int | None, told: list[str]
) -> None:
    script = f"renewsOn = {renews_on}; {ASKS}"
    health = take_health(make(script, PAGES, says=says))
    assert health == Health(rejected_with=goes_by)

    spa = make(script, PAGES, says=says, health=health)
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.reject_access_token()
    with spa.watched(patiently=False) as log:
        spa.call_api()

    assert [exchange.ended_in for exchange in log.api] == told
    assert len(log.refreshes.succeeded) == len(told) - 1
    is_the_servers_own = told[0] == str(says)
    assert log.api[0].note == ("its twin, expired and badly signed" if is_the_servers_own else "answered by the suite")


# Until there is another: an app that keeps its tokens in memory, and has asked for nothing before they expire

IN_MEMORY = "storage = null; const begin = () => button('Ask', () => show('/api/second'));"


@pytest.fixture
def unused(make: Makes) -> Callable[[str], Spa]:
    """Signed in, with a token that no request has carried yet."""

    def sign_in(script: str) -> Spa:
        spa = make(script, PAGES)
        spa.sign_in()
        return spa

    return sign_in


@pytest.mark.parametrize("fault", [RESET, SERVER_FAILED, HTML_PAGE, LOST_REPLY, NEVER], ids=str)
def test_a_refresh_that_has_brought_nothing_puts_no_token_right(unused: Callable[[str], Spa], fault: Fault) -> None:
    spa = unused(IN_MEMORY)
    spa.network.fail_refreshes(fault, times=1)
    spa.clock.let_access_token_expire()
    spa.page.evaluate("() => void renew().catch(() => null)")
    spa.world.settle()

    with spa.watched(patiently=False) as log:
        spa.page.evaluate("() => void ask('/api/first')")

    assert [exchange.ended_in for exchange in log.api] == ["401"]


@pytest.mark.parametrize("replies", [False, True], ids=["requests", "replies"])
def test_a_refresh_that_is_kept_waiting_puts_no_token_right_before_it_is_let_go(
    unused: Callable[[str], Spa], *, replies: bool
) -> None:
    spa = unused(IN_MEMORY)
    spa.clock.let_access_token_expire()

    with spa.watched(patiently=False) as log:
        with spa.holding.refresh_replies() if replies else spa.holding.refreshes():
            spa.page.evaluate("() => void renew()")
            spa.world.settle()
            spa.page.evaluate("() => void ask('/api/first')")
            spa.world.settle()
        spa.call_api()

    assert [exchange.ended_in for exchange in log.api] == ["401", "200"]
    assert len(log.refreshes) == 1


def test_a_token_that_is_first_seen_when_it_has_expired_stays_expired(unused: Callable[[str], Spa]) -> None:
    replays_as_it_was = """get = async (path) => {
      const old = tokens;
      let reply = await ask(path);
      if (reply.status === 401) { await renew(); reply = await ask(path, old); }
      return reply.json();
    };"""
    spa = unused(replays_as_it_was + IN_MEMORY)
    spa.clock.let_access_token_expire()

    with spa.watched(patiently=False) as log:
        spa.call_api()

    assert [exchange.ended_in for exchange in log.api] == ["401", "401"]
    assert len(log.refreshes.succeeded) == 1
