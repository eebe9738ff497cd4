"""A rule goes on with the session that an earlier one has left, where the app and the rule cannot tell."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from e2e.hand_written import Makes
from e2e.test_survival import run_pytest
from fixtures.apps.servers import RunningApp
from fixtures.edge.faults import REFUSED
from fixtures.ends import DoesNotApply
from fixtures.given.app import ServeWith
from fixtures.given.spa import MakeSpa
from fixtures.judging import expect
from fixtures.page.accounts import account_of
from fixtures.spa import Spa
from fixtures.spa.going_on import OLDEST_SECONDS
from fixtures.spa.hand import AWAY
from fixtures.spa.kept_session import resume
from fixtures.spa.session_stock import MOST_KEPT, MOST_REFUSALS, SessionStock, app_of
from fixtures.target import Target
from fixtures.tokens.corrupted import GARBAGE
from scenarios.catalogue import rules


@pytest.fixture
def stock() -> SessionStock:
    """In the place of the one that is shut for tests of the suite's own."""
    return SessionStock()


@pytest.fixture
def left(make_spa: MakeSpa) -> Spa:
    """An app whose session has been left by a rule that was kept."""
    spa = make_spa()
    spa.sign_in()
    spa.note_unharmed()
    return spa


def the_next(make_spa: MakeSpa, before: Spa) -> Spa:
    before.end()
    return make_spa()


def app_under(spa: Spa) -> str:
    return app_of(spa.target, spa.world.base_url)


def test_the_next_rule_finds_what_a_sign_in_leaves(left: Spa, make_spa: MakeSpa) -> None:
    left.open(left.pages.home)
    storage, tokens = left.storage.browser.areas(), left.storage.browser.values()

    spa = the_next(make_spa, left)
    spa.sign_in()
    spa.open(spa.pages.home)

    assert spa.has_gone_on
    assert spa.account == left.account
    assert len(spa.recorder.log().sign_ins) == 0
    expect(spa.marks.signed_in).to_be_shown()
    assert {area: set(texts) for area, texts in spa.storage.browser.areas().items()} == {
        area: set(texts) for area, texts in storage.items()
    }
    renewed = spa.storage.browser.values()
    assert [part for part in tokens if renewed[part] != tokens[part]] == ["access_token", "expiry"]  # none rotates here
    assert 800 < spa.clock.left <= 900


def finds_that_it_does_not_apply(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.home)
    raise DoesNotApply("as it turns out here")


def signs_out_and_does_not_apply(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.home)
    spa.sign_out()
    raise DoesNotApply("as it turns out after the sign-out")


@pytest.mark.parametrize(
    ("function", "sign_ins"), [(finds_that_it_does_not_apply, 0), (signs_out_and_does_not_apply, 1)]
)
def test_a_rule_that_does_not_apply_after_all_leaves_what_it_has_not_ended(
    make_spa: MakeSpa, function: Callable[[Spa], None], sign_ins: int
) -> None:
    first = make_spa()
    asked = replace(rules()[0], function=function, case=None, needs=frozenset())
    with pytest.raises(DoesNotApply, match="as it turns out"):
        asked.apply(first)

    spa = the_next(make_spa, first)
    spa.sign_in()
    spa.open(spa.pages.home)

    assert len(spa.recorder.log().sign_ins) == sign_ins
    expect(spa.marks.signed_in).to_be_shown()


@pytest.mark.parametrize(("is_heard_of", "sign_ins"), [(False, 0), (True, 1)], ids=["unheard", "heard"])
def test_a_sign_out_that_the_server_has_not_heard_of_ends_no_session(
    left: Spa, make_spa: MakeSpa, *, is_heard_of: bool, sign_ins: int
) -> None:
    left.open(left.pages.home)
    if not is_heard_of:
        left.network.cut()
    left.sign_out()
    expect(left.marks.after_sign_out).to_be_shown()

    spa = the_next(make_spa, left)
    spa.sign_in()
    spa.open(spa.pages.home)

    assert len(spa.recorder.log().sign_ins) == sign_ins
    expect(spa.marks.signed_in).to_be_shown()


