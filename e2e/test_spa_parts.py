"""The parts that an app under judgement is composed of, each by itself on the real app."""

import pytest

from fixtures.edge.faults import RESET, SERVER_FAILED
from fixtures.ends import CouldNotAsk, DoesNotApply, RuleBroken
from fixtures.judging import expect
from fixtures.observed.record import ABORTED
from fixtures.spa import Spa
from fixtures.spa.clock import PAST_THE_END_SECONDS
from fixtures.spa.marks import Marks
from fixtures.spa.pages import Pages
from fixtures.target import Element
from fixtures.tokens.corrupted import GARBAGE, TRUNCATED, UNDEFINED


def test_a_further_tab_has_the_same_session_and_a_number_in_the_log(spa: Spa) -> None:
    spa.sign_in()

    with spa.watched() as log:
        spa.open(spa.pages.calls)
        other = spa.open_tab(spa.pages.busy)
        other.call_much_at_once()

    assert (spa.number, other.number) == (1, 2)
    expect(other.marks.signed_in).to_be_shown()
    assert {exchange.tab for exchange in log.api} == {1, 2}
    assert log.of_tab(spa).redirects.end == spa.pages.calls.path
    assert log.of_tab(other).redirects.end == spa.pages.busy.path
    assert {exchange.tab for exchange in log.of_tab(other).all} == {2}


def test_what_one_tab_does_to_the_session_the_other_sees(spa: Spa) -> None:
    spa.sign_in()
    other = spa.open_tab(spa.pages.home)

    with spa.watched() as log:
        spa.sign_out()

    expect(other.marks.sign_in_form).to_be_shown()
    expect(log.of_tab(other).redirects).to_visit_once(spa.pages.sign_in)


def test_the_clock_knows_how_long_the_token_lives_and_moves_past_its_end(spa: Spa) -> None:
    spa.sign_in()
    assert spa.clock.lifetime == 900
    assert 890 < spa.clock.left <= 900

    spa.clock.bring_near_expiry(seconds_left=100)
    assert 90 < spa.clock.left <= 100

    before = spa.clock.now
    spa.leave()
    spa.clock.let_access_token_expire()
    assert spa.clock.now - before > 100 - 10 + PAST_THE_END_SECONDS
    assert spa.clock.left < 0


FRAMES = """(work) => {
  window.frames_drawn = 0;
  const draw = () => { frames_drawn += 1; for (let i = 0; i < work; i += 1); requestAnimationFrame(draw); };
  requestAnimationFrame(draw);
}"""


def test_a_quarter_of_an_hour_passes_in_few_steps_and_few_frames(spa: Spa, monkeypatch: pytest.MonkeyPatch) -> None:
    spa.sign_in()
    spa.sign_out()
    spa.page.evaluate(FRAMES, 1e5)
    steps: list[float] = []
    run = spa.world.clock.run

    def counted(seconds: float) -> None:
        steps.append(seconds)
        run(seconds)

    monkeypatch.setattr(spa.world.clock, "run", counted)
    before = spa.clock.now

    spa.clock.let_time_pass(910, step=5)
    assert spa.clock.now - before > 910
    assert len(steps) < 40  # the page itself looks at the time each half minute
    assert 100 < spa.page.evaluate("frames_drawn") < 3000

    spa.page.evaluate("() => { window.ticks = 0; setInterval(() => { ticks += 1; }, 20_000); }")
    spa.clock.let_time_pass(110, step=5)
    assert spa.page.evaluate("ticks") == 5
    assert len(steps) < 55


def test_the_clock_goes_by_what_replies_were_made_to_say(spa: Spa) -> None:
    spa.network.tell_lifetime(30)
    spa.sign_in()

    assert spa.clock.lifetime == 30


def test_the_clock_goes_by_the_file_where_no_token_has_been_seen_yet(spa: Spa) -> None:
    spa.open_sign_in_page()
    spa.clock.note_issue()
    assert spa.clock.lifetime == 900
    spa.clock.let_access_token_expire()
    assert spa.clock.left < 0

    tokens = spa.target.tokens.model_copy(update={"lifetime": None})
    spa.world.target = spa.target.model_copy(update={"tokens": tokens})
    with pytest.raises(CouldNotAsk, match=r"no request has carried one yet, and tokens\.lifetime is missing"):
        spa.clock.lifetime  # noqa: B018  # that it cannot be told is what matters


def test_a_sign_in_whose_page_reloads_itself_at_once_has_brought_a_token(spa: Spa) -> None:
    spa.open_sign_in_page()
    request = spa.target.sign_in.request
    assert request is not None

    # Nobody reads the reply, so that Chromium takes the request for aborted, as it does at times where somebody has.
    spa.world.pages[0].evaluate(
        """async ([url, email, password]) => {
          const headers = { "Content-Type": "application/json" };
          await fetch(url, { method: "POST", headers, body: JSON.stringify({ email, password }) });
          location.reload();
        }""",
        [request.address, spa.world.account.user, spa.world.account.password],
    )
    spa.world.settle()

    assert [exchange.failure for exchange in spa.recorder.log().sign_ins] == [ABORTED]
    assert spa.clock.left > 890


def test_a_menu_that_is_open_already_is_not_opened_to_sign_out(spa: Spa) -> None:
    spa.sign_in()
    assert spa.target.sign_out is not None
    behind_a_menu = spa.target.sign_out.model_copy(update={"before": (Element(text="The menu"),)})
    spa.world.target = spa.target.model_copy(update={"sign_out": behind_a_menu})

    spa.sign_out()

    expect(spa.marks.sign_in_form).to_be_shown()


