"""Apps of other forms: the target format takes them, and their sound client breaks no rule.

So a rule that turns red here is a mistake of the suite. Each form is judged by the rules in whose way a form can stand,
in their first case: pauses and counts of attempts are the client's own, and the same in every form. For all rules:
``make e2e TARGET=fixtures/forms/graphql/target.toml``.
"""

import re
import urllib.request
from collections.abc import Iterator
from itertools import groupby

import pytest
from playwright.sync_api import Route

from e2e.only_elsewhere import is_only_elsewhere
from fixtures.apps.forms import FOLDER, serve
from fixtures.apps.servers import RunningApp
from fixtures.doctor import examine
from fixtures.edge.faults import LOST_REPLY
from fixtures.ends import CouldNotAsk, DoesNotApply, RuleBroken
from fixtures.observed.passed_on import BY_THE_WORKER
from fixtures.observed.redirects import How
from fixtures.spa import Spa
from fixtures.target import Target, read_target
from scenarios.catalogue import Rule, rules
from scenarios.catalogue.rules import rules_of
from scenarios.corrupted_storage import text_that_is_no_json_leaves_no_blank_page
from scenarios.left_alone import ends_a_session_that_nobody_uses, keeps_a_session_that_is_used_ever_and_again
from scenarios.near_expiry_refresh import refreshes_when_cors_hides_the_401, survives_two_expiries_with_rotation
from scenarios.sign_out import (
    keeps_responses_from_the_next_user,
    revokes_the_refresh_token_on_the_server,
    shows_nothing_of_the_user_in_a_kept_page,
)

FIRST_CASES = [next(cases) for _, cases in groupby(rules(), key=lambda rule: rule.function)]
WHERE_THE_FORM_MATTERS = {
    "corrupted-storage/sign-in-works-again",
    "corrupted-storage/refreshes-a-corrupted-access-token",
    "corrupted-storage/text-that-is-no-json-leaves-no-blank-page",
    "corrupted-storage/survives-a-failing-storage-write",
    "expired-on-load/recovers-with-one-refresh",
    "expired-on-load/keeps-the-deep-link",
    "expired-on-load/does-not-loop-when-both-tokens-are-expired",
    "expired-on-load/returns-to-the-requested-page-after-sign-in",
    "expired-on-load/sends-no-refresh-without-tokens",
    "concurrent-401s/shares-one-refresh",
    "concurrent-401s/ignores-a-late-401",
    "live-channel/reconnects-with-the-current-token",
    "live-channel/refreshes-once-when-the-stream-is-rejected",
    "live-channel/closes-the-stream-at-the-sign-out",
    "near-expiry-refresh/refreshes-in-the-background",
    "near-expiry-refresh/shares-one-refresh",
    "near-expiry-refresh/refreshes-when-cors-hides-the-401",
    "near-expiry-refresh/does-not-refresh-again-after-a-refresh",
    "near-expiry-refresh/does-not-refresh-before-every-request",
    "near-expiry-refresh/tolerates-an-invalid-expires-in",
    "near-expiry-refresh/refreshes-a-short-lived-token-every-time",
    "near-expiry-refresh/survives-two-expiries-with-rotation",
    "near-expiry-refresh/leaving-during-a-refresh-keeps-the-session",
    "network-failure/keeps-the-session-after-one-failed-refresh",
    "network-failure/shows-the-page-after-a-failed-refresh-on-load",
    "network-failure/recovers-when-back-online",
    "refresh-rejected/ends-the-session",
    "refresh-rejected/refreshes-in-the-next-session",
    "sign-out/late-refresh-does-not-restore-the-session",
    "sign-out/late-rejected-refresh-does-not-end-the-next-session",
    "sign-out/stops-background-refresh",
    "sign-out/works-whatever-the-server-says",
    "sign-out/leaves-no-copy-of-a-token",
    "sign-out/revokes-the-refresh-token-on-the-server",
    "rejected-after-refresh/refreshes-once-per-request",
    "server-contract/brings-what-the-next-refresh-needs",
    "server-contract/lets-a-user-refresh-often",
    "server-contract/signing-in-elsewhere-ends-no-session",
    "wrong-password/is-sent-once",
}
WHERE_SIGNING_IN_MATTERS = {
    "expired-on-load/recovers-with-one-refresh",
    "near-expiry-refresh/shares-one-refresh",
    "near-expiry-refresh/does-not-refresh-again-after-a-refresh",
    "sign-out/revokes-the-refresh-token-on-the-server",
}
WITHOUT_A_FORM = ("other-origin/by-function.toml", "other-origin/by-call.toml")
SOCKETS = ("socket/target.toml", "socket-by-subprotocol/target.toml", "socket-by-message/target.toml")
"""Forms that differ from others in their live page alone, and are judged by its rules."""
FILES = (
    "httponly-cookie/target.toml",
    "ending-cookie/target.toml",
    "one-cookie/target.toml",
    "readable-cookie/target.toml",
    "carrying-cookie/target.toml",
    "nested-json/target.toml",
    "graphql/target.toml",
    "other-origin/target.toml",
    "without-jti/target.toml",
    "behind-a-worker/target.toml",
    *SOCKETS,
    *WITHOUT_A_FORM,
)
API_ORIGIN = re.compile('name="api" content="([^"]*)"')


