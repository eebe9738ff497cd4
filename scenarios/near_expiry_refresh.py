"""Near-expiry refresh: the access token is about to expire, or has just expired, under a page in use.

The investigation's scenario 1, "Normal Token Refresh Flow": sign in, let the token near its end, see that it is
refreshed and that the session goes on.
"""

from collections.abc import Callable

from fixtures.judging import expect
from fixtures.observed.exchange import Kind
from fixtures.spa import Spa
from fixtures.spa.texts import A_TEXT
from scenarios.catalogue import Impact, rule

DAY_SECONDS = 24 * 60 * 60
RETURNS = 10
ODD_LIFETIMES = {"missing": "missing", "zero": 0, "textual": "15m", "absurd": 10**13}


@rule(
    impact=Impact.SERIOUS,
    needs={"background refresh"},
    hint="Start a timer when a token is stored, and compare the clock with its expiry.",
)
def refreshes_in_the_background(spa: Spa) -> None:
    """A page left alone refreshes its access token before it expires."""
    spa.sign_in()
    spa.clock.bring_near_expiry(seconds_left=spa.policy.early_renewal + 30)

    with spa.watched() as log:
        spa.clock.let_time_pass(spa.clock.left - 15, step=5)

    with spa.judged_by_harm(log, harmless=Impact.MINOR):
        expect(log.refreshes.succeeded).to_have_at_least(1)


@rule(
    impact=Impact.SERIOUS,
    needs={"background refresh"},
    hint="Start the timer of the next refresh whenever a refresh has brought a token.",
)
def keeps_refreshing_in_the_background(spa: Spa) -> None:
    """A page left alone for long refreshes each token in turn, and not only the first one."""
    spa.sign_in()
    spa.open(spa.pages.home)
    spa.clock.bring_near_expiry(seconds_left=spa.policy.early_renewal + 30)
    spa.clock.let_time_pass_until_refreshed(at_most=spa.clock.left - 15)
    spa.clock.bring_near_expiry(seconds_left=spa.policy.early_renewal + 30)

    with spa.watched() as log:
        spa.clock.let_time_pass(spa.clock.left - 15, step=5)

    with spa.judged_by_harm(log, harmless=Impact.MINOR):
        expect(log.refreshes.succeeded).to_have_at_least(1)


@rule(
    impact=Impact.SERIOUS,
    needs={"background refresh"},
    hint="Set the timer by what is left of the token's life at that moment, and not by its whole life.",
)
def refreshes_in_the_background_after_a_page_load(spa: Spa) -> None:
    """A page that is loaded in the middle of a token's life refreshes the token before it expires."""
    spa.sign_in()
    spa.leave()
    spa.clock.bring_near_expiry(seconds_left=spa.policy.early_renewal + 60)
    spa.open(spa.pages.home)

    with spa.watched() as log:
        spa.clock.let_time_pass(spa.clock.left - 15, step=5)

    with spa.judged_by_harm(log, harmless=Impact.MINOR):
        expect(log.refreshes.succeeded).to_have_at_least(1)