def test_storage_names_what_it_holds_and_shows_what_the_suite_has_made_up(spa: Spa) -> None:
    spa.sign_in()
    assert spa.storage.session.keys["access_token"] == "A"
    assert spa.storage.session.keys["refresh_token"] == "R1"

    spa.storage.corrupt("refresh_token", UNDEFINED)
    assert spa.storage.session.keys["refresh_token"] == "'undefined'"
    spa.storage.corrupt("refresh_token", GARBAGE)
    assert spa.names.redact("signs-out[%%%not-a-token%%%]") == "signs-out[%%%not-a-token%%%]"


@pytest.mark.parametrize("word", ["undefined", "null"])
def test_what_programs_write_where_a_token_is_missing_is_no_access_token(spa: Spa, word: str) -> None:
    spa.sign_in()
    used = spa.access_token

    with spa.watched(patiently=False) as log:
        spa.page.evaluate(f"fetch('/api/notes/', {{ headers: {{ Authorization: 'Bearer {word}' }} }})")

    assert [exchange.access_token for exchange in log.api] == [None]
    assert log.api[0].note == f"no access token, but '{word}'"
    assert spa.access_token == used


def test_half_of_a_real_token_is_still_named_and_never_shown(spa: Spa) -> None:
    spa.sign_in()
    spa.storage.corrupt("refresh_token", TRUNCATED)
    half = spa.refresh_token

    assert spa.storage.session.keys["refresh_token"] == "R2"
    assert half not in spa.names.redact(f"sent: {half}")


def test_the_network_says_that_a_fault_was_never_met(spa: Spa) -> None:
    spa.sign_in()
    spa.network.fail_refreshes(RESET, times=1)
    assert spa.network.is_disturbed

    with pytest.raises(CouldNotAsk, match=r"The refresh that was to fail \(connection reset\) was never sent\."):
        spa.network.restore_refreshes()


def test_holding_says_that_nothing_came(spa: Spa) -> None:
    spa.sign_in()

    with (
        pytest.raises(CouldNotAsk, match=r"No request was sent that the suite could have kept waiting\."),
        spa.holding.refreshes(),
    ):
        spa.open(spa.pages.calls)


def test_a_tab_that_has_been_closed_is_not_waited_for(spa: Spa) -> None:
    spa.sign_in()
    spa.open_tab(spa.pages.home)
    spa.world.pages[1].close()

    spa.open(spa.pages.calls)
    spa.world.pages[0].close()
    with pytest.raises(CouldNotAsk, match=r"No tab of the app is open any more\."):
        spa.world.settle()


def test_what_was_disturbed_is_put_right(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.reject_every_access_token()
    spa.network.fail_refreshes(RESET)
    spa.network.fail_api(SERVER_FAILED, times=9)
    spa.network.cut()

    spa.network.put_right()

    with spa.watched() as log:
        spa.call_api()
    expect(log.api).to_have_at_least(1)
    expect(log.api).to_have_succeeded()


def test_a_form_that_is_there_and_cannot_be_used_is_not_said_to_be_gone(spa: Spa) -> None:
    spa.open_sign_in_page()
    spa.page.evaluate(
        "document.body.append(Object.assign(document.createElement('div'), { style: 'position: fixed; inset: 0' }))"
    )

    with pytest.raises(RuleBroken, match=r'^Signing in again did not work: sign_in\.submit: button "Sign in": .*click'):
        spa.sign_in_again()


def test_two_elements_where_the_file_names_one_are_the_files_mistake(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.page.evaluate("document.querySelector('main').append(document.querySelector('main button').cloneNode(true))")

    with pytest.raises(CouldNotAsk, match=r'There is more than one button "Reload" on the page'):
        spa.call_api()


def test_what_stands_in_the_way_of_a_control_is_said(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"position:fixed;inset:0\">Wait</p>')")

    with pytest.raises(RuleBroken, match="could not be used: <p>Wait</p> intercepts pointer events"):
        spa.call_api()


def test_at_the_sign_in_form_one_is_signed_out_although_a_sign_out_leads_elsewhere(spa: Spa) -> None:
    assert spa.target.sign_out is not None
    goodbye = spa.target.sign_out.model_copy(update={"leads_to": "/goodbye"})
    spa.target = spa.target.model_copy(update={"sign_out": goodbye})
    spa.sign_in()

    spa.sign_out()

    assert spa.page.url.endswith(spa.pages.sign_in)
    expect(Marks(spa.page, spa.target, spa.account).after_sign_out).to_be_shown()


def test_a_link_that_is_on_no_page_from_which_it_would_be_used_is_not_missed_later(spa: Spa) -> None:
    account, on_home_alone = spa.target.pages.account, Element(role="link", name="Write the first one")
    assert account is not None
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.check_that_calls_keep_the_link_to_the_account_page()

    account = account.model_copy(update={"link": on_home_alone})
    spa.pages = Pages(spa.target.model_copy(update={"pages": spa.target.pages.model_copy(update={"account": account})}))

    with pytest.raises(DoesNotApply, match='link "Write the first one" is not on the page from which it would be used'):
        spa.check_that_calls_keep_the_link_to_the_account_page()
    spa.open(spa.pages.home)
    expect(spa.marks.control(on_home_alone)).to_be_shown()
