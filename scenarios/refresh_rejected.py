"""Refresh rejected: the server rejects the refresh token of a page in use.

Signed out on another device, disabled, expired after a week away. Who suffers is either sent round in circles
(vaadin/vaadin-connect#335) or left with a page that looks signed in and does nothing (okta/okta-react#129).
"""

from fixtures.edge.faults import FORBIDDEN, INVALID_GRANT, Fault
from fixtures.judging import expect
from fixtures.spa import Spa
from fixtures.spa.texts import A_TEXT
from scenarios.catalogue import Impact, rule

BY_THE_SERVER = "401"
"""The rejection of the real server; the others stand for servers that say it in another way."""

REJECTIONS = (BY_THE_SERVER, INVALID_GRANT, FORBIDDEN)


def _reject(spa: Spa, rejection: str | Fault) -> None:
    if isinstance(rejection, Fault):
        spa.network.fail_refreshes(rejection)
    else:
        spa.network.reject_refresh_token()


@rule(
    impact=Impact.SERIOUS,
    needs={"calls"},
    cases=REJECTIONS,
    hint="400, 401 and 403 from the refresh endpoint are final.",
)
def does_not_retry_a_rejected_refresh(spa: Spa, rejection: str | Fault) -> None:
    """A refresh that is rejected is not tried more often than the policy allows, however long the page stays open."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    _reject(spa, rejection)

    with spa.watched() as log:
        with spa.holding.refreshes():
            spa.clock.let_access_token_expire()
            spa.keep_calling_api(1)
        spa.clock.let_time_pass(120, step=10)

    expect(log.refreshes_of_every_tab).to_have_at_least(1)
    expect(log.refreshes).to_have_at_most(spa.policy.rejected_attempts)


@rule(
    impact=Impact.SERIOUS, cases=REJECTIONS, hint="Clear the session and go to the sign-in page in one place, and once."
)
def ends_the_session(spa: Spa, rejection: str | Fault) -> None:
    """A refresh that is rejected ends the session: nothing of it is kept, and the sign-in page is shown."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    _reject(spa, rejection)

    with spa.watched() as log, spa.holding.refreshes():
        spa.clock.let_access_token_expire()
        spa.keep_calling_api(1)

    expect(log.redirects).to_visit_once(spa.pages.sign_in)
    expect(spa.marks.sign_in_form).to_be_shown()
    expect(spa.storage.session).to_be_empty()


@rule(
    impact=Impact.CRITICAL,
    needs={"input that outlives a sign-out", "sign-in form"},
    hint="Put down what is typed, for this user, outside of the page that goes away with the session.",
)
def keeps_what_was_typed(spa: Spa) -> None:
    """What was typed when the session ended is in the form again when the same user has signed in anew."""
    spa.sign_in()
    spa.open(spa.pages.form)
    spa.type_into_form(A_TEXT)
    spa.network.reject_refresh_token()

    with spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.save_what_is_still_there(A_TEXT)

    expect(log.redirects).to_visit_once(spa.pages.sign_in)
    spa.sign_in_again()
    spa.open(spa.pages.form)
    expect(spa.marks.field_of(spa.pages.form)).to_hold(A_TEXT)


@rule(
    impact=Impact.SERIOUS,
    needs={"calls", "stored refresh token", "readable refresh token", "carrier of the refresh token"},
    alone=True,
    hint="Let the server end the one session whose token it is shown. All at once are for a user who asks for that.",
)
def ends_no_session_elsewhere(spa: Spa) -> None:
    """A session that cannot be renewed ends in its own browser alone: the user's other devices go on."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    elsewhere = spa.begin_a_session_in_another_browser()
    spa.network.reject_refresh_token()

    with spa.watched() as log, spa.holding.refreshes():
        spa.clock.let_access_token_expire()
        spa.keep_calling_api(1)

    expect(spa.marks.sign_in_form).to_be_shown()
    expect(elsewhere.refresh()).to_go_on_in_another_browser(after=log.all)


@rule(
    impact=Impact.SERIOUS,
    needs={"calls"},
    hint="Start from nothing at sign-in: counters, latches and promises of the last session too.",
)
def refreshes_in_the_next_session(spa: Spa) -> None:
    """After a rejected refresh and a new sign-in without a page load, the next token is refreshed like any other."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.reject_refresh_token()
    with spa.holding.refreshes():
        spa.clock.let_access_token_expire()
        spa.keep_calling_api(1)
    spa.sign_in_again()

    with spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.keep_calling_api(2)

    expect(log.refreshes.succeeded).to_have_count(1)
    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()
