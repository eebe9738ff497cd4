"""Server contract: what the server owes to a client that does all right.

No client can make up for a server that hands over nothing to refresh with, counts refreshes as guesses at a password,
or ends the session of one device for another. The user sees what a wrong client would show: the sign-in page, after a
quarter of an hour.
"""

from fixtures.judging import expect
from fixtures.spa import Spa
from scenarios.catalogue import Impact, rule

A_DAY_OF_REFRESHES = 10
"""So many refreshes come together within minutes where somebody has a few tabs open, or loads a page a few times that
keeps its token in memory."""

FORBIDDEN = 403


@rule(
    impact=Impact.CRITICAL,
    needs={"stored refresh token", "readable refresh token", "carrier of the refresh token"},
    hint="Where a refresh uses its token up, put the next one into the reply, or into the cookie.",
)
def brings_what_the_next_refresh_needs(spa: Spa) -> None:
    """What a refresh leaves a client with is good for the next refresh."""
    spa.sign_in()

    expect(spa.refresh_in_a_row(2).exchanges).to_have_succeeded()


@rule(
    impact=Impact.CRITICAL,
    needs={"stored refresh token", "readable refresh token", "carrier of the refresh token", "grace of a used token"},
    hint="Where refresh tokens rotate, reject those that have been used up: a stolen one works for ever otherwise.",
)
def rejects_a_used_refresh_token(spa: Spa) -> None:
    """Where refresh tokens rotate, one that has been used is rejected when somebody shows it long after."""
    spa.sign_in()
    # Two: some servers take the token before the newest for that of a lost reply, however late it is shown.
    refreshed = spa.refresh_in_a_row(2)

    expect(refreshed.show_the_first_token_again()).to_have_been_rejected()


@rule(
    impact=Impact.SERIOUS,
    needs={"stored refresh token", "readable refresh token", "carrier of the refresh token"},
    hint="A refresh is no guess at a password: give it a limit of its own, or none.",
)
def lets_a_user_refresh_often(spa: Spa) -> None:
    """Ten refreshes in a row, as a few tabs and page loads make them, are all answered with a token."""
    spa.sign_in()

    expect(spa.refresh_in_a_row(A_DAY_OF_REFRESHES).exchanges).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    needs={"several sessions"},
    hint="Keep a row for each sign-in, and not one for each user. Where it is meant: policy.one_session_per_user.",
)
def signing_in_elsewhere_ends_no_session(spa: Spa) -> None:
    """Who signs in on another device stays signed in on this one, and is refreshed here as before."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.sign_in_in_another_browser()

    with spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.keep_calling_api(1)

    expect(log.refreshes.succeeded).to_have_at_least(1)
    expect(log.redirects).not_to_visit(spa.pages.sign_in)


@rule(
    impact=Impact.MODERATE,
    needs={"calls"},
    hint="401 says that the token is not good, and 403 that its user may not. A client refreshes for the one alone.",
)
def says_401_to_an_expired_access_token(spa: Spa) -> None:
    """An access token that has expired is not answered with 403, which is for users who may not."""
    spa.sign_in()
    spa.open(spa.pages.calls)

    with spa.watched() as log:
        spa.network.reject_access_token()
        spa.call_api()

    expect(spa.answers_to_expired_tokens(log)).not_to_be_answered_with(FORBIDDEN)


@rule(
    impact=Impact.SERIOUS,
    needs={"account deletion", "stored refresh token", "readable refresh token", "carrier of the refresh token"},
    hint="Look for the user when you refresh, and take one that is gone, or disabled, for a token that is not good.",
)
def rejects_the_refresh_of_a_deleted_account(spa: Spa) -> None:
    """The refresh of an account that has been deleted is rejected like that of any session which has ended."""
    spa.sign_in()
    spa.see_how_it_refreshes()
    copy = spa.copy_refresh_token()
    spa.delete_account()

    expect(spa.refresh_with(copy)).to_be_answered_with(*spa.target.refresh.rejected_with)
