"""Network failure: the refresh fails for want of a good answer, once or for long.

The investigation's scenario 4, "Network Error Resilience": fail the refresh, see retries with growing pauses, and a
sign-out where the failure persists. A failed network says nothing about the session.
"""

from fixtures.edge.faults import (
    LOST_REPLY,
    OFFLINE,
    ONE_OFF,
    REFUSED,
    RESET,
    RETRY_AFTER_SECONDS,
    SERVER_FAILED,
    THROTTLED,
    UNAVAILABLE,
    UNAVAILABLE_UNTIL,
    Fault,
)
from fixtures.judging import expect
from fixtures.spa import Spa
from fixtures.spa.texts import A_TEXT
from scenarios.catalogue import Impact, rule

SHORTEST_PAUSE_SECONDS = 0.5
"""Retrying sooner than this is hammering: a server that restarts needs seconds."""

SEVERAL = 3
"""So many failures in a row are more than one bad moment, and fewer than any outage."""

MOST_FAILURES = 9
"""So many are put in the way of one page, where the policy allows more attempts than that."""


@rule(
    impact=Impact.SERIOUS,
    cases=ONE_OFF,
    hint="Only 400, 401 and 403 from the refresh endpoint mean that the token is dead.",
)
def retries_the_refresh_after_a_pause(spa: Spa, fault: Fault) -> None:
    """A refresh that failed for want of a good answer is tried again, after a pause."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.fail_refreshes(fault, times=1)

    with spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.call_api_unless_refreshing()
        spa.clock.let_time_pass_until_refreshed()

    expect(log.refreshes).to_be_at_least_apart(SHORTEST_PAUSE_SECONDS)
    with spa.judged_by_harm(log, harmless=Impact.ADVICE):
        expect(log.refreshes.succeeded).to_have_at_least(1)


@rule(impact=Impact.SERIOUS, cases=ONE_OFF, hint="Keep the session until the server says that it is over.")
def keeps_the_session_after_one_failed_refresh(spa: Spa, fault: Fault) -> None:
    """One failed refresh redirects nobody to sign-in, clears nothing, and the page gets its data after the next one."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.fail_refreshes(fault, times=1)

    with spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.call_api()
        spa.clock.let_time_pass_until_refreshed()
        spa.call_api_all_round()

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(spa.storage.session).to_hold_a_session()
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS, hint="A page that cannot refresh yet has not been told that it may not: wait, and try again."
)
def keeps_the_session_after_a_failed_refresh_on_load(spa: Spa) -> None:
    """Whoever opens the app with an expired token, and whose first refresh fails, is not redirected to sign-in."""
    spa.sign_in()
    spa.leave()
    spa.clock.let_access_token_expire()
    spa.network.fail_refreshes(RESET, times=1)

    with spa.watched() as log:
        spa.open(spa.pages.busy)
        spa.clock.let_time_pass_until_refreshed()

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(spa.storage.session).to_hold_a_session()


