"""Concurrent 401s: several requests get a 401 at the same moment.

Dashboards suffer most: whatever loads three things at once and had its token revoked, or trusts a slow clock. The
queue behind the refresh is where most clients have had their mistakes: axios-auth-refresh alone in #13, #14, #56, #90.
"""

from fixtures.edge.faults import RESET
from fixtures.judging import expect
from fixtures.spa import Spa
from fixtures.spa.texts import A_FILE, A_TEXT
from scenarios.catalogue import Impact, rule

BUSY = {"several requests at once", "refresh on a 401"}


@rule(
    impact=Impact.SERIOUS,
    needs=BUSY,
    hint="Keep one promise for the refresh under way, and let every caller wait for that one.",
)
def shares_one_refresh(spa: Spa) -> None:
    """Several requests that get a 401 at once lead to one refresh."""
    spa.sign_in()
    spa.open(spa.pages.busy)
    spa.network.reject_access_token()

    with spa.watched() as log, spa.holding.refreshes():
        spa.call_much_at_once()

    expect(log.refreshes).to_have_count(1)


@rule(
    impact=Impact.SERIOUS,
    needs=BUSY,
    hint="Queue what gets a 401 while a refresh is under way, and send all of it when that has ended.",
)
def replays_every_request(spa: Spa) -> None:
    """Every request that got a 401 is sent again with the new token, and succeeds."""
    spa.sign_in()
    spa.open(spa.pages.busy)
    rejected = spa.access_token
    spa.network.reject_access_token()

    with spa.watched() as log, spa.holding.refreshes():
        spa.call_much_at_once()

    expect(log.api.last_of_each).not_to_carry(rejected)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.CRITICAL,
    needs=BUSY,
    hint="Count failures in a row, not callers; a refresh that succeeds is no failure.",
)
def keeps_the_session(spa: Spa) -> None:
    """Several requests that get a 401 at once, and then succeed, cost nobody the session."""
    spa.sign_in()
    spa.open(spa.pages.busy)
    spa.network.reject_access_token()

    with spa.watched() as log, spa.holding.refreshes():
        spa.call_much_at_once()

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(spa.storage.session).to_hold_a_session()
    expect(log.frozen).to_have_no_exceptions()


@rule(
    impact=Impact.MODERATE,
    needs=BUSY,
    hint="Compare the token that was rejected with the one in hand before you start a refresh.",
)
def ignores_a_late_401(spa: Spa) -> None:
    """A 401 that arrives when the token has been refreshed already leads to no second refresh."""
    spa.sign_in()
    spa.open(spa.pages.busy)
    spa.network.reject_access_token()

    with spa.watched() as log, spa.holding.one_rejection():
        spa.call_much_at_once()

    expect(log.refreshes).to_have_count(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(impact=Impact.SERIOUS, needs=BUSY, hint="Settle the queue when the refresh fails, too.")
def replays_every_request_after_a_failed_refresh(spa: Spa) -> None:
    """Requests that wait for a refresh which fails at first are sent again when it succeeds."""
    spa.sign_in()
    spa.open(spa.pages.busy)
    spa.network.reject_access_token()
    spa.network.fail_refreshes(RESET, times=1)

    with spa.watched() as log:
        spa.call_much_at_once()
        spa.clock.let_time_pass_until_refreshed()

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    with spa.judged_by_harm(log, spa.call_much_at_once, harmless=Impact.ADVICE):
        expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    needs={"account page", "refresh on a 401"},
    hint="Compare whole paths where you leave endpoints out, not parts of them.",
)
def refreshes_whatever_the_endpoint_is_called(spa: Spa) -> None:
    """A page whose requests get a 401 gets its data after one refresh, whatever its endpoints are called."""
    spa.sign_in()
    spa.open(spa.pages.home)
    spa.network.reject_access_token()

    with spa.watched() as log:
        spa.go_to_account_page()

    expect(log.refreshes).to_have_count(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.CRITICAL,
    needs={"saving", "refresh on a 401"},
    hint="Send a request that got a 401 again as it was, body and headers, in one place and once.",
)
def replays_a_write_exactly_once(spa: Spa) -> None:
    """What a user saves while the token is rejected is saved in the end, and not twice."""
    spa.sign_in()
    spa.open(spa.pages.form)
    spa.network.reject_access_token()

    with spa.watched() as log:
        spa.save(A_TEXT)

    expect(log.api.last_of_each).to_have_succeeded()
    expect(log.api.like(log.api.first_write).succeeded).to_have_count(1)
    spa.open(spa.pages.home)
    expect(spa.marks.saved(A_TEXT)).to_be_shown()


@rule(
    impact=Impact.CRITICAL,
    needs={"saving", "refresh on a 401"},
    hint="Build the request that is sent again from all that the first one was built from, and change its token alone.",
)
def replays_a_write_unchanged(spa: Spa) -> None:
    """What was to be saved is sent again as it was, with every header and the whole body, but for its token."""
    spa.sign_in()
    spa.open(spa.pages.form)
    spa.network.reject_access_token()

    with spa.watched() as log:
        spa.save(A_TEXT)

    writes = log.api.like(log.api.first_write)
    expect(writes).to_have_at_least(2)
    expect(writes).to_be_the_same_each_time()


@rule(
    impact=Impact.CRITICAL,
    needs={"upload", "refresh on a 401"},
    hint="Send files by the client that refreshes, and build the form anew for each attempt, without a Content-Type.",
)
def replays_an_upload(spa: Spa) -> None:
    """A file that is uploaded while the token is rejected arrives in the end, once."""
    spa.sign_in()
    spa.open(spa.pages.upload)
    spa.network.reject_access_token()

    with spa.watched() as log:
        spa.upload(A_FILE)

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()
    expect(log.api.like(log.api.first_write).succeeded).to_have_count(1)
    expect(spa.marks.saved(A_FILE)).to_be_shown()


@rule(
    impact=Impact.SERIOUS,
    needs={"request alone", "account page", "refresh on a 401"},
    hint="The refresh belongs to the session: aborting the request that began it must not abort the refresh.",
)
def refresh_survives_navigation(spa: Spa) -> None:
    """Whoever goes to another page while a refresh is under way gets its data there."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.check_that_calls_keep_the_link_to_the_account_page()
    spa.network.reject_access_token()

    with spa.watched() as log:
        with spa.holding.refreshes():
            spa.call_api()
            spa.go_to_account_page()
        spa.clock.let_time_pass(30, step=5)

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(log.refreshes.succeeded).to_have_at_least(1)
    expect(log.api.succeeded).to_have_at_least(1)
    expect(spa.marks.own_data).to_be_shown()


@rule(impact=Impact.MODERATE, needs=BUSY, hint="Let the first of them end the session, and the others find it ended.")
def redirects_once(spa: Spa) -> None:
    """Where the refresh is rejected, all that waited for it lead to one redirect to the sign-in page."""
    spa.sign_in()
    spa.open(spa.pages.busy)
    spa.network.reject_access_token()
    spa.network.reject_refresh_token()

    with spa.watched() as log, spa.holding.refreshes():
        spa.call_much_at_once()

    expect(log.redirects).to_visit_once(spa.pages.sign_in)
    expect(spa.marks.sign_in_form).to_be_shown()