def test_a_sign_out_that_the_app_sends_once_the_network_is_back_is_heard_of(left: Spa, stock: SessionStock) -> None:
    left.open(left.pages.home)
    left.network.cut()
    left.sign_out()
    left.network.put_right()
    left.page.evaluate("() => fetch('/auth/logout/', { method: 'POST' })")

    left.end()

    assert not stock.has(app_under(left))


ROTATING = (("APP_ROTATE_REFRESH_TOKENS", "1"), ("APP_ROTATION_GRACE_SECONDS", "0"))


@pytest.fixture(params=[(), ROTATING], ids=["as it is", "rotating"])
def served(request: pytest.FixtureRequest, serve_with: ServeWith) -> RunningApp:
    return serve_with(request.param, None)


def throws_the_new_tokens_away(spa: Spa) -> None:
    spa.open(spa.pages.calls)
    spa.clock.let_access_token_expire()
    spa.call_api()
    spa.storage.browser.clear()


def keeps_the_old_tokens(spa: Spa) -> None:
    spa.open(spa.pages.calls)
    spa.storage.refuse_writes("QuotaExceededError")
    spa.clock.let_access_token_expire()
    spa.call_api()


def has_them_renewed_past_the_page(spa: Spa) -> None:
    expect(spa.refresh_in_a_row(3).exchanges).to_have_succeeded()


def holds_other_tokens_than_the_server_has_issued(spa: Spa) -> None:
    spa.open(spa.pages.home)
    spa.network.rotate_refresh_tokens()
    spa.clock.let_access_token_expire()
    spa.open(spa.pages.home)


def holds_one_token_for_all_that_the_server_has_issued(spa: Spa) -> None:
    spa.open(spa.pages.home)
    spa.network.keep_refresh_token()
    spa.clock.let_access_token_expire()
    spa.open(spa.pages.home)


@pytest.mark.parametrize(
    "happens",
    [
        throws_the_new_tokens_away,
        keeps_the_old_tokens,
        has_them_renewed_past_the_page,
        holds_other_tokens_than_the_server_has_issued,
        holds_one_token_for_all_that_the_server_has_issued,
    ],
)
def test_what_was_issued_last_goes_on_where_the_page_does_not_have_it(
    make_spa: MakeSpa, served: RunningApp, happens: Callable[[Spa], None]
) -> None:
    first = make_spa(None, served)
    first.sign_in()
    happens(first)
    assert first.recorder.log().refreshes.succeeded or happens is has_them_renewed_past_the_page
    first.note_unharmed()
    first.end()

    spa = make_spa(None, served)
    spa.sign_in()
    spa.open(spa.pages.home)

    assert spa.has_gone_on
    expect(spa.marks.signed_in).to_be_shown()


def test_a_session_that_has_gone_on_in_another_browser_is_left_with_its_newest_token(
    make_spa: MakeSpa, served: RunningApp
) -> None:
    rule = make_spa(None, served)
    rule.sign_in()
    elsewhere = rule.begin_a_session_in_another_browser()
    expect(elsewhere.refresh()).to_have_succeeded()
    rule.end()
    elsewhere.spa.end()

    spa = make_spa(None, served)
    spa.sign_in()
    spa.open(spa.pages.home)

    assert spa.has_gone_on
    assert spa.account == rule.account
    expect(spa.marks.signed_in).to_be_shown()


def test_a_session_that_has_ended_in_another_browser_is_left_to_nobody(
    make_spa: MakeSpa, served: RunningApp, stock: SessionStock
) -> None:
    rule = make_spa(None, served)
    rule.sign_in()
    elsewhere = rule.begin_a_session_in_another_browser()
    logout = f"{rule.world.server_url}/auth/logout/"
    assert rule.world.context.request.post(logout, data={"refresh_token": elsewhere.newest.token}).ok

    expect(elsewhere.refresh()).to_have_been_rejected()
    rule.end()
    elsewhere.spa.end()

    assert not stock.has(app_under(rule))


