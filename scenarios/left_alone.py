"""Left alone: a page stands open, and nobody is there. Some apps end such a session by themselves (policy.idle_limit).

What the page does of its own accord is no use of it: a renewal in the background keeps a session alive for ever that
nobody has used since the morning (adfinis/ember-simple-auth-oidc#384, NUWCDIVNPT/stig-manager#1701).
"""

from fixtures.judging import expect
from fixtures.spa import Spa
from scenarios.catalogue import Impact, rule

A_MINUTE = 60
"""So much later than its limit an app may notice that nobody has been there."""

OFTEN = 4
"""So many times somebody comes back, each time after half of what the limit allows."""

STEPS = 200
"""In so many steps the time passes that the limit allows, so that a page may use the network in between."""


@rule(
    impact=Impact.SERIOUS,
    needs={"idle limit"},
    hint="Count from what the user did last: keys, clicks, touches. Requests and renewals are the page's own doing.",
)
def ends_a_session_that_nobody_uses(spa: Spa) -> None:
    """A session is over when nobody has used it for as long as the app allows, whatever its page does by itself."""
    spa.sign_in()
    spa.open(spa.pages.home)

    spa.clock.let_time_pass(spa.idle_limit / 2, step=spa.idle_limit / STEPS)
    expect(spa.marks.signed_in).to_be_shown()  # else it is not for want of use that the session ends
    spa.clock.let_time_pass(spa.idle_limit / 2 + A_MINUTE, step=spa.idle_limit / STEPS)

    expect(spa.marks.sign_in_form).to_be_shown()
    expect(spa.storage.session).to_be_empty()


@rule(
    impact=Impact.SERIOUS,
    needs={"idle limit", "calls"},
    hint="Begin to count anew with each thing that the user does.",
)
def keeps_a_session_that_is_used_ever_and_again(spa: Spa) -> None:
    """Somebody who does something long before the limit, each time, stays signed in for longer than that."""
    spa.sign_in()
    spa.open(spa.pages.calls)

    with spa.watched() as log:
        for _ in range(OFTEN):
            spa.clock.let_time_pass(spa.idle_limit / 2, step=spa.idle_limit / STEPS)
            spa.call_api()

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(spa.marks.signed_in).to_be_shown()
    expect(log.api.last_of_each).to_have_succeeded()
    expect(log.api).to_have_at_least(OFTEN)
