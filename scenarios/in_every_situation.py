"""In every situation: what is true of a sound app, whatever happens to it.

These rules bring nothing about. They look at what all the others have left behind: the requests, the console, and what
the pages showed in the end. Each has one verdict for the whole run, which names the first rule in whose situation it
was broken (GCTC-NTGC/gc-digital-talent#17682, jhipster/generator-jhipster PR#6359, opencloud-eu/web PR#1789).
"""

from fixtures.ends import DoesNotApply
from fixtures.judging import expect
from fixtures.observed.evidence import Evidence
from scenarios.catalogue import Impact, watching

MOST_REFRESHES = 20
"""So many in a moment no situation calls for. Sound apps have been seen to send seven at most."""

A_MOMENT_SECONDS = 10


def _check_that_tokens_can_be_told(evidence: Evidence) -> None:
    if not evidence.knows_tokens:
        raise DoesNotApply("no token of this app's sessions can be seen, so none could be told in a wrong place")


@watching(
    impact=Impact.CRITICAL,
    hint="Send tokens in a header or a body. Addresses end up in the history, in the Referer and in every log.",
)
def keeps_tokens_out_of_addresses(evidence: Evidence) -> None:
    """No token stands in the address of a request or of a page, nor in the Referer that goes out with a request."""
    _check_that_tokens_can_be_told(evidence)

    expect(evidence.in_addresses).to_be_none()


@watching(impact=Impact.CRITICAL, hint="Log that a refresh failed, not what was sent with it, nor what came back.")
def keeps_tokens_off_the_console(evidence: Evidence) -> None:
    """No token is written to the console, where every extension and every error tracker reads along."""
    expect(evidence.on_the_console).to_be_none()  # where a JWT is told by its shape, known or not

    _check_that_tokens_can_be_told(evidence)


@watching(
    impact=Impact.CRITICAL,
    hint="Add the token to requests to your own API alone. If that host is yours, name it in api.paths.",
)
def keeps_tokens_from_strangers(evidence: Evidence) -> None:
    """No token goes to a site that is neither the app's own nor its provider's, in a header, a body or an address."""
    _check_that_tokens_can_be_told(evidence)

    expect(evidence.sent_to_strangers).to_be_none()


@watching(
    impact=Impact.SERIOUS,
    hint="Let one series of attempts serve all who wait, and pause between one attempt and the next.",
)
def sends_no_storm_of_refreshes(evidence: Evidence) -> None:
    """Refreshes never come in a storm, whatever has set them off."""
    expect(evidence.log.refreshes).to_be_no_storm(MOST_REFRESHES, within=A_MOMENT_SECONDS)


@watching(
    impact=Impact.SERIOUS, hint="Whatever a page waits for may fail: then show what can be done, or the sign-in form."
)
def leaves_a_way_on(evidence: Evidence) -> None:
    """When all has come to rest, a page shows content, the sign-in form, or a message with something to click."""
    expect(evidence.screens).to_offer_a_way_on()
