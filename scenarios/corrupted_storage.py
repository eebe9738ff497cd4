"""Corrupted storage: what stands in the browser's storage in a token's place cannot work.

The investigation's scenario 2, "Invalid Refresh Token Handling": spoil the refresh token in localStorage, make a
request, see a graceful sign-out. Storage is spoiled while the page is away, because a running page has a copy in
memory.
"""

from fixtures.judging.expectations import expect
from fixtures.spa import Spa
from fixtures.tokens.corrupted import ACCESS_TOKENS, EXPIRIES, GARBAGE, REFRESH_TOKENS, TRUNCATED, WRONG_TYPE, Spoiled
from scenarios.catalogue import rule

STORED_REFRESH_TOKEN = {"stored refresh token"}


def _spoil_refresh_token(spa: Spa, spoiled: Spoiled) -> None:
    """Leave the app with a spoiled refresh token in storage and an access token that has run out."""
    spa.sign_in()
    spa.spoil("refresh_token", spoiled)
    spa.leave()
    spa.let_access_token_lapse()


@rule(
    needs=STORED_REFRESH_TOKEN,
    cases=REFRESH_TOKENS,
    hint="A refresh that is refused ends the session: do not ask again.",
)
def signs_out_once(spa: Spa, spoiled: Spoiled) -> None:
    """A refresh token that cannot work is tried within the policy, and ends in one visit to the sign-in page."""
    _spoil_refresh_token(spa, spoiled)

    with spa.watched() as log:
        spa.open_with_slow_refreshes(spa.busy)

    expect(log.refreshes).to_have_at_most(spa.policy.refused_attempts)
    expect(spa.sign_in_form).to_be_shown()
    expect(log.redirects).to_visit_once(spa.sign_in_page)


@rule(
    needs=STORED_REFRESH_TOKEN,
    cases=(GARBAGE, TRUNCATED, WRONG_TYPE),
    hint="Read storage as you would read user input.",
)
def throws_nothing(spa: Spa, spoiled: Spoiled) -> None:
    """A refresh token that cannot be read makes the page throw nothing that nobody catches."""
    _spoil_refresh_token(spa, spoiled)

    with spa.watched() as log:
        spa.open(spa.busy)

    expect(log.frozen).to_have_no_exceptions()


@rule(needs=STORED_REFRESH_TOKEN, hint="Remove every key of the session in one place, the expiry too.")
def leaves_nothing_in_storage(spa: Spa) -> None:
    """When the session has ended, none of its keys is left in storage."""
    _spoil_refresh_token(spa, GARBAGE)
    spa.open(spa.busy)

    expect(spa.stored).to_be_empty()


@rule(needs=STORED_REFRESH_TOKEN | {"reason"}, hint="Hand the reason on to the sign-in page.")
def says_why(spa: Spa) -> None:
    """Whoever is signed out without having asked for it is told why."""
    _spoil_refresh_token(spa, GARBAGE)
    spa.open(spa.busy)

    expect(spa.reason).to_be_shown()


@rule(
    needs=STORED_REFRESH_TOKEN,
    hint="Start from nothing at sign-in: counters, latches and promises of the last session too.",
)
def signing_in_works_again(spa: Spa) -> None:
    """After a corrupted session one can sign in again, and stays signed in."""
    _spoil_refresh_token(spa, GARBAGE)
    spa.open(spa.busy)

    with spa.watched() as log:
        spa.sign_in_again()
        spa.open(spa.busy)

    expect(spa.content_of(spa.busy)).to_be_shown()
    expect(log.refreshes).to_have_count(spa.refreshes_per_load)


@rule(needs={"stored access token"}, cases=ACCESS_TOKENS, hint="An access token that cannot be read counts as expired.")
def recovers_from_a_spoiled_access_token(spa: Spa, spoiled: Spoiled) -> None:
    """A spoiled access token beside a good refresh token costs one refresh, and nothing else."""
    spa.sign_in()
    spa.spoil("access_token", spoiled)
    spa.leave()

    with spa.watched() as log:
        spa.open_with_slow_refreshes(spa.busy)

    expect(log.redirects).not_to_visit(spa.sign_in_page)
    expect(log.refreshes).to_have_count(1)
    expect(spa.content_of(spa.busy)).to_be_shown()
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    needs={"stored expiry", "calls"},
    cases=EXPIRIES,
    hint="An expiry that is no date must compare as unknown, not as never.",
)
def causes_no_storm_by_a_spoiled_expiry(spa: Spa, spoiled: Spoiled) -> None:
    """A spoiled or missing expiry costs one refresh at most."""
    spa.sign_in()
    spa.spoil("expiry", spoiled)
    spa.leave()

    with spa.watched() as log:
        spa.open(spa.calls)
        spa.call_api(times=4)

    expect(log.redirects).not_to_visit(spa.sign_in_page)
    expect(log.refreshes).to_have_at_most(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    needs={"stored expiry", "calls"},
    cases=EXPIRIES,
    hint="Where the expiry is not known, a 401 still tells that it is time.",
)
def renews_in_spite_of_a_spoiled_expiry(spa: Spa, spoiled: Spoiled) -> None:
    """A session with a spoiled or missing expiry still renews its token when that has run out."""
    spa.sign_in()
    spa.spoil("expiry", spoiled)
    spa.leave()
    spa.let_access_token_lapse()

    with spa.watched() as log:
        spa.open_with_slow_refreshes(spa.busy)

    expect(log.redirects).not_to_visit(spa.sign_in_page)
    expect(log.refreshes).to_have_count(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    needs={"web storage", "calls"},
    cases=("SecurityError", "QuotaExceededError"),
    hint="Take the new tokens into memory first; a write to storage that throws is not a refresh that failed.",
)
def lives_on_where_storage_refuses(spa: Spa, error: str) -> None:
    """A session whose new tokens cannot be written to storage lives on in memory."""
    spa.sign_in()
    spa.open(spa.calls)
    spa.refuse_storage_writes(error)

    with spa.watched() as log:
        spa.let_access_token_lapse()
        spa.call_api(times=2)

    expect(log.redirects).not_to_visit(spa.sign_in_page)
    expect(log.refreshes).to_have_count(1)
    expect(log.api.last_of_each).to_have_succeeded()
