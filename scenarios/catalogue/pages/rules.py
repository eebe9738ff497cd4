"""A page for each rule: what it says, what a run says of an app that breaks it, what it usually is, and the cure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from fixtures.apps.builds import DEFECTS as DEFECT_FOLDERS
from fixtures.apps.builds import ROOT
from fixtures.apps.clients import CLIENTS
from fixtures.clients.findings import findings
from scenarios.catalogue import Rule, Watching, rules, watchers
from scenarios.catalogue.cures import Mistake, mistakes_of
from scenarios.catalogue.matrix import by_other_defects, red_for
from scenarios.catalogue.pages.linking import Linking, between, page_of_rule, reports

MOST_OTHERS = 3
"""So many mistakes are named that a rule catches beside those that it is there for."""


@dataclass(frozen=True)
class Told:
    """A rule with all its cases, as a page tells of it."""

    first: Rule | Watching
    cases: tuple[str, ...]

    @property
    def id(self) -> str:
        """Without a case."""
        return f"{self.first.scenario}/{self.first.name}"

    @property
    def page(self) -> str:
        return page_of_rule(self.id)


def told() -> tuple[Told, ...]:
    """Every rule once, in the order of the scenarios; those that watch come last."""
    own = [list(cases) for _, cases in groupby(rules(), key=lambda rule: rule.function)]
    return (
        *(Told(cases[0], tuple(str(each.case) for each in cases if each.case is not None)) for cases in own),
        *(Told(rule, ()) for rule in watchers()),
    )


def by_scenario() -> dict[str, list[Told]]:
    """The same, by the names of their scenarios."""
    return {name: list(of_it) for name, of_it in groupby(told(), key=lambda rule: rule.first.scenario)}


def rules_in_the_menu() -> list[dict[str, object]]:
    """The rules as an entry of the site's menu has them: the scenarios, and under each its own page and its rules."""
    return [
        {name: [f"rules/{name}/index.md", *({each.first.name: each.page} for each in of_it)]}
        for name, of_it in by_scenario().items()
    ]


def rule_pages(linking: Linking) -> dict[str, str]:
    """The pages, by their paths."""
    return {rule.page: "\n".join(_page(rule, linking)) for rule in told()}


def _page(rule: Told, linking: Linking) -> Iterator[str]:
    first = rule.first
    yield from (f"# {first.name}", "", f"Scenario [{first.scenario}](index.md), rule `{rule.id}`", "")
    yield from (f"**{first.sentence}**", "")
    if first.reason:
        yield from (first.reason, "")
    if first.hint:
        yield from ('!!! tip "What is usually wrong"', "", f"    {first.hint}", "")
    if rule.cases:
        yield from (f"It is asked in {len(rule.cases)} cases: {', '.join(f'`{case}`' for case in rule.cases)}.", "")
    mistakes = mistakes_of(rule.id)
    if mistakes:
        yield from ("## What apps have done", "")
    for mistake in mistakes:
        yield from _mistake(mistake, linking)
    yield from _others(rule, has_own=bool(mistakes))
    yield from _clients(rule)


def _mistake(mistake: Mistake, linking: Linking) -> Iterator[str]:
    defect = mistake.defect
    yield from (f"### {defect.name}", "", mistake.sentence, "")
    if mistake.reports:
        yield from (f"Reported by those who had it: {reports(mistake.reports)}.", "")
    seen = [each for each in red_for(defect.name) if each.rule == defect.caught_by.id]
    # The words may have changed since it was measured.
    if seen and re.search(defect.words, seen[0].line):
        yield from ("A run says of it:", "", "```text", seen[0].line, "```", "")
    yield from ("From the wrong version of the bundled app to the sound one:", "")
    yield from ("```diff", mistake.fix(), "```", "")
    folder = f"{DEFECT_FOLDERS.relative_to(ROOT).as_posix()}/{defect.name}"
    asked = f'make e2e ARGS="--defect {defect.name} -k {defect.rule.id.partition("[")[0]}"'
    yield from (f"See it fail with `{asked}`. The {linking.file(folder, 'wrong version')} is in `{folder}`.", "")


def _others(rule: Told, *, has_own: bool) -> Iterator[str]:
    """Mistakes that other rules are there for, and that break this one too."""
    own = {each.defect.name for each in mistakes_of(rule.id)}
    known = {mistake.defect.name: mistake for each in told() for mistake in mistakes_of(each.id)}
    seen = [each for each in by_other_defects(rule.id) if each.defect in known and each.defect not in own]
    if not has_own:
        yield "## What apps have done"
        yield from ("", "No wrong version of the bundled app has been made for this rule alone.", "")
    if not seen:
        return
    yield from ("## What else breaks it" if has_own else "These were seen to break it:", "")
    for each in seen[:MOST_OTHERS]:
        mistake = known[each.defect]
        by = mistake.defect.caught_by.id.partition("[")[0]
        page = between(rule.page, page_of_rule(by))
        yield f"- {mistake.sentence} [The cure of {each.defect}]({page}#{each.defect})"
    yield ""


def _clients(rule: Told) -> Iterator[str]:
    """The libraries whose apps break it."""
    lines = [
        f"- [{client}]({between(rule.page, f'clients/{client}.md')}#{rule.first.scenario}): {finding.why}"
        for client in CLIENTS
        for finding in findings(client)
        if any(known.partition("[")[0] == rule.id for known in (*finding.rules, *finding.sometimes))
    ]
    if lines:
        yield from ("## Clients that break it", "", *lines, "")