@rule(
    impact=Impact.SERIOUS,
    needs={"background refresh", "calls"},
    hint="A timer stands still while the device sleeps: look at the clock in short steps, and on coming back.",
)
def refreshes_after_sleep(spa: Spa) -> None:
    """A page whose device slept until the token had expired refreshes it soon: no request carries it a minute on."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    expired = spa.access_token
    spa.clock.sleep_until_the_access_token_has_expired()
    spa.clock.let_time_pass(60, step=5)

    with spa.watched() as log:
        spa.call_api()

    with spa.judged_by_what_is_served(log, harmless=Impact.MINOR):
        expect(log.api).not_to_carry(expired)
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    needs={"early refresh"},
    hint="Look at the expiry when the page is opened, and not only while it is.",
)
def refreshes_when_opened_near_expiry(spa: Spa) -> None:
    """A page opened shortly before the token expires refreshes it, once, and every request of its own succeeds."""
    spa.sign_in()
    spa.leave()
    spa.clock.bring_near_expiry(seconds_left=spa.policy.early_renewal / 2)

    with spa.watched() as log:
        spa.open(spa.pages.busy)
        spa.clock.let_time_pass(5)

    expect(log.refreshes).to_have_count(1)
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    needs={"busy control"},
    hint="Keep one promise for the refresh under way, and let every caller wait for that one.",
)
def shares_one_refresh(spa: Spa) -> None:
    """One expired token calls for one refresh, however many requests wait on it.

    A server that rotates refresh tokens takes the second one for theft and ends the session.
    """
    spa.sign_in()
    spa.open(spa.pages.busy)

    with spa.watched() as log, spa.holding.refreshes():
        spa.clock.let_access_token_expire()
        spa.call_much_at_once()

    expect(log.refreshes).to_have_count(1)
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(impact=Impact.CRITICAL)
def does_not_redirect_to_sign_in(spa: Spa) -> None:
    """Nobody is redirected to the sign-in page because a token has expired that could be refreshed."""
    spa.sign_in()
    spa.open(spa.pages.calls)

    with spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.call_api()

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    needs={"calls", "account page"},
    hint="A guard that finds an expired token has found no signed-out user: wait for the refresh, and ask again then.",
)
def navigation_during_a_refresh_does_not_redirect_to_sign_in(spa: Spa) -> None:
    """Whoever follows a link during the refresh of an expired token gets to the page, and not to the sign-in page."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.check_that_calls_keep_the_link_to_the_account_page()

    with spa.watched() as log:
        with spa.holding.refreshes():
            spa.clock.let_access_token_expire()
            spa.call_api()
            spa.go_to_account_page()
        spa.clock.let_time_pass(5)

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(spa.marks.own_data).to_be_shown()


@rule(
    impact=Impact.SERIOUS, hint="Take a token out of storage when its successor is there, and not when you ask for it."
)
def leaving_during_a_refresh_keeps_the_session(spa: Spa) -> None:
    """Whoever leaves the page while a refresh is under way, and comes back to it, is still signed in."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    with spa.holding.refreshes():
        spa.clock.let_access_token_expire()
        spa.call_api()
        spa.leave()

    with spa.watched() as log:
        spa.open(spa.pages.calls)
        spa.clock.let_time_pass(30, step=5)

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(spa.marks.signed_in).to_be_shown()


@rule(
    impact=Impact.CRITICAL,
    needs={"form", "background refresh"},
    hint="Refresh in the background, without a page load and without taking the form off the page.",
)
def keeps_form_input(spa: Spa) -> None:
    """What has been typed into a form is still there after the token was refreshed."""
    spa.sign_in()
    spa.open(spa.pages.form)
    spa.type_into_form(A_TEXT)

    with spa.watched() as log:
        spa.clock.let_access_token_expire()

    expect(log.refreshes.succeeded).to_have_at_least(1)
    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(spa.marks.field_of(spa.pages.form)).to_hold(A_TEXT)


@rule(
    impact=Impact.MODERATE,
    needs={"request alone"},
    hint="Seconds and milliseconds: expires_in is in seconds, Date.now() in milliseconds.",
)
def does_not_refresh_a_fresh_token(spa: Spa) -> None:
    """A token that has just been issued is used, not refreshed."""
    spa.sign_in()
    spa.open(spa.pages.calls)

    with spa.watched() as log:
        spa.call_api(times=10)

    expect(log.refreshes).to_have_count(0)
    expect(log.api).to_have_at_least(10)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(impact=Impact.MODERATE, hint="When the page gets the focus again, look at the expiry first.")
def does_not_refresh_on_each_return(spa: Spa) -> None:
    """Whoever looks away from the page and back, again and again, sends no refresh as long as the token is good."""
    spa.sign_in()
    spa.open(spa.pages.home)

    with spa.watched() as log:
        for _ in range(RETURNS):
            spa.look_away_and_back()

    expect(log.refreshes).to_have_count(0)
    expect(log.redirects).not_to_visit(spa.pages.sign_in)


@rule(impact=Impact.MODERATE, needs={"request alone"}, hint="Store the new expiry with the new token, in one place.")
def does_not_refresh_again_after_a_refresh(spa: Spa) -> None:
    """A token that has just been refreshed is used, not refreshed again."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    with spa.watched() as before:
        spa.clock.let_access_token_expire()
        spa.call_api()

    with spa.watched() as log:
        spa.call_api(times=4)

    expect(before.refreshes.succeeded).to_have_at_least(1)
    expect(log.refreshes).to_have_count(0)
    expect(log.api).to_have_at_least(4)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.CRITICAL,
    needs={"encrypted token"},
    hint="Encrypt before you write, and keep no second copy: not for a page that is left, and not for another library.",
)
def keeps_no_encrypted_token_in_plain(spa: Spa) -> None:
    """A token that the app keeps encrypted stands nowhere in plain when it has been used.

    Neither in web storage, nor in a cookie that a script can see.
    """
    spa.sign_in()
    spa.see_how_it_refreshes()

    expect(spa.storage.plain_copies).to_hold_none_in_plain()


