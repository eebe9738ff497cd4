"""What has been seen of each defect: the rules that it turned red, with the first line of each failure.

``e2e/test_matrix.py`` measures it, in hours, and writes ``scenarios/MATRIX.md``. Here that is read. What it says of a
rule that there is no more is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parents[1] / "MATRIX.md"


@dataclass(frozen=True)
class SeenRed:
    """One rule that was red for one defect."""

    defect: str
    rule: str
    """Its id, with its case."""
    line: str
    """The first line of the failure."""


@cache
def seen_red() -> tuple[SeenRed, ...]:
    """All that has been seen, in the order of the defects."""
    found: list[SeenRed] = []
    defect = ""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            defect = line.removeprefix("## ")
        elif defect and (entry := re.fullmatch(r"- (\*\*)?([a-z0-9/-]+(?:\[.*?\])?)\1?: (.*)", line)):
            found.append(SeenRed(defect, entry[2], entry[3]))
    return tuple(found)


def red_for(defect: str) -> tuple[SeenRed, ...]:
    """What one defect turned red."""
    return tuple(each for each in seen_red() if each.defect == defect)


def by_other_defects(rule: str) -> tuple[SeenRed, ...]:
    """What turned a rule red, or one of its cases: first the defects that turn little else red, each once."""
    found: dict[str, SeenRed] = {}
    for each in seen_red():
        if each.rule.partition("[")[0] == rule:
            found.setdefault(each.defect, each)
    return tuple(sorted(found.values(), key=lambda each: (len(red_for(each.defect)), each.defect)))
