"""The catalogue of rules. A rule is a function in a scenario's file; its docstring is the rule, its path is its id."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import scenarios
from fixtures.ends import DoesNotApply, RuleBroken
from fixtures.impact import Impact
from fixtures.spa import Spa
from fixtures.target import line_for, needs_of
from scenarios.catalogue.watching import Watching, catalogued, watch

Function = Callable[..., None]


class CatalogueError(Exception):
    """A rule that cannot be catalogued: no docstring, an id that another has, or no impact on anybody."""


@dataclass(frozen=True)
class Rule:
    """One sentence that a sound SPA keeps in one situation, or one case of it."""

    scenario: str
    name: str
    sentence: str
    reason: str
    function: Function
    impact: Impact
    needs: frozenset[str]
    hint: str | None = None
    case: Any = None
    full_browser: bool = False
    """Whether it is asked in a full browser: with a back/forward cache, and tabs that hear late of each other."""
    alone: bool = False
    """Whether no other rule may use the account meanwhile: it would be told as the end of a session of this one."""

    @property
    def id(self) -> str:
        """``near-expiry-refresh/shares-one-refresh``, and the case in brackets where the rule has cases."""
        return f"{self.scenario}/{self.name}" + ("" if self.case is None else f"[{self.case}]")

    def __str__(self) -> str:
        return self.id

    def apply(self, spa: Spa) -> None:
        """Judge an app by this rule.

        Raises:
            RuleBroken: the app breaks it.
            CouldNotAsk: the situation could not be brought about.
            DoesNotApply: the target lacks what the rule is about.
        """
        lacking = {need: reason for need in sorted(self.needs) if (reason := needs_of(spa.target)[need])}
        if lacking:
            lines = {line_for(need) for need in lacking}
            # The app's own reasons first: no line helps against those.
            reasons = sorted(lacking, key=lambda need: line_for(need) is not None)
            raise DoesNotApply(lacking[reasons[0]], line=lines.pop() if len(lines) == 1 else None)
        if self.full_browser and spa.why_no_full_browser is not None:
            raise DoesNotApply(spa.why_no_full_browser)
        try:
            self._judge_and_watch(spa)
        except DoesNotApply:  # as it turns out in the middle: the app has been found wanting in nothing
            spa.note_unharmed()
            raise
        spa.note_unharmed()

    def _judge_and_watch(self, spa: Spa) -> None:
        is_asked = False
        try:
            with spa.lifeline.held():
                self._judge(spa)
            is_asked = True
        except RuleBroken:
            is_asked = True
            raise
        finally:
            watch(spa, watchers(), is_asked=is_asked)

    def _judge(self, spa: Spa) -> None:
        try:
            self.function(spa) if self.case is None else self.function(spa, self.case)
        except RuleBroken:
            spa.note_end()
            raise
        spa.note_end()


_rules: dict[str, Rule] = {}
_by_function: dict[Function, list[Rule]] = {}


def rule(
    *,
    impact: Impact,
    needs: Collection[str] = (),
    cases: Iterable[object] | None = None,
    hint: str | None = None,
    full_browser: bool = False,
    alone: bool = False,
) -> Callable[[Function], Function]:
    """Catalogue a function as a rule.

    ``impact`` is how bad it is for those who use the app, or run it, where it is broken at its worst. ``needs`` names
    what a target must have for the rule to apply (``needs_of``). Each of ``cases`` is a rule of its own, given to the
    function as second argument and named by its ``str``. ``hint`` is what is usually wrong where it is broken.
    ``full_browser`` has it asked in one with a back/forward cache, in which tabs hear late of each other's storage.
    ``alone`` lets no other rule use the account meanwhile.
    """

    def catalogue(function: Function) -> Function:
        text = inspect.getdoc(function)
        where = f"{function.__module__}.{function.__name__}"
        if not text:
            raise CatalogueError(f"{where} has no docstring: the docstring is the rule")
        if impact is Impact.ADVICE:
            raise CatalogueError(f"{where} is advice: a rule that nobody suffers from is none")
        sentence, _, reason = text.partition("\n\n")
        for case in [None] if cases is None else list(cases):
            made = Rule(
                scenario=function.__module__.rpartition(".")[2].replace("_", "-"),
                name=function.__name__.replace("_", "-"),
                sentence=" ".join(sentence.split()),
                reason=" ".join(reason.split()),
                function=function,
                impact=impact,
                needs=frozenset(needs),
                hint=hint,
                case=case,
                full_browser=full_browser,
                alone=alone,
            )
            if made.id in _rules:
                raise CatalogueError(f"{where}: there is a rule {made.id} already")
            _rules[made.id] = made
            _by_function.setdefault(function, []).append(made)
        return function

    return catalogue


@cache
def _read_scenarios() -> None:
    for module in sorted(info.name for info in pkgutil.iter_modules(scenarios.__path__) if not info.ispkg):
        import_module(f"scenarios.{module}")


def watchers() -> tuple[Watching, ...]:
    """The rules that are asked in every situation, as they are written there."""
    _read_scenarios()
    return catalogued()


def rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the scenarios' file names and, within one, as it is written there."""
    _read_scenarios()
    return tuple(sorted(_rules.values(), key=lambda found: found.scenario))


def one_of_each() -> tuple[Rule, ...]:
    """Every rule once, in the first of its cases."""
    return tuple({found.function: found for found in reversed(rules())}.values())


def rules_of(function: Function) -> tuple[Rule, ...]:
    """The rules that a function makes: one, or one for each of its cases."""
    return tuple(_by_function[function])
