"""Lazy apps: wrong versions that do nothing where something has to be done, and the rules that they keep all the same.

An app that does nothing breaks no rule that only forbids. Each folder has ``kept.toml``, a list of the rules that stay
kept, with the reason why that is fair: nothing that the rule's sentence says is violated. Any other rule must not be
kept by it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from fixtures.apps import builds

NAMES = ("ignores-every-401", "hangs-in-loading", "drops-what-it-could-not-send")

FILE = "kept.toml"


@dataclass(frozen=True)
class Fair:
    """Rules that a lazy app keeps for one reason. They stand there without their cases: ``sign-out/works-offline``."""

    rules: tuple[str, ...]
    why: str


def kept_by(name: str) -> tuple[Fair, ...]:
    """What a lazy app keeps, group by group."""
    said = tomllib.loads((builds.DEFECTS / name / FILE).read_text(encoding="utf-8"))
    return tuple(Fair(tuple(each["rules"]), " ".join(each["why"].split())) for each in said["kept"])