def asked_of(file: str) -> list[Rule]:
    """The rules that a target file is judged by."""
    wanted = WHERE_SIGNING_IN_MATTERS if file in WITHOUT_A_FORM else WHERE_THE_FORM_MATTERS
    if file in SOCKETS:
        wanted = {rule for rule in WHERE_THE_FORM_MATTERS if rule.startswith("live-channel/")}
    return [rule for rule in FIRST_CASES if f"{rule.scenario}/{rule.name}" in wanted]


def test_each_rule_that_is_named_exists() -> None:
    assert {f"{rule.scenario}/{rule.name}" for rule in FIRST_CASES} >= WHERE_THE_FORM_MATTERS
    assert WHERE_SIGNING_IN_MATTERS <= WHERE_THE_FORM_MATTERS


@pytest.fixture(scope="session")
def file(request: pytest.FixtureRequest) -> str:
    """The target file of a form, below fixtures/forms."""
    return str(request.param)


@pytest.fixture(scope="session")
def app(file: str) -> Iterator[RunningApp]:
    """The small app in that form."""
    with serve(file.partition("/")[0]) as served:
        yield served


@pytest.fixture(scope="session")
def target(file: str, app: RunningApp) -> Iterator[Target]:
    """The form, in place of the target of the run. An API elsewhere is known when it runs."""
    with urllib.request.urlopen(app.base_url) as page:  # noqa: S310 - it has just been served
        found = API_ORIGIN.search(page.read().decode())
    assert found is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AFRESH_FORMS_API", found[1] or app.base_url)
        yield read_target(FOLDER / file)


@pytest.fixture
def full_browser(spa: Spa) -> None:
    """A browser that keeps pages for the way back, where this machine has one."""
    if spa.why_no_full_browser is not None:
        pytest.skip(spa.why_no_full_browser)


@pytest.mark.sessions_go_on
@pytest.mark.shared_out("file", "rule", among=FILES, each=4, always=is_only_elsewhere)
@pytest.mark.parametrize(
    ("file", "rule"),
    [(file, rule) for file in FILES for rule in asked_of(file)],
    indirect=["file"],
    ids=str,
)
def test_sound(rule: Rule, spa: Spa) -> None:
    try:
        rule.apply(spa)
    except DoesNotApply as reason:
        pytest.skip(f"does not apply: {reason}")
    finally:
        assert spa.broken_besides == {}


@pytest.mark.parametrize("file", ["unread-json/target.toml"], indirect=True)
@pytest.mark.parametrize("rule", rules_of(text_that_is_no_json_leaves_no_blank_page), ids=str)
def test_a_client_that_parses_whatever_it_finds_leaves_a_blank_page(rule: Rule, spa: Spa) -> None:
    with pytest.raises(RuleBroken, match=r"^The page did not show the content of / or the sign-in form \(") as broken:
        rule.apply(spa)

    assert broken.value.actual == "the page at /, with no heading"


@pytest.mark.parametrize("file", ["other-origin-by-401/target.toml"], indirect=True)
def test_a_client_that_waits_for_a_401_never_hears_of_one_without_cors_headers(spa: Spa) -> None:
    with pytest.raises(RuleBroken, match=r"^No refresh was sent"):
        refreshes_when_cors_hides_the_401(spa)


@pytest.mark.parametrize("file", ["worker-keeps-a-refresh/target.toml"], indirect=True)
def test_a_worker_that_answers_a_refresh_with_an_earlier_reply_is_seen_to(spa: Spa) -> None:
    with pytest.raises(RuleBroken, match=r"^The user was redirected to /login \(pushState\), but should have stayed"):
        survives_two_expiries_with_rotation(spa)

    assert [each.note for each in spa.recorder.log().refreshes][:2] == [None, BY_THE_WORKER]


