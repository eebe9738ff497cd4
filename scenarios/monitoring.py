"""Monitoring: what those who run the server are shown of its refreshes.

They see no sign-in page. They see counters, and where these leave refreshes out, nobody hears of a rush of rejected
ones before users call.
"""

from fixtures.judging import expect
from fixtures.spa import Spa
from scenarios.catalogue import Impact, rule


@rule(
    impact=Impact.MODERATE,
    needs={"counters"},
    hint="Count a refresh where it is answered, whatever the answer, and in one place.",
)
def counts_each_refresh(spa: Spa) -> None:
    """The server counts each refresh once that the browser has sent: those that succeed, and those that it rejects."""
    spa.sign_in()
    spa.open(spa.pages.calls)

    with spa.counting() as counted, spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.keep_calling_api(1)
        spa.network.reject_refresh_token()
        spa.clock.let_access_token_expire()
        spa.keep_calling_api(1)

    expect(log.refreshes.succeeded).to_have_at_least(1)
    expect(counted.of_refreshed(log.refreshes_of_every_tab)).to_agree_with_the_browser()
    expect(counted.of_rejected(log.refreshes_of_every_tab)).to_agree_with_the_browser()