@rule(
    impact=Impact.SERIOUS,
    cases=(RESET, UNAVAILABLE),
    hint="Let the page wait for the session, and not for the first attempt to renew it: a later one may succeed.",
)
def shows_the_page_after_a_failed_refresh_on_load(spa: Spa, fault: Fault) -> None:
    """A page whose first refresh fails as it is loaded shows all of its content in the end."""
    spa.sign_in()
    spa.leave()
    spa.clock.let_access_token_expire()
    spa.network.fail_refreshes(fault, times=1)

    with spa.watched() as log:
        spa.open(spa.pages.busy)
        spa.clock.let_time_pass_until_refreshed()

    expect(log.refreshes.succeeded).to_have_at_least(1)
    expect(spa.marks.content_of(spa.pages.busy)).to_be_shown()
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    cases=(SERVER_FAILED, REFUSED),
    hint="Count the requests that a library sends by itself, too, before you say that a session is over.",
)
def keeps_the_session_after_several_failed_refreshes(spa: Spa, fault: Fault) -> None:
    """Refreshes that fail several times in a row, and less often than the policy allows, cost nobody the session."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.fail_refreshes(fault, times=max(1, min(SEVERAL, spa.policy.refresh_attempts - 1)))

    with spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.call_api()
        spa.clock.let_time_pass_until_refreshed()
        spa.call_api_all_round()

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(spa.storage.session).to_hold_a_session()
    with spa.judged_by_harm(log, harmless=Impact.ADVICE):
        expect(log.api.last_of_each).to_have_at_least(1)
        expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.CRITICAL,
    needs={"saving"},
    hint="Say that something has been saved when the server has said so, and keep the text until then.",
)
def loses_nothing_that_is_saved_while_the_refresh_fails(spa: Spa) -> None:
    """What a user saves while a refresh fails is saved when one succeeds, or still in the form to be saved then."""
    spa.sign_in()
    spa.open(spa.pages.form)
    spa.network.fail_refreshes(RESET, times=1)

    with spa.watched():
        spa.clock.let_access_token_expire()
        spa.save(A_TEXT)
        spa.clock.let_time_pass_until_refreshed()
        spa.save_what_is_still_there(A_TEXT)

    spa.open(spa.pages.home)
    expect(spa.marks.saved(A_TEXT)).to_be_shown()


@rule(
    impact=Impact.SERIOUS,
    needs={"calls"},
    hint="Count only the failures in a row of one refresh, and begin anew when one has succeeded.",
)
def resets_the_failure_count_after_a_success(spa: Spa) -> None:
    """Failures that were each followed by a success never add up to a sign-out, however long the page stays open."""
    spa.sign_in()
    spa.open(spa.pages.calls)

    with spa.watched() as log:
        for _ in range(min(spa.policy.refresh_attempts, MOST_FAILURES) + 1):
            spa.network.fail_refreshes(RESET, times=1)
            spa.clock.let_access_token_expire()
            spa.call_api()
            spa.clock.let_time_pass_until_refreshed()
            spa.network.restore_refreshes()

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(spa.storage.session).to_hold_a_session()


@rule(
    impact=Impact.SERIOUS,
    needs={"calls"},
    hint="A server that rotates refresh tokens must take the last one again for a short while.",
)
def survives_a_lost_refresh_response(spa: Spa) -> None:
    """A refresh whose reply is lost after the server has done its part costs nobody the session."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.fail_refreshes(LOST_REPLY, times=1)

    with spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.call_api()
        spa.clock.let_time_pass_until_refreshed()
        spa.call_api_all_round()

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(log.refreshes.succeeded).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    cases=(UNAVAILABLE, THROTTLED, UNAVAILABLE_UNTIL),
    hint="Try again by yourself, and no sooner than Retry-After says: a number of seconds, or a date.",
)
def honours_retry_after(spa: Spa, fault: Fault) -> None:
    """A server that says when to come back is not asked before that."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.fail_refreshes(fault, times=1)

    with spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.call_api_unless_refreshing()
        spa.clock.let_time_pass_until_refreshed()

    expect(log.refreshes).to_be_at_least_apart(RETRY_AFTER_SECONDS)
    with spa.judged_by_harm(log, harmless=Impact.ADVICE):
        expect(log.refreshes).to_have_at_least(2)


@rule(impact=Impact.MODERATE, needs={"calls"}, hint="Double the pause after each failure, up to a ceiling.")
def backs_off_between_retries(spa: Spa) -> None:
    """While an outage lasts, the pauses between the attempts grow."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.fail_refreshes(REFUSED)

    with spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.call_api_unless_refreshing()
        spa.clock.let_time_pass(30)

    with spa.judged_by_harm(log, harmless=Impact.ADVICE):
        expect(log.refreshes).to_have_at_least(3)
    expect(log.refreshes).to_back_off()