def test_a_token_that_is_shown_again_leaves_nothing(
    make_spa: MakeSpa, serve_with: ServeWith, stock: SessionStock
) -> None:
    spa = make_spa(None, serve_with(ROTATING, None))
    spa.sign_in()

    done = replace(spa.refresh_in_a_row(2), spent_at=-60.0)  # long ago
    done.show_the_first_token_again()
    spa.note_unharmed()
    spa.end()

    assert not stock.has(app_under(spa))


def test_its_tokens_are_good_and_its_own(left: Spa, make_spa: MakeSpa) -> None:
    spa = the_next(make_spa, left)
    spa.sign_in()

    spa.open(spa.pages.busy)
    fresh = spa.recorder.log()
    with spa.watched() as later:
        spa.clock.let_access_token_expire()
        spa.call_much_at_once()

    assert spa.has_gone_on
    assert len(fresh.refreshes) == 0
    assert len(fresh.api.failed) == 0
    expect(later.refreshes).to_have_count(1)
    expect(later.api.last_of_each).to_have_succeeded()


def test_an_app_is_seen_once_to_take_it_up(left: Spa, make_spa: MakeSpa) -> None:
    second = the_next(make_spa, left)
    second.sign_in()
    second.open(second.pages.calls)
    assert [each.path for each in second.recorder.log().documents] == [AWAY, "/dashboard", second.pages.calls.path]
    second.note_unharmed()

    third = the_next(make_spa, second)
    third.sign_in()
    third.open(third.pages.calls)
    assert third.has_gone_on
    assert [each.path for each in third.recorder.log().documents] == [AWAY, third.pages.calls.path]


def test_who_goes_away_at_once_loads_nothing(left: Spa, make_spa: MakeSpa, stock: SessionStock) -> None:
    stock.note_taken_up(app_under(left))
    spa = the_next(make_spa, left)
    spa.sign_in()
    spa.leave()

    assert spa.has_gone_on
    assert [each.path for each in spa.recorder.log().documents] == [AWAY]
    assert spa.storage.session.missing == ()


@pytest.mark.parametrize("look", ["marks", "clock", "network", "storage", "page", "holding", "watched"])
def test_who_stays_where_the_sign_in_leads_signs_in(
    left: Spa, make_spa: MakeSpa, stock: SessionStock, look: str
) -> None:
    spa = the_next(make_spa, left)
    spa.sign_in()
    assert len(spa.recorder.log().sign_ins) == 0, "it waits until it shows what the rule is about"

    found = getattr(spa, look)
    if look == "watched":
        with found() as log:
            pass
        assert len(log.sign_ins) == 0, "it was before"

    assert not spa.has_gone_on
    assert [each.status for each in spa.recorder.log().sign_ins] == [200]
    spa.end()
    assert stock.has(app_under(spa)), "what was offered is there for the next rule"


@pytest.mark.parametrize("token", ["access_token", "refresh_token"])
def test_who_asks_for_a_token_goes_on_with_any(left: Spa, make_spa: MakeSpa, token: str) -> None:
    spa = the_next(make_spa, left)
    spa.sign_in()

    found = getattr(spa, token)

    assert spa.has_gone_on
    assert len(spa.recorder.log().sign_ins) == 0
    assert found == (spa.world.access_token_used_last() if token == "access_token" else spa.refresh_token)
    expect(spa.marks.signed_in).to_be_shown()


def test_who_looks_how_it_refreshes_goes_on_with_any(left: Spa, make_spa: MakeSpa) -> None:
    spa = the_next(make_spa, left)
    spa.sign_in()

    spa.see_how_it_refreshes()

    assert spa.has_gone_on
    assert len(spa.recorder.log().sign_ins) == 0
    assert len(spa.recorder.log().refreshes.succeeded) == 1
    expect(spa.marks.signed_in).to_be_shown()


