"""The cure of a rule: what apps that break it have usually done, who has reported it, and the lines that put it right.

Each wrong version of the bundled app differs from the sound one by its mistake. So what the sound one has in that place
is the fix: taken from the sources when it is asked for, it cannot go out of date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from fixtures.apps.builds import ROOT
from fixtures.mistakes.fit import words_of
from fixtures.mistakes.known import Mistake as KnownMistake
from fixtures.mistakes.known import known_mistakes, name_of
from fixtures.mistakes.matrix import NoMatrix, read_matrix
from scenarios.catalogue.client_mistakes import of_module
from scenarios.catalogue.defects import DEFECTS, Defect
from scenarios.catalogue.differences import Replaced, difference
from scenarios.catalogue.server_mistakes import of_package, of_settings

MOST_LINES = 60
MOST_BROKEN = 25
"""A mistake that breaks more rules than that tells nothing of a single one."""


@dataclass(frozen=True)
class Report:
    """What somebody who had the mistake has written in public."""

    words: str
    """``owner/name#12``, or an address."""

    @property
    def url(self) -> str:
        """Where it is. GitHub sends pull requests on from there."""
        match = re.fullmatch(r"([\w.-]+/[\w.-]+)(?: PR)?#(\d+)", self.words)
        return f"https://github.com/{match[1]}/issues/{match[2]}" if match else self.words


@dataclass(frozen=True)
class Mistake:
    """One that apps have made that break a rule."""

    defect: Defect

    @property
    def sentence(self) -> str:
        """What such an app does wrong."""
        return self.defect.sentence

    @property
    def own(self) -> str:
        """The rule that catches it for certain."""
        return self.defect.caught_by.id

    @property
    def reports(self) -> tuple[Report, ...]:
        return tuple(Report(each) for each in self.defect.reports)

    def fix(self, most_lines: int = MOST_LINES) -> str:
        """A diff from the wrong version of the bundled app to the sound one, at most about so many lines long."""
        return difference(replaced_by(self.defect), most_lines=most_lines)


def mistakes_of(rule: str) -> tuple[Mistake, ...]:
    """Those that a rule catches, by its id; of a rule with cases those of all of them, its own before the others."""
    name, _, case = rule.partition("[")
    known = _by_rule().get(name, ())
    return tuple(sorted(known, key=lambda each: bool(case) and each.defect.caught_by.id != rule))


def mistakes_seen_as(rule: str, fact: str) -> tuple[Mistake, ...]:
    """Those of which a rule is known to have seen just this, whatever the counts and addresses; its own first."""
    telling = [each for each in _in_the_matrix() if len(each.cases) <= MOST_BROKEN]
    found = [each for each in telling if _is_seen_as(each, rule, words_of(fact), fact)]
    own = name_of(rule)
    found.sort(key=lambda each: (each.own != rule, name_of(each.own) != own, len(each.red), each.name))
    by_name = {defect.name: defect for defect in DEFECTS}
    return tuple(Mistake(by_name[each.name]) for each in found if each.name in by_name)


@cache
def _in_the_matrix() -> tuple[KnownMistake, ...]:
    try:
        return known_mistakes(read_matrix())
    except NoMatrix:
        return ()


def _is_seen_as(mistake: KnownMistake, rule: str, words: tuple[str, ...], fact: str) -> bool:
    of_it = [rule] if rule in mistake.red else mistake.cases.get(name_of(rule), [])
    if any(mistake.red[each] and words_of(mistake.red[each]) == words for each in of_it):
        return True
    defect = next((each for each in DEFECTS if each.name == mistake.name), None)
    return defect is not None and name_of(mistake.own) == name_of(rule) and bool(re.search(defect.words, fact))


@cache
def _by_rule() -> dict[str, tuple[Mistake, ...]]:
    found: dict[str, list[Mistake]] = {}
    for defect in DEFECTS:
        found.setdefault(defect.caught_by.id.partition("[")[0], []).append(Mistake(defect))
    return {rule: tuple(mistakes) for rule, mistakes in found.items()}


def replaced_by(defect: Defect) -> list[Replaced]:
    """What a wrong version has in the place of what."""
    modules = defect.build.modules if defect.build else {}
    replaced = [each for module, file in modules.items() for each in of_module(module, file)]
    if defect.backend is not None:
        replaced += of_package(defect.backend)
    return replaced or of_settings(defect.environment)


def sound_source(path: str) -> str:
    """What stands in a file of the bundled app; empty where it has none of that name."""
    file = ROOT / "fixtures" / "app" / path
    return file.read_text(encoding="utf-8") if file.is_file() else ""