@pytest.mark.parametrize("file", ["worker-keeps-answers/target.toml"], indirect=True)
def test_a_worker_that_keeps_answers_for_bad_times_shows_them_to_the_next_user(spa: Spa) -> None:
    with pytest.raises(RuleBroken, match=r"^The page showed the data of another user") as broken:
        keeps_responses_from_the_next_user(spa)

    assert BY_THE_WORKER in [each.note for each in spa.recorder.log().api], broken.value


@pytest.mark.parametrize("file", ["worker-forgets-answers/target.toml"], indirect=True)
def test_a_worker_may_keep_answers_for_as_long_as_their_session_lasts(spa: Spa) -> None:
    keeps_responses_from_the_next_user(spa)

    assert "answers" in spa.page.evaluate("() => caches.keys()"), "its worker was asked again"


@pytest.mark.usefixtures("full_browser")
@pytest.mark.parametrize("file", ["left-by-loading/target.toml"], indirect=True)
@pytest.mark.parametrize("rule", rules_of(shows_nothing_of_the_user_in_a_kept_page), ids=str)
def test_a_page_that_a_sign_out_has_left_is_brought_back_with_its_user(rule: Rule, spa: Spa) -> None:
    with pytest.raises(RuleBroken, match=r"^The page showed the user's own data \("):
        rule.apply(spa)

    last = spa.recorder.log().redirects.visits[-1]
    assert (last.url, last.how) == ("/profile", How.RESTORE)


@pytest.mark.usefixtures("full_browser")
@pytest.mark.parametrize("file", ["left-by-loading-and-looked-at/target.toml"], indirect=True)
@pytest.mark.parametrize("rule", rules_of(shows_nothing_of_the_user_in_a_kept_page), ids=str)
def test_a_page_that_is_brought_back_may_look_whether_there_is_still_a_session(rule: Rule, spa: Spa) -> None:
    rule.apply(spa)

    assert spa.recorder.log().redirects.has_restored


@pytest.mark.usefixtures("full_browser")
@pytest.mark.parametrize("file", ["left-by-loading/target.toml"], indirect=True)
@pytest.mark.parametrize("rule", rules_of(shows_nothing_of_the_user_in_a_kept_page), ids=str)
def test_a_page_that_may_not_be_stored_is_not_brought_back(rule: Rule, spa: Spa) -> None:
    def forbid_storing(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, headers={**response.headers, "cache-control": "no-store"})

    spa.world.context.route("**/login", forbid_storing)

    with pytest.raises(DoesNotApply, match=r"^the browser does not keep the page .+ \(.*CacheControlNoStore"):
        rule.apply(spa)


@pytest.mark.parametrize("file", ["ends-when-idle/target.toml"], indirect=True)
@pytest.mark.parametrize(
    "rule",
    [*rules_of(ends_a_session_that_nobody_uses), *rules_of(keeps_a_session_that_is_used_ever_and_again)],
    ids=str,
)
def test_a_client_may_end_a_session_that_nobody_uses(rule: Rule, spa: Spa) -> None:
    rule.apply(spa)


@pytest.mark.parametrize("file", ["idle-unless-it-renews/target.toml"], indirect=True)
def test_a_client_that_takes_its_own_renewals_for_use_never_ends_a_session(spa: Spa) -> None:
    with pytest.raises(RuleBroken, match=r"^The page did not show the sign-in form \("):
        ends_a_session_that_nobody_uses(spa)

    assert spa.recorder.log().refreshes.succeeded


@pytest.mark.parametrize("file", ["idle-from-the-first/target.toml"], indirect=True)
def test_a_client_that_notices_no_use_ends_a_session_that_is_used(spa: Spa) -> None:
    with pytest.raises(RuleBroken, match=r"^The user was redirected to /login, but should have stayed signed in\."):
        keeps_a_session_that_is_used_ever_and_again(spa)


@pytest.mark.parametrize("file", ["signs-out-locally/target.toml"], indirect=True)
def test_a_copy_of_a_cookie_that_no_script_sees_is_taken_where_the_server_was_not_told(spa: Spa) -> None:
    with pytest.raises(RuleBroken, match=r"^The server still accepted the token: POST /auth/refresh 204;"):
        revokes_the_refresh_token_on_the_server(spa)


