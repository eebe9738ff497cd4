"""Rules that watch: true of an app in every situation, and judged by what the other rules' runs have left behind.

They bring nothing about and load no page. Each is asked at the end of every other rule, and its verdict is that of the
whole run. Like a rule it is a function in a scenario's file, whose docstring is its sentence.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from fixtures.ends import CouldNotAsk, DoesNotApply, RuleBroken
from fixtures.impact import Impact
from fixtures.observed.evidence import Evidence
from fixtures.spa.spa import Spa
from fixtures.spa.watching import Watched

Judgement = Callable[[Evidence], None]


@dataclass(frozen=True)
class Watching:
    """One sentence that a sound SPA keeps in every situation."""

    scenario: str
    name: str
    sentence: str
    reason: str
    judge: Judgement
    impact: Impact
    hint: str | None = None

    @property
    def id(self) -> str:
        """``in-every-situation/leaves-a-way-on``."""
        return f"{self.scenario}/{self.name}"

    def __str__(self) -> str:
        return self.id

    def watch(self, evidence: Evidence) -> Watched:
        """What it makes of the evidence of one rule."""
        broken, lacking, is_asked = None, "", True
        try:
            self.judge(evidence)
        except RuleBroken as problem:
            broken = problem
        except DoesNotApply as reason:
            is_asked, lacking = False, str(reason)
        except CouldNotAsk:
            is_asked = False
        return Watched(self.id, self.sentence, self.reason, self.impact, self.hint, broken, lacking, is_asked)


_watching: dict[str, Watching] = {}


def watching(*, impact: Impact, hint: str) -> Callable[[Judgement], Judgement]:
    """Catalogue a function as a rule that watches.

    ``impact`` is how bad it is where it is broken, and ``hint`` what is usually wrong then.
    """

    def catalogue(function: Judgement) -> Judgement:
        sentence, _, reason = (inspect.getdoc(function) or "").partition("\n\n")
        made = Watching(
            scenario=function.__module__.rpartition(".")[2].replace("_", "-"),
            name=function.__name__.replace("_", "-"),
            sentence=" ".join(sentence.split()),
            reason=" ".join(reason.split()),
            judge=function,
            impact=impact,
            hint=hint,
        )
        _watching[made.id] = made
        return function

    return catalogue


def catalogued() -> tuple[Watching, ...]:
    """Those whose scenarios have been read, in the order in which they are written there."""
    return tuple(_watching.values())


def watch(spa: Spa, watchers: tuple[Watching, ...], *, is_asked: bool) -> None:
    """Let each of them judge what one rule's run has left. One that did not come to its end proves nothing kept."""
    evidence = spa.evidence
    seen = [each.watch(evidence) for each in watchers]
    spa.watched_besides = [each if is_asked else each.without_proof() for each in seen]