def test_a_control_that_is_used_next_is_one_of_where_the_sign_in_leads(left: Spa, make_spa: MakeSpa) -> None:
    spa = the_next(make_spa, left)
    spa.sign_in()
    spa.go_to_account_page()

    assert len(spa.recorder.log().sign_ins) == 1
    expect(spa.marks.data_of(spa.account)).to_be_shown()


def test_what_the_server_does_not_renew_is_begun_anew(left: Spa, make_spa: MakeSpa, stock: SessionStock) -> None:
    left.end()
    kept = stock.take(app_under(left))
    assert kept is not None
    stock.leave(app_under(left), replace(kept, copy=replace(kept.copy, token="not one of its own")))

    spa = make_spa()
    spa.sign_in()
    spa.open(spa.pages.calls)

    assert not spa.has_gone_on
    assert [each.status for each in spa.recorder.log().sign_ins] == [200]
    expect(spa.marks.signed_in).to_be_shown()


def test_an_old_one_is_not_gone_on_with(left: Spa, make_spa: MakeSpa, stock: SessionStock) -> None:
    left.end()
    kept = stock.take(app_under(left))
    assert kept is not None
    stock.leave(app_under(left), replace(kept, begun=kept.begun - OLDEST_SECONDS))

    spa = make_spa()
    spa.sign_in()
    spa.open(spa.pages.calls)

    assert not spa.has_gone_on
    assert len(spa.recorder.log().sign_ins) == 1


def test_a_server_that_never_renews_is_asked_no_more() -> None:
    stock = SessionStock()
    for _ in range(MOST_REFUSALS):
        assert stock.takes("shop")
        stock.note_refused("shop")

    assert not stock.takes("shop")


def move_the_clock(spa: Spa) -> None:
    spa.world.clock.run(1)


def change_replies(spa: Spa) -> None:
    spa.network.tell_lifetime(30)


def fail_refreshes(spa: Spa) -> None:
    spa.network.fail_refreshes(REFUSED, times=1)


def use_another_build(spa: Spa) -> None:
    spa.use_strict_mode_build()


@pytest.mark.parametrize("done", [move_the_clock, change_replies, fail_refreshes, use_another_build])
def test_a_rule_whose_sign_in_meets_something_signs_in(
    left: Spa, make_spa: MakeSpa, done: Callable[[Spa], None]
) -> None:
    spa = the_next(make_spa, left)
    done(spa)
    spa.sign_in()
    spa.open(spa.pages.home)

    assert not spa.has_gone_on
    assert len(spa.recorder.log().sign_ins) == 1

    another = the_next(make_spa, spa)
    another.sign_in()
    another.open(another.pages.home)
    assert another.has_gone_on, "what that rule has not touched is there for the next"


def test_a_rule_that_watches_the_sign_in_signs_in(left: Spa, make_spa: MakeSpa) -> None:
    spa = the_next(make_spa, left)
    with spa.watched() as log:
        spa.sign_in()

    assert len(log.sign_ins) == 1


def test_a_rule_that_is_not_kept_leaves_nothing(make_spa: MakeSpa, stock: SessionStock) -> None:
    spa = make_spa()
    spa.sign_in()
    spa.end()

    assert stock.take(app_under(spa)) is None


def test_who_signs_out_leaves_nothing(left: Spa, stock: SessionStock) -> None:
    left.sign_out()
    left.end()

    assert stock.take(app_under(left)) is None


def test_who_has_saved_something_leaves_no_account_that_has_it(left: Spa, stock: SessionStock) -> None:
    left.open(left.pages.form)
    left.save("A note that nobody else is to find.")
    left.end()

    assert stock.take(app_under(left)) is None


