"""Near-expiry refresh: the access token is about to run out, or has just run out, under a page in use.

The investigation's scenario 1, "Normal Token Refresh Flow": sign in, let the token near its end, see that it is renewed
and that the session goes on.
"""

from fixtures.judging.expectations import expect
from fixtures.observed.network import Kind
from fixtures.spa import Spa
from scenarios.catalogue import rule

DAY_SECONDS = 24 * 60 * 60
ODD_LIFETIMES = {"missing": "missing", "zero": 0, "textual": "15m", "absurd": 10**13}


@rule(needs={"background renewal"}, hint="Start a timer when a token is stored, and compare the clock with its expiry.")
def renews_in_the_background(spa: Spa) -> None:
    """A page left alone renews its access token before it lapses."""
    spa.sign_in()
    spa.bring_near_expiry(seconds_left=spa.policy.early_renewal + 30)

    with spa.watched() as log:
        spa.let_time_pass(spa.left - 15, step=5)

    expect(log.refreshes.succeeded).to_have_at_least(1)


@rule(needs={"background renewal"}, hint="Start the timer of the next renewal whenever a renewal has brought a token.")
def goes_on_renewing_in_the_background(spa: Spa) -> None:
    """A page left alone for long renews each token in turn, and not only the first one."""
    spa.sign_in()
    spa.bring_near_expiry(seconds_left=spa.policy.early_renewal + 30)
    spa.let_time_pass_until_renewed(at_most=spa.left - 15)
    spa.bring_near_expiry(seconds_left=spa.policy.early_renewal + 30)

    with spa.watched() as log:
        spa.let_time_pass(spa.left - 15, step=5)

    expect(log.refreshes.succeeded).to_have_at_least(1)


@rule(needs={"early renewal"}, hint="Look at the expiry when the page is opened, and not only while it is.")
def renews_when_opened_in_the_last_moment(spa: Spa) -> None:
    """A page that is opened shortly before the token lapses renews it, once, and serves every request of its own."""
    spa.sign_in()
    spa.leave()
    spa.bring_near_expiry(seconds_left=spa.policy.early_renewal / 2)

    with spa.watched() as log:
        spa.open(spa.busy)
        spa.let_time_pass(5)

    expect(log.refreshes).to_have_count(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    needs={"busy control"}, hint="Keep one promise for the refresh under way, and let every caller wait for that one."
)
def renews_once(spa: Spa) -> None:
    """One lapsing token calls for one refresh, however many requests wait on it.

    A server that rotates refresh tokens takes the second one for theft and ends the session.
    """
    spa.sign_in()
    spa.open(spa.busy)

    with spa.watched() as log, spa.holding_refreshes():
        spa.let_access_token_lapse()
        spa.call_much_at_once()

    expect(log.refreshes).to_have_count(1)
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(needs={"calls"})
def sends_nobody_away(spa: Spa) -> None:
    """Nobody is sent to the sign-in page because a token has run out that could be renewed."""
    spa.sign_in()
    spa.open(spa.calls)

    with spa.watched() as log:
        spa.let_access_token_lapse()
        spa.call_api()

    expect(log.redirects).not_to_visit(spa.sign_in_page)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    needs={"calls", "account page"},
    hint="A guard that finds a lapsed token has found no signed-out user: wait for the refresh, and ask again then.",
)
def lets_a_link_be_followed_meanwhile(spa: Spa) -> None:
    """Whoever follows a link while a lapsed token is being renewed gets to the page, and not to the sign-in page."""
    spa.sign_in()
    spa.open(spa.calls)

    with spa.watched() as log:
        with spa.holding_refreshes():
            spa.let_access_token_lapse()
            spa.call_api()
            spa.go_to_account_page()
        spa.let_time_pass(5)

    expect(log.redirects).not_to_visit(spa.sign_in_page)
    expect(spa.own_data).to_be_shown()


