"""The cure of a rule: what apps that break it have usually done, who has reported it, and the lines that put it right.

Each wrong version of the bundled app differs from the sound one by its mistake. So what the sound one has in that place
is the fix: taken from the sources when it is asked for, it cannot go out of date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from fixtures.apps.builds import ROOT
from scenarios.catalogue.client_mistakes import of_module
from scenarios.catalogue.defects import DEFECTS, Defect
from scenarios.catalogue.differences import Replaced, difference
from scenarios.catalogue.server_mistakes import of_package, of_settings

MOST_LINES = 60


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
