"""The example of a target file, and the schema for editors: both say all that there is to say, and no more."""

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from fixtures.target import TARGETS, Target, read_target
from fixtures.target.schema import SCHEMA, schema, written

EXAMPLE = TARGETS / "example.toml"
KEY = re.compile(r"#?[\w.]+ = ")
SWITCHED_OFF = re.compile(r"^#(?=[^ :\n])", re.MULTILINE)


def switched_on() -> dict[str, Any]:
    """The example with every key in it, those that exclude each other too."""
    return tomllib.loads(SWITCHED_OFF.sub("", EXAMPLE.read_text(encoding="utf-8")))


def tables_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that a field's type speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in tables_in(part)]


def said_of(model: type[BaseModel], table: dict[str, Any]) -> Iterator[tuple[type[BaseModel], str, FieldInfo, Any]]:
    """All that a table says of a model and of the models within it: model, key, field, value."""
    for key, value in table.items():
        field = model.model_fields[key]
        yield model, key, field, value
        for inner in tables_in(field.annotation):
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict):
                    yield from said_of(inner, each)


def all_fields(model: type[BaseModel]) -> set[tuple[str, str]]:
    """Every field of a model and of the models within it, by the class that brings it in."""
    found = set()
    for name, field in model.model_fields.items():
        found.add(owned(model, name))
        for inner in tables_in(field.annotation):
            found |= all_fields(inner)
    return found


def owned(model: type[BaseModel], name: str) -> tuple[str, str]:
    owner = next(each for each in reversed(model.__mro__) if name in getattr(each, "model_fields", {}))
    return owner.__name__, name


def without_extends() -> dict[str, Any]:
    return {key: value for key, value in switched_on().items() if key != "extends"}


def test_the_example_is_a_target_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFRESH_USER", "robin@example.com")
    monkeypatch.setenv("AFRESH_PASSWORD", "a-secret")

    example = read_target(EXAMPLE)

    assert example.app.base_url == "http://localhost:3000"
    assert example.account.user == "robin@example.com"
    assert "a-secret" not in repr(example)


def test_the_example_tells_editors_where_the_schema_is() -> None:
    first, _, _ = EXAMPLE.read_text(encoding="utf-8").partition("\n")
    assert first == f"#:schema {SCHEMA.relative_to(EXAMPLE.parent)}"


def test_the_example_has_every_key() -> None:
    said = {owned(model, key) for model, key, _, _ in said_of(Target, without_extends())}

    assert sorted(all_fields(Target) - said) == []
    assert "extends" in switched_on()


def test_where_a_key_has_a_default_the_example_states_it() -> None:
    stated = {
        f"{model.__name__}.{key}": (value, field.default)
        for model, key, field, value in said_of(Target, without_extends())
        if isinstance(field.default, (bool, int, str))
    }

    assert stated, "no default was found"
    assert {key: both for key, both in stated.items() if both[0] != both[1]} == {}


@pytest.mark.parametrize("file", [EXAMPLE, TARGETS / "reference.toml"], ids=lambda file: file.name)
def test_every_key_has_a_comment(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    bare = [
        line for above, line in pairwise(lines) if KEY.match(line) and not above.startswith("# ") and "  # " not in line
    ]

    assert bare == []


def test_the_schema_is_that_of_the_models() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == written(), "stale: run `python -m fixtures.target.schema`"


def test_the_schema_says_what_every_key_means() -> None:
    tables = schema()["$defs"]
    silent = [
        f"{name}.{key}"
        for name, table in tables.items()
        for key, part in table.get("properties", {}).items()
        if "description" not in part
    ]

    assert silent == []


def test_the_schema_knows_the_short_forms_and_that_a_file_may_extend_another() -> None:
    whole = schema()

    for name in ("Place", "RequestLine"):
        assert {"string", "object"} <= set(whole["$defs"][name]["type"])
    assert "extends" in whole["properties"]
    assert "required" not in whole
    assert whole["else"]["required"] == [name for name, field in Target.model_fields.items() if field.is_required()], (
        "a file that extends no other must be whole"
    )
    assert '"null"' not in written()


def test_an_empty_table_takes_nothing_from_the_file_below(tmp_path: Path) -> None:
    reference = TARGETS / "reference.toml"
    file = tmp_path / "shop.toml"
    file.write_text(f'extends = "{reference}"\n[policy]\n[sign_in]\n', encoding="utf-8")

    assert read_target(file) == read_target(reference)


def test_false_over_true_is_a_value_and_leaves_nothing_out(tmp_path: Path) -> None:
    below, file = tmp_path / "below.toml", tmp_path / "shop.toml"
    reference = (TARGETS / "reference.toml").read_text(encoding="utf-8")
    below.write_text(f"{reference}\nrenews_on_load = true\n", encoding="utf-8")
    file.write_text('extends = "below.toml"\n[policy]\nrenews_on_load = false\n', encoding="utf-8")

    assert read_target(file).policy.renews_on_load is False