@rule(
    needs={"form", "background renewal"},
    hint="Renew in the background, without a page load and without taking the form off the page.",
)
def keeps_what_is_typed(spa: Spa) -> None:
    """What has been typed into a form is still there after the token was renewed."""
    spa.sign_in()
    spa.open(spa.form)
    spa.type_into_form("Half a thought, not saved yet")

    with spa.watched() as log:
        spa.let_access_token_lapse()

    expect(log.refreshes.succeeded).to_have_at_least(1)
    expect(log.redirects).not_to_visit(spa.sign_in_page)
    expect(spa.field_of(spa.form)).to_hold("Half a thought, not saved yet")


@rule(needs={"calls"}, hint="Seconds and milliseconds: expires_in is in seconds, Date.now() in milliseconds.")
def leaves_a_fresh_token_alone(spa: Spa) -> None:
    """A token that has just been issued is used, not renewed."""
    spa.sign_in()
    spa.open(spa.calls)

    with spa.watched() as log:
        spa.call_api(times=10)

    expect(log.refreshes).to_have_count(0)
    expect(log.api).to_have_at_least(10)


@rule(needs={"calls"}, hint="Store the new expiry with the new token, in one place.")
def leaves_a_renewed_token_alone(spa: Spa) -> None:
    """A token that has just been renewed is used, not renewed again."""
    spa.sign_in()
    spa.open(spa.calls)
    spa.let_access_token_lapse()
    spa.call_api()

    with spa.watched() as log:
        spa.call_api(times=4)

    expect(log.refreshes).to_have_count(0)
    expect(log.api).to_have_at_least(4)


@rule(needs={"calls"}, hint="Send the refresh past the client that adds the Authorization header.")
def refreshes_without_the_expired_token(spa: Spa) -> None:
    """The refresh does not carry the access token that has run out.

    A server that looks at the Authorization header first answers 401, although the refresh token is good.
    """
    spa.sign_in()
    spa.open(spa.calls)
    expired = spa.access_token

    with spa.watched() as log:
        spa.let_access_token_lapse()
        spa.keep_calling_api(1)

    expect(log.refreshes).to_have_at_least(1)
    expect(log.refreshes).not_to_carry(expired)


@rule(needs={"calls", "early renewal"}, hint="Do not wait for a 401 that you may not get to read: look at the expiry.")
def renews_where_a_refusal_cannot_be_read(spa: Spa) -> None:
    """A token that has run out is renewed even where the page cannot read that the server refuses it.

    An API on another origin that answers 401 without CORS headers looks like a network failure.
    """
    spa.sign_in()
    spa.open(spa.calls)

    with spa.watched() as log:
        spa.let_access_token_lapse(unreadable=True)
        spa.call_api()

    expect(log.refreshes.succeeded).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    needs={"calls", "lifetime in the reply"},
    hint="Renew early by at most half of the token's life, not by a fixed minute.",
)
def leaves_a_short_lived_token_alone(spa: Spa) -> None:
    """A token whose whole life is shorter than the early window is not renewed before every request."""
    spa.sign_in()
    spa.open(spa.calls)
    spa.tell_lifetime(30, on=Kind.REFRESH)
    spa.let_access_token_lapse()
    spa.call_api()

    with spa.watched() as log:
        spa.call_api(times=4)

    expect(log.refreshes).to_have_at_most(1)
    expect(log.api).to_have_at_least(4)


@rule(
    needs={"calls", "refresh token in the request", "refresh token in the reply"},
    hint="Keep the refresh token that you have where the reply does not bring another.",
)
def survives_two_expiries_with_one_refresh_token(spa: Spa) -> None:
    """Two expiries in a row are survived where no refresh reply brings a refresh token."""
    spa.never_renew_refresh_token()
    _survives_two_expiries(spa)


@rule(
    needs={"calls", "refresh token in the request", "refresh token in the reply"},
    hint="Store the refresh token that each reply brings.",
)
def survives_two_expiries_with_rotation(spa: Spa) -> None:
    """Two expiries in a row are survived where each refresh reply brings a new refresh token and ends the old one."""
    spa.rotate_refresh_tokens()
    _survives_two_expiries(spa)


