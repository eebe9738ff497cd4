"""Texts in a browser's storage, in which a token may be all there is, or JSON around it, or JSON in percent signs."""

import json

import pytest

from fixtures.tokens.bodies import change_value_in_text, value_in_text

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