@rule(
    impact=Impact.MODERATE,
    needs={"calls", "sign-out after an outage"},
    hint='Count the failures in a row, and give up at a number; or say outage_ends_in = "waiting" in your target file.',
)
def stops_retrying_at_the_limit(spa: Spa) -> None:
    """An outage that lasts is met with no more attempts than the policy allows, and ends in one sign-out."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.fail_refreshes(REFUSED)

    with spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.call_api()
        spa.wait_until_signed_out(at_most=spa.policy.outage_limit)
        spa.clock.let_time_pass(60, step=5)

    expect(log.refreshes).to_have_at_most(spa.policy.refresh_attempts)
    expect(log.redirects).to_visit_once(spa.pages.sign_in)
    expect(spa.marks.sign_in_form).to_be_shown()


@rule(
    impact=Impact.MODERATE,
    needs={"calls", "reason", "sign-out after an outage"},
    hint="Leave nothing behind, and say that it was the network.",
)
def tells_why_and_clears_tokens_after_an_outage(spa: Spa) -> None:
    """Whom an outage has signed out is told why, and nothing of the session is left in storage."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.fail_refreshes(REFUSED)
    spa.clock.let_access_token_expire()
    spa.call_api()
    spa.wait_until_signed_out(at_most=spa.policy.outage_limit)

    expect(spa.marks.reason).to_be_shown()
    expect(spa.storage.session).to_be_empty()


@rule(
    impact=Impact.MODERATE,
    needs={"calls", "deep link", "background refresh", "sign-out after an outage"},
    hint="Hand the address on to the sign-in page.",
)
def returns_to_the_page_after_an_outage(spa: Spa) -> None:
    """Whom an outage has signed out gets back, after signing in, to the page where it happened."""
    spa.sign_in()
    spa.open(spa.pages.deep_link)
    spa.network.fail_refreshes(REFUSED)
    spa.clock.let_access_token_expire()
    spa.wait_until_signed_out(at_most=spa.policy.outage_limit)
    spa.network.restore_refreshes()

    with spa.watched() as log:
        spa.sign_in_after_an_outage()

    expect(log.redirects).to_end_at(spa.pages.deep_link.path)
    expect(spa.marks.content_of(spa.pages.deep_link)).to_be_shown()


@rule(
    impact=Impact.SERIOUS,
    needs={"calls", "early refresh"},
    hint="A token that has not expired is good: use it while the refresh is retried.",
)
def keeps_using_a_valid_token_while_the_refresh_fails(spa: Spa) -> None:
    """While an early refresh fails, requests go on with the token that has not expired yet."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.fail_refreshes(REFUSED)

    with spa.watched() as log:
        spa.clock.bring_near_expiry(seconds_left=spa.policy.early_renewal / 2)
        spa.call_api(times=3)
        spa.clock.let_time_pass(2)  # an app may send its requests through a queue of its own

    expect(log.api).to_have_at_least(3)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    needs={"background refresh"},
    hint="Only a token that has expired can end a session for want of a new one.",
)
def does_not_sign_out_before_the_token_expires(spa: Spa) -> None:
    """A failing early refresh neither ends a session whose token is still good, nor takes the page off the screen."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.fail_refreshes(REFUSED)

    with spa.watched() as log:
        spa.clock.bring_near_expiry(seconds_left=spa.policy.early_renewal)
        spa.clock.let_time_pass(spa.clock.left - 10)

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(spa.storage.session).to_hold_a_session()
    expect(spa.marks.content_of(spa.pages.calls)).to_be_shown()


@rule(impact=Impact.SERIOUS, needs={"calls"}, hint="Listen for the online event, or simply go on trying.")
def recovers_when_back_online(spa: Spa) -> None:
    """When the network is back, the page works again without having been loaded anew."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.fail_refreshes(OFFLINE)

    with spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.call_api()
        spa.clock.let_time_pass(5)
        spa.network.restore_refreshes()
        spa.clock.let_time_pass_until_refreshed()
        spa.call_api()

    expect(log.documents).to_have_count(0)
    expect(log.refreshes.succeeded).to_have_count(1)
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    needs={"request alone", "sign-out after an outage"},
    hint="Count the failures of one session, and forget them with it.",
)
def refreshes_again_after_an_outage_and_a_new_sign_in(spa: Spa) -> None:
    """After an outage has signed the user out, and a new sign-in, the next token is refreshed like any other."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.fail_refreshes(REFUSED)
    spa.clock.let_access_token_expire()
    spa.call_api()
    spa.wait_until_signed_out(at_most=spa.policy.outage_limit)
    spa.network.restore_refreshes()
    spa.sign_in_after_an_outage()

    with spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.keep_calling_api(1)

    expect(log.refreshes.succeeded).to_have_count(1)
    expect(log.redirects).not_to_visit(spa.pages.sign_in)