def test_tokens_that_a_rule_has_spoilt_are_not_those_that_are_left(left: Spa, make_spa: MakeSpa) -> None:
    left.leave()
    left.storage.corrupt("refresh_token", GARBAGE)

    spa = the_next(make_spa, left)
    spa.sign_in()
    spa.open(spa.pages.home)

    assert spa.has_gone_on


# Keeps a sum of its tokens that nobody else knows how to make, and takes a session whose sum is wrong for none.
DISTRUSTFUL = """
storage = {
  setItem: (key, text) => {
    localStorage.setItem(key, text);
    localStorage.setItem("sum", [...text].reverse().join(""));
  },
  getItem: (key) => {
    const text = localStorage.getItem(key);
    return text && localStorage.getItem("sum") === [...text].reverse().join("") ? text : null;
  },
  removeItem: (key) => localStorage.removeItem(key),
};
const begin = () => button("Look", () => show("/api/orders"));
"""
TABLES = """
access_token = { key = "session", pointer = "/access" }
refresh_token = { key = "session", pointer = "/refresh" }

[pages]
home = { path = "/", shows = { role = "button", name = "Look" } }
"""


@pytest.fixture
def makes(new_context: Callable[[], BrowserContext], tmp_path: Path) -> Iterator[Makes]:
    made = Makes(new_context, tmp_path)
    yield made
    made.close()


def test_an_app_that_does_not_take_it_up_signs_in_and_is_not_tried_again(
    makes: Makes, new_context: Callable[[], BrowserContext], stock: SessionStock
) -> None:
    made = makes(DISTRUSTFUL, TABLES)
    app = app_of(made.target, made.world.base_url)

    def another() -> Spa:
        spa = Spa(
            new_context(), made.target, made.account, base_url=made.world.base_url, stock=stock, kept=stock.take(app)
        )
        spa.sign_in()
        spa.open(spa.pages.home)
        spa.note_unharmed()
        return spa

    another().end()
    assert stock.takes(app)
    second = another()

    assert not second.has_gone_on
    assert len(second.recorder.log().sign_ins) == 1
    expect(second.marks.signed_in).to_be_shown()
    assert not stock.takes(app)
    second.end()
    assert stock.take(app) is None


@pytest.mark.timeout(360)  # a whole run
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "sessions: 1 sign-in, and 3 rules went on with an earlier one's"),
        (["--fresh-sessions"], "sessions: 4 sign-ins"),
    ],
)
def test_a_run_says_how_many_there_were(options: list[str], words: str) -> None:
    rules = "keeps-the-session-after-one and (500 or 502 or offline or reset)"
    ended = run_pytest("-q", "-n", "0", "e2e/test_scenarios.py", "-k", rules, *options)

    assert words in ended.stdout.splitlines(), ended.stdout[-2000:]


@pytest.fixture
def elsewhere(target: Target) -> Target:
    """The bundled app as one that runs by itself: what is begun there has to be ended."""
    return target.model_copy(update={"app": target.app.model_copy(update={"bundled": None})})


@pytest.mark.parametrize("place", ["in between", "last"])
def test_a_session_that_nobody_goes_on_with_is_ended(
    elsewhere: Target, app: RunningApp, new_context: Callable[[], BrowserContext], stock: SessionStock, place: str
) -> None:
    spa = Spa(new_context(), elsewhere, account_of(elsewhere, app.base_url), base_url=app.base_url, stock=stock)
    spa.sign_in()
    spa.note_unharmed()
    if place == "last":
        stock.close()

    spa.end()

    assert spa.world.has_signed_out == (place == "last")
    assert stock.has(app_under(spa)) == (place != "last")


def test_no_page_of_the_app_goes_on_once_its_session_is_left(left: Spa) -> None:
    left.open(left.pages.home)

    left.end()

    assert [page.is_closed() for page in left.world.pages] == [True]