@pytest.mark.parametrize("file", ["httponly-cookie/target.toml"], indirect=True)
def test_a_refresh_of_the_suites_own_that_gets_no_answer_shows_no_cookie(spa: Spa) -> None:
    spa.sign_in()
    copy = spa.copy_refresh_token()
    spa.world.server_url = "http://127.0.0.1:9"  # where nobody listens

    with pytest.raises(CouldNotAsk, match=r"^The suite's own refresh got no answer: ") as said:
        spa.refresh_with(copy)

    assert copy.token not in str(said.value)
    assert copy.token in str(said.value.__context__), "what is left out was to have it"


@pytest.mark.parametrize("file", ["httponly-cookie/target.toml"], indirect=True)
def test_what_the_own_origin_answers_can_be_read(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.calls)
    with spa.watched() as log:
        spa.clock.let_access_token_expire(unreadable=True)
        spa.call_api()

    assert [exchange.fault for exchange in log.api] == [None] * len(log.api)
    assert log.api.last_of_each[0].succeeded


@pytest.mark.parametrize("file", ["httponly-cookie/target.toml"], indirect=True)
def test_a_reply_sets_its_cookies_when_the_page_gets_it_and_not_before(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.calls)
    first = spa.refresh_token

    def used_now() -> tuple[str | None, str]:
        """The name of the access token that the browser sends, and what the server says to it."""
        spa.page.evaluate("() => void fetch('/api/notes')")
        spa.world.settle()
        last = spa.recorder.log().api[-1]
        return last.access_token, last.ended_in

    spa.network.fail_refreshes(LOST_REPLY, times=1)
    spa.clock.let_access_token_expire()
    spa.call_api()
    assert spa.refresh_token == first

    spa.network.restore_refreshes()
    with spa.holding.refresh_replies():
        spa.clock.let_time_pass(5)
        assert spa.refresh_token == first
        assert used_now() == ("A", "401")
    assert spa.refresh_token != first
    assert used_now() == ("B", "200")


@pytest.mark.parametrize("file", ["httponly-cookie/target.toml"], indirect=True)
def test_a_copy_of_what_an_httponly_cookie_has_is_told_by_the_name_of_the_cookie(spa: Spa) -> None:
    spa.sign_in()
    assert spa.storage.copies_of_tokens.described() == ""

    token = next(cookie["value"] for cookie in spa.page.context.cookies() if cookie["name"] == "access_token")
    spa.page.evaluate("(token) => localStorage.setItem('backup', JSON.stringify({ token }))", token)

    assert spa.storage.copies_of_tokens.described() == "localStorage backup (what cookie access_token has)"


@pytest.mark.parametrize("file", ["httponly-cookie/target.toml"], indirect=True)
def test_a_request_that_goes_out_without_its_cookie_carries_no_token(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.calls)
    with spa.watched() as log:
        spa.call_api()
    assert [exchange.access_token for exchange in log.api] == ["A"]

    spa.page.context.clear_cookies(name="access_token")
    with spa.watched() as log:
        spa.call_api()
    assert log.api[0].access_token is None


@pytest.mark.parametrize("file", ["ending-cookie/target.toml"], indirect=True)
def test_a_cookie_that_ends_with_its_token_is_not_sent_when_the_token_has_expired(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.calls)

    for _ in range(2):
        with spa.watched() as log:
            spa.clock.let_access_token_expire()
            spa.call_api()

        assert log.api[0].access_token is None
        assert log.api[0].note is None
        assert len(log.refreshes.succeeded) == 1
        assert log.api.last_of_each[0].succeeded


@pytest.mark.parametrize("file", ["ending-cookie/target.toml"], indirect=True)
def test_where_both_tokens_end_together_nothing_is_left_to_refresh_with(spa: Spa) -> None:
    spa.sign_in()
    context = spa.page.context
    ends = {cookie["name"]: cookie["expires"] for cookie in context.cookies()}
    refresh_token = next(cookie for cookie in context.cookies() if cookie["name"] == "refresh_token")
    context.add_cookies([{**refresh_token, "expires": ends["access_token"]}])  # type: ignore[typeddict-item]  # as they came

    with pytest.raises(DoesNotApply, match="cookie refresh_token ends with the access token"):
        spa.clock.let_access_token_expire()


@pytest.mark.parametrize("file", FILES, indirect=True)
def test_the_doctor_finds_it_as_described(spa: Spa) -> None:
    findings = list(examine(spa))

    assert [finding for finding in findings if not finding.is_well] == []
    assert findings[-1].what == "sign-out"
