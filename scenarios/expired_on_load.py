"""Expired on load: the page is opened, from a bookmark or after a night, with an access token that has expired.

The investigation's scenario 3, "Expired Token Recovery": an expired access token, the application loads, a refresh is
tried.
"""

from fixtures.edge.elsewhere import ADDRESSES, HOST
from fixtures.judging import expect
from fixtures.spa import Spa
from scenarios.catalogue import Impact, rule


@rule(
    impact=Impact.SERIOUS,
    hint="Start the refresh of the load once, and let every request of the page wait for that one.",
)
def recovers_with_one_refresh(spa: Spa) -> None:
    """A page opened with an expired access token and a good refresh token appears with its data, after one refresh."""
    spa.sign_in()
    spa.leave()
    spa.clock.let_access_token_expire()

    with spa.watched() as log:
        spa.open_with_slow_refreshes(spa.pages.busy)

    expect(log.refreshes).to_have_count(1)
    expect(spa.marks.content_of(spa.pages.busy)).to_be_shown()
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    hint="Send a request that was rejected for its token again, once, when the token has been refreshed.",
)
def every_initial_request_succeeds(spa: Spa) -> None:
    """Every request that the page makes as it opens is answered well in the end."""
    spa.sign_in()
    spa.leave()
    spa.clock.let_access_token_expire()

    with spa.watched() as log:
        spa.open_with_slow_refreshes(spa.pages.busy)

    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.MINOR,
    needs={"early refresh"},
    hint="Wait for the refresh of the load before the first request goes out.",
)
def sends_no_expired_token(spa: Spa) -> None:
    """No request goes out with an access token that is known to have expired."""
    spa.sign_in()
    expired = spa.access_token
    spa.leave()
    spa.clock.let_access_token_expire()

    with spa.watched() as log:
        spa.open(spa.pages.busy)

    expect(log.api).not_to_carry(expired)


@rule(
    impact=Impact.MODERATE,
    needs={"deep link"},
    hint="Decide about the redirect when the refresh has ended, not before.",
)
def keeps_the_deep_link(spa: Spa) -> None:
    """The address that was asked for is still there when the page has recovered, query and hash included."""
    spa.sign_in()
    spa.leave()
    spa.clock.let_access_token_expire()

    with spa.watched() as log:
        spa.open(spa.pages.deep_link)

    expect(log.redirects).to_end_at(spa.pages.deep_link.path)
    expect(spa.marks.content_of(spa.pages.deep_link)).to_be_shown()


@rule(
    impact=Impact.MODERATE,
    hint="While the refresh is under way nobody knows yet: show neither the sign-in page nor the content.",
)
def never_flashes_the_sign_in_page(spa: Spa) -> None:
    """While the refresh of the load is under way, the sign-in page is not shown."""
    spa.sign_in()
    spa.leave()
    spa.clock.let_access_token_expire()

    with spa.watched() as log, spa.holding.refreshes():
        spa.open(spa.pages.busy)
        expect(spa.marks.sign_in_form).not_to_be_shown()

    expect(log.refreshes).to_have_at_least(1)
    expect(log.redirects).not_to_visit(spa.pages.sign_in)


@rule(impact=Impact.SERIOUS, hint="A refresh that is rejected ends the session: do not ask again.")
def does_not_loop_when_both_tokens_are_expired(spa: Spa) -> None:
    """With both tokens expired, no more refreshes are sent than the policy allows, and one redirect leads to sign-in.

    An app that asks its server first whether there is a session need not send any.
    """
    spa.sign_in()
    spa.leave()
    spa.network.reject_refresh_token()
    spa.clock.let_access_token_expire()

    with spa.watched() as log:
        spa.open_with_slow_refreshes(spa.pages.busy)

    expect(log.refreshes).to_have_at_most(spa.policy.rejected_attempts)
    expect(log.redirects).to_visit_once(spa.pages.sign_in)
    expect(spa.marks.sign_in_form).to_be_shown()


@rule(
    impact=Impact.MODERATE,
    needs={"deep link"},
    hint="Hand the address on to the sign-in page, with its query and its hash.",
)
def returns_to_the_requested_page_after_sign_in(spa: Spa) -> None:
    """After signing in again the page appears that was first asked for, query and hash included."""
    spa.sign_in()
    spa.leave()
    spa.network.reject_refresh_token()
    spa.clock.let_access_token_expire()
    spa.open(spa.pages.deep_link)

    with spa.watched() as log:
        spa.sign_in_again()

    expect(log.redirects).to_end_at(spa.pages.deep_link.path)
    expect(spa.marks.content_of(spa.pages.deep_link)).to_be_shown()


@rule(
    impact=Impact.CRITICAL,
    needs={"deep link", "sign-in form"},
    cases=ADDRESSES,
    hint="Go to the return path as a path of your own app. //host and /\\host are addresses of other sites.",
)
def leads_to_no_other_site_after_sign_in(spa: Spa, written: str) -> None:
    """Whoever signs in by a link with another site for a return path stays on this one.

    Such a link is the app's own until somebody has signed in, and then shows a form that looks like the app's.
    """
    spa.serve_another_site()
    spa.sign_in()
    spa.leave()
    spa.network.reject_refresh_token()
    spa.clock.let_access_token_expire()
    spa.open(spa.pages.deep_link)
    spa.open_sign_in_page_as_linked(ADDRESSES[written])

    with spa.watched() as log:
        spa.sign_in_again()

    expect(log.redirects).not_to_leave_for(HOST)
    expect(spa.marks.signed_in).to_be_shown()


@rule(impact=Impact.MINOR, hint="Without a refresh token there is nothing to ask the server for.")
def sends_no_refresh_without_tokens(spa: Spa) -> None:
    """Somebody without any tokens is shown the sign-in page, and no refresh is sent."""
    spa.open_sign_in_page()

    with spa.watched() as log:
        spa.open(spa.pages.home)

    expect(log.refreshes).to_have_count(spa.target.refreshes_without_tokens)
    expect(spa.marks.sign_in_form).to_be_shown()


@rule(
    impact=Impact.MINOR,
    needs={"strict mode build"},
    hint="Keep the refresh under way outside the component, so that both effects share it.",
)
def refreshes_once_in_strict_mode(spa: Spa) -> None:
    """One refresh is sent on load even where React's StrictMode runs every effect twice."""
    spa.use_strict_mode_build()
    spa.sign_in()
    spa.leave()
    spa.clock.let_access_token_expire()

    with spa.watched() as log:
        spa.open_with_slow_refreshes(spa.pages.busy)

    expect(log.refreshes).to_have_count(1)
    expect(spa.marks.content_of(spa.pages.busy)).to_be_shown()