@rule(
    impact=Impact.MINOR,
    needs={"two tokens"},
    hint="Send the refresh past the client that adds the Authorization header.",
)
def sends_no_expired_token_with_the_refresh(spa: Spa) -> None:
    """The refresh does not carry the access token that has expired.

    A server that looks at the Authorization header first answers 401, although the refresh token is good.
    """
    spa.sign_in()
    spa.open(spa.pages.calls)
    expired = spa.access_token

    with spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.keep_calling_api(1)

    expect(log.refreshes).to_have_at_least(1)
    expect(log.refreshes).not_to_carry(expired)


@rule(
    impact=Impact.SERIOUS,
    needs={"calls", "early refresh", "API on another origin"},
    hint="Do not wait for a 401 that you may not get to read: look at the expiry.",
)
def refreshes_when_cors_hides_the_401(spa: Spa) -> None:
    """A token that has expired is refreshed even where the page cannot read the 401.

    An API on another origin that answers 401 without CORS headers looks like a network failure.
    """
    spa.sign_in()
    spa.open(spa.pages.calls)

    with spa.watched() as log:
        spa.clock.let_access_token_expire(unreadable=True)
        spa.call_api()

    expect(log.refreshes.succeeded).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.MODERATE,
    needs={"calls", "lifetime in the reply"},
    hint="Refresh early by at most half of the token's life, not by a fixed minute.",
)
def does_not_refresh_before_every_request(spa: Spa) -> None:
    """A token whose whole life is shorter than the early window is not refreshed before every request."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.tell_lifetime(30, on=Kind.REFRESH)
    with spa.watched() as before:
        spa.clock.let_access_token_expire()
        spa.call_api()

    with spa.watched() as log:
        spa.call_api(times=4)

    expect(before.refreshes.succeeded).to_have_at_least(1)
    expect(log.refreshes).to_have_at_most(1)
    expect(log.api).to_have_at_least(4)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.CRITICAL,
    needs={"refresh token in the request", "refresh token in the reply"},
    hint="Keep the refresh token that you have where the reply does not bring another.",
)
def survives_two_expiries_without_rotation(spa: Spa) -> None:
    """Two expiries in a row are survived where no refresh reply brings a refresh token."""
    _survives_two_expiries(spa, spa.network.keep_refresh_token)


@rule(
    impact=Impact.CRITICAL,
    needs={"refresh token in the request", "refresh token in the reply"},
    hint="Store the refresh token that each reply brings.",
)
def survives_two_expiries_with_rotation(spa: Spa) -> None:
    """Two expiries in a row are survived where each refresh reply brings a new refresh token and ends the old one."""
    _survives_two_expiries(spa, spa.network.rotate_refresh_tokens)


def _survives_two_expiries(spa: Spa, change_the_server: Callable[[], None]) -> None:
    spa.sign_in()
    spa.open(spa.pages.calls)
    change_the_server()

    with spa.watched() as log:
        for _ in range(2):
            spa.clock.let_access_token_expire()
            spa.call_api()

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(log.refreshes.succeeded).to_have_count(2)
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.CRITICAL,
    needs={"refresh token in the request", "refresh token in the reply"},
    hint="Store what a refresh brings where the next page load looks for it.",
)
def keeps_refreshed_tokens_across_a_reload(spa: Spa) -> None:
    """A page that is loaded anew after a refresh goes on with the tokens that it brought, and ends no session."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.rotate_refresh_tokens()
    spa.clock.let_access_token_expire()
    spa.call_api()

    with spa.watched() as log:
        spa.open(spa.pages.busy)

    expect(log.refreshes).to_have_count(spa.target.refreshes_per_load)
    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    needs={"calls", "lifetime in the reply"},
    hint="Go by the token's own end. A time for which no refresh may follow another outlasts a short-lived token.",
)
def refreshes_a_short_lived_token_every_time(spa: Spa) -> None:
    """A token that lives for half a minute is refreshed each time that it expires."""
    spa.network.tell_lifetime(30)
    spa.sign_in()
    spa.open(spa.pages.calls)

    with spa.watched() as log:
        for _ in range(3):
            spa.clock.let_access_token_expire()
            spa.call_api()

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.MODERATE,
    needs={"calls", "shown claim"},
    hint="Read what you show of the user in the token in hand, each time that it is replaced.",
)
def shows_the_claims_of_the_new_token(spa: Spa) -> None:
    """Whoever has been given another role sees it when the token has been refreshed, and not after the next sign-in.

    The server goes by the new token at once: a page that shows the old role offers what will be rejected.
    """
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.let_new_tokens_say_otherwise()

    with spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.call_api()

    expect(log.refreshes.succeeded).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()
    expect(spa.marks.claim_of_the_token).to_be_shown()


