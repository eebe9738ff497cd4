"""Defects: wrong versions of the bundled app, each with one mistake that real software has made.

Each is a folder in ``fixtures/defects/``: the wrong modules, and ``defect.toml``, which says what is wrong, which rule
must catch it, and in which words. Here they are read, so that one that says nothing fails before any test is run.

A wrong backend is a package in that folder, of the same name with underscores: its ``settings.py`` takes all from the
shipped settings, and puts something wrong in the place of one of them.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from fixtures.apps import builds
from scenarios.catalogue import Impact, Rule, Watching, rules, watchers

FILE = "defect.toml"


class DefectError(Exception):
    """A folder that is no defect. The text says which and why."""


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as problem:
        raise ValueError(f"no regular expression: {problem}") from None
    return value


Text = Annotated[str, Field(min_length=1)]


class DefectFile(BaseModel):
    """What ``defect.toml`` says. A key that it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    family: Text
    """Of mistakes that are alike."""
    mistake: Text
    """What the app does wrong, in a sentence."""
    caught_by: Text | None = None
    """The id of the rule that must catch it; with its case in brackets where that is not the first."""
    in_situation: Text | None = None
    """The id of the rule in whose situation that is to be, where ``caught_by`` is a rule that watches."""
    words: Annotated[str, AfterValidator(_pattern)] | None = None
    """A regular expression that the first line of the failure must match."""
    impact: Annotated[Impact, Field(strict=False)] | None = None
    """How bad the rule must see it to be, where that is less than the rule's own."""
    caught_by_none: Text | None = None
    """In place of both: why no rule has to catch it, and what it is there for then."""
    includes: tuple[Text, ...] = Field(default=(), strict=False)
    """The names of other mistakes that are in it as well, since it would not show without them."""
    reports: tuple[Text, ...] = Field(default=(), strict=False)
    """Public reports of those who had it: ``owner/name#12``."""
    mode: Literal["production", "development"] = "production"
    """How it is built: in development React runs every effect twice."""
    session_in: Literal["body", "cookie", "encrypted"] = "body"
    """The configuration of the app that has it: modules of the others are no part of that."""
    environment: dict[str, str] = Field(default_factory=dict)
    """Settings of the backend that make the mistake, or that it takes to show."""

    @model_validator(mode="after")
    def _one_of_both(self) -> DefectFile:
        if (self.caught_by_none is None) != (self.caught_by is not None and self.words is not None):
            raise ValueError("caught_by and words, or else caught_by_none")
        return self


@dataclass(frozen=True)
class Defect:
    """One mistake, with the rule that must catch it, as an object."""

    name: str
    family: str
    sentence: str
    rule: Rule
    """By which it is judged."""
    words: str
    reports: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    build: builds.Build | None
    """None where the frontend is sound, and the mistake is the backend's."""
    watching: Watching | None = None
    """The rule that must catch it while it is judged by ``rule``; None where that one must."""
    session_in: builds.SessionIn = "body"
    """The configuration of the app that has it."""
    backend: Path | None = None
    """The package of a wrong backend; None where it is sound, or its settings alone are the mistake."""
    lessened_to: Impact | None = None
    """How bad it has to be seen to be, where that is less than the rule's own impact."""

    @property
    def caught_by(self) -> Rule | Watching:
        """The rule that must catch it."""
        return self.watching or self.rule

    def __str__(self) -> str:
        return self.name


def read_defect(folder: Path) -> Defect | None:
    """What a folder says; None where it says that no rule has to catch it.

    Raises:
        DefectError: it is no defect.
    """
    said = _read_file(folder)
    build = builds.Build(folder.name, folder, said.mode, said.session_in)
    if not builds.HOST_LABEL.fullmatch(folder.name):
        raise DefectError(f"{folder.name}: the name is part of a host name: small letters, digits and single hyphens")
    if not build.modules and not build.backend and not said.environment:
        raise DefectError(f"{folder.name}: no module stands in for one of the app, and no environment is set")
    if said.caught_by is None or said.words is None:
        return None
    watching = {each.id: each for each in watchers()}.get(said.caught_by)
    key, asked = ("in_situation", said.in_situation) if watching else ("caught_by", said.caught_by)
    by_id = _rules_by_id()
    if asked is None:
        raise DefectError(f"{folder.name}: in_situation is missing: {watching} has none of its own")
    if asked not in by_id:
        raise DefectError(f"{folder.name}: {key}: there is no rule {asked}")
    if said.in_situation is not None and watching is None:
        raise DefectError(f"{folder.name}: in_situation: {said.caught_by} brings about a situation of its own")
    return Defect(
        folder.name,
        said.family,
        said.mistake,
        by_id[asked],
        said.words,
        said.reports,
        tuple(said.environment.items()),
        build if build.modules else None,
        watching,
        said.session_in,
        build.backend,
        said.impact,
    )


def _read_file(folder: Path) -> DefectFile:
    try:
        return DefectFile(**tomllib.loads((folder / FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise DefectError(f"{folder.name}: there is no {FILE} in it") from None
    except tomllib.TOMLDecodeError as problem:
        raise DefectError(f"{folder.name}: {FILE}: {problem}") from None
    except ValidationError as problem:
        first = problem.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise DefectError(f"{folder.name}: {FILE}: {key + ': ' if key else ''}{first['msg']}") from None


@cache
def _rules_by_id() -> dict[str, Rule]:
    """Every rule by its id; one with cases also by the id without, which means the first."""
    found: dict[str, Rule] = {}
    for rule in rules():
        found.setdefault(rule.id.partition("[")[0], rule)
        found[rule.id] = rule
    return found


def _read_all() -> tuple[Defect, ...]:
    folders = sorted(folder for folder in builds.DEFECTS.iterdir() if folder.is_dir())
    return tuple(defect for folder in folders if (defect := read_defect(folder)) is not None)


DEFECTS = _read_all()


def defects_of(session_in: builds.SessionIn) -> tuple[Defect, ...]:
    """The defects that one configuration of the app can have."""
    return tuple(defect for defect in DEFECTS if defect.session_in == session_in)
