"""Rejected after refresh: the refresh succeeds, and the API rejects the new token all the same.

A deleted user, a token without the permission, two servers that disagree. Each success of the refresh resets what was
to limit it, and the page asks for ever (langflow-ai/langflow#2787, jazzband/djangorestframework-simplejwt#193).
"""

from fixtures.judging import expect
from fixtures.spa import Spa
from scenarios.catalogue import Impact, rule


@rule(
    impact=Impact.SERIOUS,
    needs={"calls", "refresh on a 401"},
    hint="Send a rejected request again once. Reset the limit when the API has served, not before.",
)
def does_not_refresh_forever(spa: Spa) -> None:
    """A server that rejects each new token as well is not asked for ever more of them."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.reject_every_access_token()

    with spa.watched() as log:
        spa.keep_calling_api(5)

    expect(log.refreshes).to_have_at_least(1)
    expect(log.refreshes).to_have_at_most(2)


@rule(
    impact=Impact.MODERATE,
    needs={"calls", "refresh on a 401"},
    hint="A data-fetching library tries again by itself: tell it to leave a 401 alone.",
)
def refreshes_once_per_request(spa: Spa) -> None:
    """One request of the user that is rejected with the new token as well leads to one refresh."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.reject_every_access_token()

    with spa.watched() as log:
        spa.call_api()
        spa.clock.let_time_pass(15)

    expect(log.refreshes).to_have_at_least(1)
    expect(log.refreshes).to_have_at_most(1)
