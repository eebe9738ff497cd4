"""Tokens: their names, the ones that no server may take, and that none is ever written down."""

import jwt
import pytest

from fixtures.tokens.carriers import in_header
from fixtures.tokens.names import TokenNames
from fixtures.tokens.twins import claims, expired_twin, lifetime_seconds, moved_twin, signed_with_another_key, unsigned

KEY = "a-key-of-thirty-two-bytes-or-more-for-hs256"
TOKEN = jwt.encode({"sub": "7", "iat": 1_000_000_000, "exp": 4_000_000_000, "typ": "access"}, KEY, algorithm="HS256")


def test_tokens_are_named_in_the_order_in_which_they_are_first_seen() -> None:
    names = TokenNames()

    assert [names.access(token) for token in ("x", "y", "x", "z")] == ["A", "B", "A", "C"]
    assert [names.refresh(token) for token in ("x", "y", "x")] == ["R1", "R2", "R1"]
    assert names.access_token_named("B") == "y"


@pytest.mark.parametrize(
    ("value", "token"),
    [("Bearer abc", "abc"), ("abc", "abc"), ("Bearer", ""), ("bearer ", ""), ("", ""), ("Token token", "token")],
)
def test_a_word_that_stands_alone_before_no_token_is_none(value: str, token: str) -> None:
    assert in_header("header Authorization", {"authorization": value}) == token


def test_there_are_names_for_any_number_of_tokens() -> None:
    names = TokenNames()
    given = [names.access(str(number)) for number in range(703)]

    assert (given[25], given[26], given[701], given[702]) == ("Z", "AA", "ZZ", "AAA")
    assert len(set(given)) == len(given)


def test_no_token_and_no_password_survives_redaction() -> None:
    names = TokenNames()
    names.access(TOKEN)
    names.refresh("opaque-refresh-token")
    names.keep_secret("correct-horse")
    names.note_in_cookie("session-token-in-a-cookie", "sid")
    stranger = jwt.encode({"sub": "8"}, KEY, algorithm="HS256")

    text = names.redact(f"Bearer {TOKEN}, opaque-refresh-token, correct-horse, session-token-in-a-cookie, {stranger}.")

    assert text == "Bearer <access token A>, <refresh token R1>, <secret>, <what cookie sid has>, <token>."


def test_a_token_whose_text_is_not_told_is_looked_for_nowhere() -> None:
    names = TokenNames()

    assert names.access_in_cookie("sid", 1) == "A"
    assert names.access_in_cookie("sid", 2) == "B"
    assert names.texts() == {}


def test_redaction_leaves_ordinary_text_alone() -> None:
    text = "POST /auth/refresh/ → 401 at www.example.com/notes?q=tea#results, v1.2.3"

    assert TokenNames().redact(text) == text


def test_a_lifetime_is_the_span_that_the_token_states() -> None:
    assert lifetime_seconds(TOKEN) == 3_000_000_000
    assert lifetime_seconds("opaque") is None
    assert lifetime_seconds(jwt.encode({"exp": 5}, KEY, algorithm="HS256")) is None


def test_an_expired_twin_is_refused_for_its_age_alone_where_the_key_is_known() -> None:
    twin = expired_twin(TOKEN, KEY)

    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(twin, KEY, algorithms=["HS256"])
    assert claims(twin)["sub"] == "7"


def test_a_key_may_be_as_short_as_the_server_has_it() -> None:
    token = moved_twin(expired_twin(TOKEN, "secret"), 60, "secret")

    assert claims(token)["sub"] == claims(TOKEN)["sub"]


@pytest.mark.parametrize("forged", [expired_twin(TOKEN, None), signed_with_another_key(TOKEN), unsigned(TOKEN)])
def test_a_forged_token_keeps_the_claims_and_is_refused(forged: str) -> None:
    assert claims(forged)["sub"] == "7"
    with pytest.raises(jwt.InvalidTokenError):
        jwt.decode(forged, KEY, algorithms=["HS256"])


def test_the_twin_of_an_opaque_token_is_another_of_the_same_length() -> None:
    for token in ("opaque-token-of-some-length", "opaque-token-that-ends-in-AAAA"):
        twin = expired_twin(token, None)
        assert twin != token
        assert len(twin) == len(token)


@pytest.mark.parametrize("word", ["", "undefined", "null", "NaN", "[object Object]"])
def test_words_that_stand_where_a_token_is_missing_are_shown_as_they_are(word: str) -> None:
    names = TokenNames()

    assert names.access(word) == names.refresh(word) == repr(word)
    assert names.redact(f"signs-out-once[{word}]") == f"signs-out-once[{word}]"
    assert names.access_tokens() == frozenset()


def test_what_the_suite_has_made_up_is_shown_and_a_token_beside_it_is_not() -> None:
    names = TokenNames()
    names.note_made_up("%%%not-a-token%%%")

    assert names.refresh("%%%not-a-token%%%") == "'%%%not-a-token%%%'"
    assert names.refresh(TOKEN) == "R1"
    assert names.redact(f"%%%not-a-token%%% and {TOKEN}") == "%%%not-a-token%%% and <refresh token R1>"


def test_a_token_that_is_issued_again_in_the_same_text_is_another() -> None:
    names = TokenNames()
    assert names.access(TOKEN) == "A"

    names.note_issue(TOKEN)

    assert names.access(TOKEN) == "B"
    assert names.access_token_named("A") == names.access_token_named("B") == TOKEN
    assert names.access("another") == "C"