@rule(
    impact=Impact.SERIOUS,
    needs={"request alone", "lifetime in the reply"},
    hint="A timer of more than 2147483647 ms fires at once: wait in shorter stretches.",
)
def does_not_refresh_a_30_day_token(spa: Spa) -> None:
    """A token that lives for thirty days is not refreshed in its first ten minutes."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.tell_lifetime(30 * DAY_SECONDS, on=Kind.REFRESH)
    with spa.watched() as before:
        spa.clock.let_access_token_expire()
        spa.call_api()

    with spa.watched() as log:
        spa.clock.let_time_pass(600, step=30)
        spa.call_api()

    expect(before.refreshes.succeeded).to_have_at_least(1)
    expect(log.refreshes).to_have_count(0)
    expect(before.refreshes.succeeded).to_have_at_most(1)  # a loop may have ended by itself before those ten minutes
    expect(log.redirects).not_to_visit(spa.pages.sign_in)


@rule(
    impact=Impact.SERIOUS,
    needs={"request alone", "lifetime in the reply"},
    cases=ODD_LIFETIMES,
    hint="Check that expires_in is a finite, positive number of seconds before you count with it.",
)
def tolerates_an_invalid_expires_in(spa: Spa, told: str) -> None:
    """A reply that tells the token's lifetime badly causes neither a storm of refreshes nor an exception."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.tell_lifetime(ODD_LIFETIMES[told], on=Kind.REFRESH)

    with spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.call_api(times=4)
        spa.clock.let_time_pass(30, step=5)

    expect(log.refreshes).to_have_at_least(1)
    expect(log.refreshes).to_have_at_most(2)
    expect(log.frozen).to_have_no_exceptions()
    expect(log.redirects).not_to_visit(spa.pages.sign_in)
