"""Texts in a browser's storage, in which a token may be all there is, or JSON around it, or JSON in percent signs."""

import json

import pytest

from fixtures.spa.kept_session import with_new_tokens
from fixtures.tokens.bodies import change_value_in_text, value_in_text
from fixtures.tokens.instants import moments_moved

TEXTS = {
    "plain": ("eyJ.old", None),
    "in-quotes": ('"eyJ.old"', ""),
    "in-json": ('{"theme": "light", "auth": {"token": "eyJ.old"}}', "/auth/token"),
    "json-in-json": (json.dumps({"auth": json.dumps({"token": "eyJ.old"})}), "/auth/token"),
    "in-percent-signs": ("%7B%22token%22%3A%20%22eyJ.old%22%7D", "/token"),
    "beside-percent-signs": ('{"page": "/notes?q=%22tea%22", "token": "eyJ.old"}', "/token"),
}


@pytest.mark.parametrize(("text", "pointer"), TEXTS.values(), ids=TEXTS)
def test_a_value_is_found_and_put_back_where_it_was(text: str, pointer: str | None) -> None:
    changed = change_value_in_text(text, pointer, "eyJ.new")

    assert value_in_text(text, pointer) == "eyJ.old"
    assert changed == text.replace("eyJ.old", "eyJ.new")
    assert value_in_text(changed, pointer) == "eyJ.new"


@pytest.mark.parametrize("text", ["null", "%%%not-json%%%", "", "{}"])
def test_nothing_is_found_where_no_text_is(text: str) -> None:
    assert value_in_text(text, "/token") is None


@pytest.mark.parametrize("text", ["null", "%%%not-json%%%", ""])
def test_quotes_with_nothing_in_them_hold_nothing(text: str) -> None:
    assert value_in_text(text, "") is None


def test_what_is_taken_out_is_gone() -> None:
    assert change_value_in_text('"eyJ.old"', "", None) is None
    assert change_value_in_text('{"token": "eyJ.old", "a": 1}', "/token", None) == '{"a": 1}'


BEGUN = 1790000000
MOMENTS = {
    "seconds": ("1790000900", "1790001000"),
    "milliseconds": ("1790000900123", "1790001000123"),
    "a number in JSON": ('{"until":1790000900123,"id":7}', '{"until":1790001000123,"id":7}'),
    "with a fraction": ('{"until": 1790000900.25}', '{"until": 1790001000.25}'),
    "in percent signs": ("%7B%22until%22%3A1790000900%7D", "%7B%22until%22%3A1790001000%7D"),
    "a date": ('{"until": "2026-09-21T13:28:20Z"}', '{"until": "2026-09-21T13:30:00Z"}'),
    "of another time": ('{"born": 1490000900, "for ever": "9999-12-31T23:59:59Z"}', None),
    "of another length": ("17900009001, 179000090", None),
    "in a token": ("ab1790000900-x.1790000900_cd", None),
    "a lifetime": ('{"expires_in": 900}', None),
}


@pytest.mark.parametrize(("text", "later"), MOMENTS.values(), ids=MOMENTS)
def test_moments_are_moved_in_whatever_they_stand(text: str, later: str | None) -> None:
    assert moments_moved(text, 100, about=BEGUN) == (later or text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a+/b=", "c+/d="),
        ('{"token": "a+/b="}', '{"token": "c+/d="}'),
        ("%7B%22token%22%3A%22a%2B%2Fb%3D%22%7D", "%7B%22token%22%3A%22c%2B%2Fd%3D%22%7D"),
        (r'{"token": "a+\/b="}', r'{"token": "c+\/d="}'),
    ],
    ids=["plain", "json", "percent-signs", "slashes"],
)
def test_a_token_is_exchanged_however_it_is_written(text: str, expected: str) -> None:
    assert with_new_tokens({"a+/b=": "c+/d="}, text) == expected