def test_who_signs_in_all_the_same_leaves_one_more(left: Spa, make_spa: MakeSpa, stock: SessionStock) -> None:
    spa = the_next(make_spa, left)
    spa.sign_in()
    assert spa.marks.signed_in.is_visible()
    spa.note_unharmed()
    spa.end()

    kept = [stock.take(app_under(spa)), stock.take(app_under(spa))]
    assert [each and each.account for each in kept] == [left.account, spa.account]
    assert not stock.has(app_under(spa))


def test_what_one_has_saved_is_met_by_no_other_session_of_the_account(
    left: Spa, make_spa: MakeSpa, stock: SessionStock
) -> None:
    spa = the_next(make_spa, left)
    spa.sign_in()
    assert spa.marks.signed_in.is_visible()  # and so by the form, as the same user
    spa.note_unharmed()
    spa.end()
    saving = make_spa()
    saving.sign_in()
    saving.open(saving.pages.form)
    saving.save("a note")
    assert saving.has_gone_on
    saving.note_unharmed()
    saving.end()

    assert not stock.has(app_under(left))


def test_an_account_that_is_deleted_takes_every_session_of_its_along(
    left: Spa, make_spa: MakeSpa, stock: SessionStock
) -> None:
    spa = the_next(make_spa, left)
    spa.sign_in()
    assert spa.marks.signed_in.is_visible()  # and so by the form, as the same user
    spa.note_unharmed()
    spa.end()
    deleting = make_spa()
    deleting.sign_in()
    deleting.open(deleting.pages.home)
    assert deleting.has_gone_on
    deleting.delete_account()
    deleting.note_unharmed()
    deleting.end()

    assert not stock.has(app_under(left))


def test_no_more_are_left_than_there_is_room_for(
    elsewhere: Target, app: RunningApp, new_context: Callable[[], BrowserContext], stock: SessionStock
) -> None:
    account = account_of(elsewhere, app.base_url)
    spas = [Spa(new_context(), elsewhere, account, base_url=app.base_url, stock=stock) for _ in range(MOST_KEPT + 1)]
    for spa in spas:
        spa.sign_in()
        spa.note_unharmed()
    for spa in spas[:-1]:
        spa.end()
        assert not spa.world.has_signed_out
    spas[-1].end()
    assert spas[-1].world.has_signed_out

    last = Spa(new_context(), elsewhere, account, base_url=app.base_url, stock=stock)
    stock.close()
    last.end()

    ended = [each.status for each in last.recorder.log().all if each.path == "/auth/logout/"]
    assert len(ended) == MOST_KEPT


@pytest.mark.parametrize(
    ("why", "times"),
    [("too old", 2), ("too old, and the next rule has a newer one", 1), ("the last has not taken it", 1)],
)
def test_what_is_offered_and_not_wanted_is_ended(
    *,
    elsewhere: Target,
    app: RunningApp,
    new_context: Callable[[], BrowserContext],
    stock: SessionStock,
    why: str,
    times: int,
) -> None:
    account = account_of(elsewhere, app.base_url)
    first = Spa(new_context(), elsewhere, account, base_url=app.base_url, stock=stock)
    first.sign_in()
    first.note_unharmed()
    first.end()
    kept = stock.take(app_under(first))
    assert kept is not None
    offered = replace(kept, begun=kept.begun - OLDEST_SECONDS) if "too old" in why else kept
    spa = Spa(new_context(), elsewhere, account, base_url=app.base_url, stock=stock, kept=offered)
    if "too old" in why:
        spa.sign_in()
        spa.open(spa.pages.home)
        spa.note_unharmed()
    if "next rule" not in why:
        stock.close()

    spa.end()

    ended = [each.status for each in spa.recorder.log().all if each.path == "/auth/logout/"]
    assert len(ended) == times
    assert stock.has(app_under(spa)) == ("next rule" in why)
    third = Spa(new_context(), elsewhere, account, base_url=app.base_url, stock=stock)
    assert resume(kept, third.world, third._hand, third._storage) is None, "it is no more"
