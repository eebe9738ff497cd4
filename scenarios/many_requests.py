"""Many requests: several requests meet a refused access token at the same moment.

Dashboards suffer most: whatever loads three things at once and had its token revoked, or trusts a slow clock. The
queue behind the refresh is where most clients have had their mistakes: axios-auth-refresh alone in #13, #14, #56, #90.
"""

from fixtures.edge.faults import RESET
from fixtures.judging.expectations import expect
from fixtures.spa import Spa
from scenarios.catalogue import rule

BUSY = {"busy control", "renewal on a 401"}


@rule(needs=BUSY, hint="Keep one promise for the refresh under way, and let every caller wait for that one.")
def refreshes_once(spa: Spa) -> None:
    """Several requests that are refused at once lead to one refresh."""
    spa.sign_in()
    spa.open(spa.busy)
    spa.refuse_access_token()

    with spa.watched() as log, spa.holding_refreshes():
        spa.call_much_at_once()

    expect(log.refreshes).to_have_count(1)


@rule(needs=BUSY, hint="Queue what is refused while a refresh is under way, and send all of it when that has ended.")
def serves_every_request(spa: Spa) -> None:
    """Every request that was refused is sent again with the new token, and served."""
    spa.sign_in()
    spa.open(spa.busy)
    refused = spa.access_token
    spa.refuse_access_token()

    with spa.watched() as log, spa.holding_refreshes():
        spa.call_much_at_once()

    expect(log.api.last_of_each).not_to_carry(refused)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(needs=BUSY, hint="Count failures in a row, not callers; a refresh that succeeds is no failure.")
def keeps_the_session(spa: Spa) -> None:
    """Several requests that are refused at once, and then served, cost nobody the session."""
    spa.sign_in()
    spa.open(spa.busy)
    spa.refuse_access_token()

    with spa.watched() as log, spa.holding_refreshes():
        spa.call_much_at_once()

    expect(log.redirects).not_to_visit(spa.sign_in_page)
    expect(spa.stored).to_hold_a_session()
    expect(log.frozen).to_have_no_exceptions()


@rule(needs=BUSY, hint="Compare the token that was refused with the one in hand before you start a refresh.")
def takes_a_late_refusal_for_what_it_is(spa: Spa) -> None:
    """A refusal that arrives when the token has been renewed already leads to no second refresh."""
    spa.sign_in()
    spa.open(spa.busy)
    spa.refuse_access_token()

    with spa.watched() as log, spa.delaying_one_refusal():
        spa.call_much_at_once()

    expect(log.refreshes).to_have_count(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(needs=BUSY, hint="Settle the queue when the refresh fails, too.")
def serves_every_request_after_a_failure(spa: Spa) -> None:
    """Requests that wait for a refresh which fails at first are served when it succeeds."""
    spa.sign_in()
    spa.open(spa.busy)
    spa.refuse_access_token()
    spa.fail_refreshes(RESET, times=1)

    with spa.watched() as log:
        spa.call_much_at_once()
        spa.let_time_pass_until_renewed()

    expect(log.redirects).not_to_visit(spa.sign_in_page)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    needs={"account page", "renewal on a 401"},
    hint="Compare whole paths where you leave endpoints out, not parts of them.",
)
def serves_every_page(spa: Spa) -> None:
    """A page whose requests are refused is served after one refresh, whatever its endpoints are called."""
    spa.sign_in()
    spa.refuse_access_token()

    with spa.watched() as log:
        spa.go_to_account_page()

    expect(log.refreshes).to_have_count(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    needs={"saving", "renewal on a 401"},
    hint="Send a refused request again as it was, body and headers, in one place and once.",
)
def saves_once_what_was_refused(spa: Spa) -> None:
    """What a user saves with a token that is refused is saved in the end, and not twice."""
    spa.sign_in()
    spa.open(spa.form)
    spa.refuse_access_token()

    with spa.watched() as log:
        spa.save("Saved while the token was refused")

    expect(log.api.last_of_each).to_have_succeeded()
    expect(log.api.like(log.api.first_write).succeeded).to_have_count(1)
    spa.open(spa.pages.home)
    expect(spa.saved("Saved while the token was refused")).to_be_shown()


@rule(
    needs={"calls", "account page", "renewal on a 401"},
    hint="The refresh belongs to the session: giving up the request that began it must not give up the refresh.",
)
def outlives_the_page_that_began_it(spa: Spa) -> None:
    """Whoever goes to another page while a refresh is under way is served there."""
    spa.sign_in()
    spa.open(spa.calls)
    spa.refuse_access_token()

    with spa.watched() as log:
        with spa.holding_refreshes():
            spa.call_api()
            spa.go_to_account_page()
        spa.let_time_pass(30, step=5)

    expect(log.redirects).not_to_visit(spa.sign_in_page)
    expect(log.refreshes.succeeded).to_have_at_least(1)
    expect(log.api.succeeded).to_have_at_least(1)
    expect(spa.own_data).to_be_shown()


@rule(needs=BUSY, hint="Let the first of them end the session, and the others find it ended.")
def leaves_once(spa: Spa) -> None:
    """Where the refresh is refused, all that waited for it lead to one visit to the sign-in page."""
    spa.sign_in()
    spa.open(spa.busy)
    spa.refuse_access_token()
    spa.kill_refresh_token()

    with spa.watched() as log, spa.holding_refreshes():
        spa.call_much_at_once()

    expect(log.redirects).to_visit_once(spa.sign_in_page)
    expect(spa.sign_in_form).to_be_shown()
