"""Several tabs: the app is open in more than one tab of the same browser, with one session between them.

Their timers and their tokens are as old as each other, so that all of them refresh at the same moment. Where refresh
tokens rotate, the second one counts as theft (directus/directus#22360, nextauthjs/next-auth#2071). What one tab does
to the session is done to that of all, whether they have heard of it or not.
"""

from fixtures.judging import expect
from fixtures.spa import Spa
from scenarios.catalogue import rule


@rule(
    needs={"calls", "tokens shared by tabs"},
    hint="Refresh under a lock that all tabs share (Web Locks), and look in storage first whether another tab has.",
)
def shares_one_refresh(spa: Spa) -> None:
    """A token that expires under two open tabs is refreshed once, and both tabs go on."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    other = spa.open_tab(spa.pages.calls)

    with spa.watched() as log, spa.holding.refreshes():
        spa.clock.let_access_token_expire()
        spa.call_api()
        other.call_api()

    expect(log.refreshes).to_have_count(1)
    for tab in (spa, other):
        expect(log.of_tab(tab).redirects).not_to_visit(spa.pages.sign_in)
        expect(log.of_tab(tab).api.last_of_each).to_have_at_least(1)
        expect(log.of_tab(tab).api.last_of_each).to_have_succeeded()


@rule(
    needs={
        "calls",
        "tokens shared by tabs",
        "refresh on a 401",
        "refresh token in the request",
        "refresh token in the reply",
    },
    hint="Read the refresh token from storage at each refresh, and keep no copy of it in a tab.",
)
def refreshes_with_the_token_of_the_other_tab(spa: Spa) -> None:
    """A tab whose refresh token another tab has used up goes on with the one that came in its place."""
    spa.network.rotate_refresh_tokens()
    spa.sign_in()
    spa.open(spa.pages.calls)
    other = spa.open_tab(spa.pages.calls)
    spa.network.reject_access_token()
    other.call_api()

    with spa.watched() as log:
        spa.network.reject_access_token()
        spa.call_api()

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(log.of_tab(spa).refreshes.succeeded).to_have_count(1)
    expect(log.of_tab(spa).api.last_of_each).to_have_at_least(1)
    expect(log.of_tab(spa).api.last_of_each).to_have_succeeded()
