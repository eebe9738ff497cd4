"""Wrong clock: the clock of the user's device is fast, by a wrong time zone or an empty battery.

An app that compares the ``exp`` in its token with that clock takes each new token for an expired one
(manfredsteyer/angular-oauth2-oidc#1135, DuendeArchive/identity-model-oidc-client-js#884).
"""

from fixtures.judging import expect
from fixtures.spa import Spa
from scenarios.catalogue import Impact, rule

FAST_BY_SECONDS = 60 * 60
"""More than most access tokens live, and what a wrong time zone makes at least."""


@rule(
    impact=Impact.SERIOUS,
    needs={"request alone"},
    hint="Count from when the token arrived, by expires_in or exp - iat. exp itself is in the server's time.",
)
def a_fast_clock_spoils_no_new_token(spa: Spa) -> None:
    """On a device whose clock is an hour fast a token is used when it has been refreshed, and not refreshed again."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.clock.be_ahead_of_the_server(FAST_BY_SECONDS)
    spa.call_api()

    with spa.watched() as log:
        spa.call_api(times=4)

    expect(log.refreshes).to_have_at_most(1)
    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(log.api.last_of_each).to_have_succeeded()
    expect(log.api).to_have_at_least(4)
