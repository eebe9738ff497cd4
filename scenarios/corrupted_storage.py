"""Corrupted storage: what stands in the browser's storage in a token's place cannot work.

The investigation's scenario 2, "Invalid Refresh Token Handling": corrupt the refresh token in localStorage, make a
request, see a graceful sign-out. Storage is corrupted while the page is away, because a running page has a copy in
memory, and may write that down again, even as it is left.
"""

from fixtures.judging import expect
from fixtures.spa import Spa
from fixtures.tokens.corrupted import (
    ACCESS_TOKENS,
    EXPIRIES,
    GARBAGE,
    REFRESH_TOKENS,
    TEXTS,
    TRUNCATED,
    WRONG_TYPE,
    Corruption,
)
from scenarios.catalogue import Impact, rule

STORED_REFRESH_TOKEN = {"stored refresh token"}


def _corrupt_refresh_token(spa: Spa, corruption: Corruption) -> None:
    """Leave the app with a corrupted refresh token in storage and an access token that has expired."""
    spa.sign_in()
    spa.leave()
    spa.clock.let_access_token_expire()
    spa.storage.corrupt("refresh_token", corruption)


@rule(
    impact=Impact.SERIOUS,
    needs=STORED_REFRESH_TOKEN,
    cases=REFRESH_TOKENS,
    hint="A refresh that is rejected ends the session: do not ask again.",
)
def bad_refresh_token_signs_out_once(spa: Spa, corruption: Corruption) -> None:
    """A refresh token that cannot work is tried no more often than is allowed, and ends in one visit to sign-in."""
    _corrupt_refresh_token(spa, corruption)

    with spa.watched() as log:
        spa.open_with_slow_refreshes(spa.pages.busy)

    expect(log.refreshes).to_have_at_most(spa.policy.rejected_attempts)
    expect(spa.marks.sign_in_form).to_be_shown()
    expect(log.redirects).to_visit_once(spa.pages.sign_in)


@rule(
    impact=Impact.MINOR,
    needs=STORED_REFRESH_TOKEN,
    cases=(GARBAGE, TRUNCATED, WRONG_TYPE),
    hint="Read storage as you would read user input.",
)
def bad_refresh_token_throws_no_exception(spa: Spa, corruption: Corruption) -> None:
    """A refresh token that cannot be read makes the page throw nothing that nobody catches."""
    _corrupt_refresh_token(spa, corruption)

    with spa.watched() as log:
        spa.open(spa.pages.busy)

    expect(log.frozen).to_have_no_exceptions()


@rule(
    impact=Impact.MODERATE,
    needs=STORED_REFRESH_TOKEN,
    hint="Remove every key of the session in one place, the expiry too.",
)
def clears_storage_when_the_session_ends(spa: Spa) -> None:
    """When the session has ended, none of its keys is left in storage."""
    _corrupt_refresh_token(spa, GARBAGE)
    spa.open(spa.pages.busy)

    expect(spa.storage.session).to_be_empty()


@rule(impact=Impact.MODERATE, needs=STORED_REFRESH_TOKEN | {"reason"}, hint="Hand the reason on to the sign-in page.")
def tells_the_user_why_they_were_signed_out(spa: Spa) -> None:
    """Whoever is signed out without having asked for it is told why."""
    _corrupt_refresh_token(spa, GARBAGE)
    spa.open(spa.pages.busy)

    expect(spa.marks.reason).to_be_shown()


@rule(
    impact=Impact.SERIOUS,
    needs=STORED_REFRESH_TOKEN,
    hint="Start from nothing at sign-in: counters, latches and promises of the last session too.",
)
def sign_in_works_again(spa: Spa) -> None:
    """After a corrupted session one can sign in again, and stays signed in."""
    _corrupt_refresh_token(spa, GARBAGE)
    spa.open(spa.pages.busy)

    with spa.watched() as log:
        spa.sign_in_again()
        spa.open(spa.pages.busy)

    expect(spa.marks.content_of(spa.pages.busy)).to_be_shown()
    expect(log.refreshes).to_have_count(spa.target.refreshes_per_load)


@rule(
    impact=Impact.SERIOUS,
    needs={"stored access token", "two tokens"},
    cases=ACCESS_TOKENS,
    hint="An access token that cannot be read counts as expired.",
)
def refreshes_a_corrupted_access_token(spa: Spa, corruption: Corruption) -> None:
    """A corrupted access token beside a good refresh token costs one refresh, and nothing else."""
    spa.sign_in()
    spa.leave()
    spa.storage.corrupt("access_token", corruption)

    with spa.watched() as log:
        spa.open_with_slow_refreshes(spa.pages.busy)

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(log.refreshes).to_have_count(1)
    expect(spa.marks.content_of(spa.pages.busy)).to_be_shown()
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    needs={"JSON in web storage"},
    cases=TEXTS,
    hint="JSON.parse throws. Catch it where you read storage, and go on as if nothing had been stored.",
)
def text_that_is_no_json_leaves_no_blank_page(spa: Spa, corruption: Corruption) -> None:
    """A page that finds text in storage that is no JSON shows its content or the sign-in form, and not nothing.

    Whom it shows nothing cannot even sign in again, and to load the page anew does not help.
    """
    spa.sign_in()
    spa.leave()
    spa.storage.corrupt_texts(corruption)

    with spa.watched():
        spa.open_with_slow_refreshes(spa.pages.busy)

    expect(spa.marks.content_or_sign_in_form(spa.pages.busy)).to_be_shown()


@rule(
    impact=Impact.SERIOUS,
    needs={"stored expiry", "calls"},
    cases=EXPIRIES,
    hint="An expiry that is no date must compare as unknown, not as never.",
)
def corrupted_expiry_causes_no_refresh_loop(spa: Spa, corruption: Corruption) -> None:
    """A corrupted or missing expiry costs one refresh at most."""
    spa.sign_in()
    spa.leave()
    spa.storage.corrupt("expiry", corruption)

    with spa.watched() as log:
        spa.open(spa.pages.calls)
        spa.call_api(times=4)

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(log.refreshes).to_have_at_most(1)
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    needs={"stored expiry", "calls"},
    cases=EXPIRIES,
    hint="Where the expiry is not known, a 401 still tells that it is time.",
)
def refreshes_despite_a_corrupted_expiry(spa: Spa, corruption: Corruption) -> None:
    """A session with a corrupted or missing expiry still refreshes its token when that has expired."""
    spa.sign_in()
    spa.leave()
    spa.storage.corrupt("expiry", corruption)
    spa.clock.let_access_token_expire()

    with spa.watched() as log:
        spa.open_with_slow_refreshes(spa.pages.busy)

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(log.refreshes).to_have_count(1)
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    needs={"web storage", "calls"},
    cases=("SecurityError", "QuotaExceededError"),
    hint="Take the new tokens into memory first; a write to storage that throws is not a refresh that failed.",
)
def survives_a_failing_storage_write(spa: Spa, error: str) -> None:
    """A session whose new tokens cannot be written to storage lives on in memory."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.storage.refuse_writes(error)

    with spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.call_api(times=2)

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(log.refreshes).to_have_count(1)
    expect(log.api.last_of_each).to_have_at_least(1)
    expect(log.api.last_of_each).to_have_succeeded()