def _survives_two_expiries(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.calls)

    with spa.watched() as log:
        for _ in range(2):
            spa.let_access_token_lapse()
            spa.call_api()

    expect(log.redirects).not_to_visit(spa.sign_in_page)
    expect(log.refreshes.succeeded).to_have_count(2)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    needs={"calls", "refresh token in the request", "refresh token in the reply"},
    hint="Store what a refresh brings where the next page load looks for it.",
)
def keeps_what_a_renewal_brought(spa: Spa) -> None:
    """A page that is loaded anew after a renewal goes on with the tokens that it brought, and ends no session."""
    spa.rotate_refresh_tokens()
    spa.sign_in()
    spa.open(spa.calls)
    spa.let_access_token_lapse()
    spa.call_api()

    with spa.watched() as log:
        spa.open(spa.busy)

    expect(log.refreshes).to_have_count(spa.refreshes_per_load)
    expect(log.redirects).not_to_visit(spa.sign_in_page)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    needs={"calls", "lifetime in the reply"},
    hint="Go by the token's own end. A time for which no refresh may follow another outlasts a short-lived token.",
)
def renews_a_short_lived_token_each_time(spa: Spa) -> None:
    """A token that lives for half a minute is renewed each time that it lapses."""
    spa.tell_lifetime(30)
    spa.sign_in()
    spa.open(spa.calls)

    with spa.watched() as log:
        for _ in range(3):
            spa.let_access_token_lapse()
            spa.call_api()

    expect(log.redirects).not_to_visit(spa.sign_in_page)
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    needs={"calls", "shown claim"},
    hint="Read what you show of the user in the token in hand, each time that it is replaced.",
)
def shows_what_the_new_token_says(spa: Spa) -> None:
    """Whoever has been given another role sees it when the token has been renewed, and not after the next sign-in.

    The server goes by the new token at once: a page that shows the old role offers what will be refused.
    """
    spa.sign_in()
    spa.open(spa.calls)
    spa.let_new_tokens_say_otherwise()

    with spa.watched() as log:
        spa.let_access_token_lapse()
        spa.call_api()

    expect(log.refreshes.succeeded).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()
    expect(spa.said_by_the_token).to_be_shown()


@rule(
    needs={"calls", "lifetime in the reply"},
    hint="A timer of more than 2147483647 ms fires at once: wait in shorter stretches.",
)
def leaves_a_month_long_token_alone(spa: Spa) -> None:
    """A token that lives for thirty days is not renewed in its first ten minutes."""
    spa.sign_in()
    spa.open(spa.calls)
    spa.tell_lifetime(30 * DAY_SECONDS, on=Kind.REFRESH)
    spa.let_access_token_lapse()
    spa.call_api()

    with spa.watched() as log:
        spa.let_time_pass(600, step=30)
        spa.call_api()

    expect(log.refreshes).to_have_count(0)
    expect(log.redirects).not_to_visit(spa.sign_in_page)


@rule(
    needs={"calls", "lifetime in the reply"},
    cases=ODD_LIFETIMES,
    hint="Check that expires_in is a finite, positive number of seconds before you count with it.",
)
def outlasts_an_odd_lifetime(spa: Spa, told: str) -> None:
    """A reply that tells the token's lifetime badly causes neither a storm of refreshes nor an exception."""
    spa.sign_in()
    spa.open(spa.calls)
    spa.tell_lifetime(ODD_LIFETIMES[told], on=Kind.REFRESH)

    with spa.watched() as log:
        spa.let_access_token_lapse()
        spa.call_api(times=4)
        spa.let_time_pass(30, step=5)

    expect(log.refreshes).to_have_at_least(1)
    expect(log.refreshes).to_have_at_most(2)
    expect(log.frozen).to_have_no_exceptions()
    expect(log.redirects).not_to_visit(spa.sign_in_page)
