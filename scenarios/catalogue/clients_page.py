"""The page of other people's clients: what each of them keeps and breaks, scenario by scenario, and why.

``python -m scenarios.catalogue.clients_page`` writes it to ``scenarios/CLIENTS.md`` from the lists that the tests hold
against the clients; a test holds the two together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from fixtures.apps.builds.clients import FOLDER
from fixtures.apps.clients import CLIENTS
from fixtures.clients.findings import Finding, findings
from fixtures.target import Target, needs_of, read_target
from scenarios.catalogue import Function, Rule, rules, watchers

MOST_CASES = 3
"""So many cases of a rule are named."""

PAGE = Path(__file__).parents[1] / "CLIENTS.md"

HEADER = """# Clients that other people wrote

Written by `python -m scenarios.catalogue.clients_page` from the lists that the tests hold against the clients.

Six small apps, each around an auth client as its documentation shows it, judged by the same rules as any app. A cell
says how many rules of the scenario are kept, of how many apply. What is broken stands below, with the reason: it lies
in the library's own code, in what its documentation has people write, or in the app around it where the documentation
says nothing. That last is what most apps do there, and it is said so that nobody takes it for the library's fault.

The lists are written as those of any app's known failures are. `make e2e TARGET=fixtures/clients/ky/target.toml` judges
one by every rule, and fails where it breaks another one, breaks one in another way, or keeps one that is listed.
"""


def page() -> str:
    """The whole page, as Markdown."""
    return "\n".join([HEADER, _table(), *(_client(name) for name in CLIENTS)])


def _table() -> str:
    scenarios = [scenario for scenario, _ in groupby(rules(), key=lambda rule: rule.scenario)]
    rows = [f"| | {' | '.join(f'[{name}](#{name})' for name in CLIENTS)} |", f"|---|{'---|' * len(CLIENTS)}"]
    rows += [f"| {scenario} | {' | '.join(cell(name, scenario) for name in CLIENTS)} |" for scenario in scenarios]
    for scenario, watching in groupby(watchers(), key=lambda rule: rule.scenario):
        ids = [rule.id for rule in watching]
        rows.append(f"| {scenario} | {' | '.join(watching_cell(name, ids) for name in CLIENTS)} |")
    return "\n".join(rows) + "\n"


def watching_cell(client: str, ids: list[str]) -> str:
    """``4 of 5``: how many of the rules that watch are kept in every situation."""
    broken = {rule for rule in ids for finding in findings(client) if finding.is_about(rule)}
    return f"{len(ids) - len(broken)} of {len(ids)}"


def cell(client: str, scenario: str) -> str:
    """``7 of 9``; a rule with cases is kept where it is kept in all of them."""
    target = read_target(FOLDER / client / "target.toml")
    known = findings(client)
    applying: dict[Function, list[Finding]] = {
        rule.function: [] for rule in rules() if rule.scenario == scenario and _applies(rule, target)
    }
    for rule in rules():
        if rule.function in applying:
            applying[rule.function] += [finding for finding in known if finding.is_about(rule.id)]
    kept = sum(not broken for broken in applying.values())
    return f"{kept} of {len(applying)}" if applying else "–"


def _applies(rule: Rule, target: Target) -> bool:
    return all(needs_of(target)[need] is None for need in rule.needs)


def _client(name: str) -> str:
    first = (FOLDER / name / "target.toml").read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    lines = [f"## {name}", "", first, "", f"[How it is used](../fixtures/clients/{name}/client.ts).", ""]
    return "\n".join([*lines, *(_finding(finding) for finding in findings(name)), ""])


def _finding(finding: Finding) -> str:
    report = f" ([{_short(finding.report)}]({finding.report}))" if finding.report else ""
    always, races = (_listed(rules) for rules in (finding.rules, finding.sometimes))
    listed = f" {always}" if always else ""
    if races:
        listed += f"{'; and' if always else ''}, as the race ends, {races}"
    return f"- **{finding.whose[0].upper()}{finding.whose[1:]}.** {finding.why}{report} Breaks{listed}."


def _listed(ids: Iterable[str]) -> str:
    return ", ".join(f"`{rule}`{f' ({of_all})' if of_all else ''}" for rule, of_all in folded(ids))


def folded(listed: Iterable[str]) -> list[tuple[str, str]]:
    """The cases of a rule together, beside how many there are where a few are not listed.

    ``a/b`` where all of its cases are listed; ``a/b[500, reset]``; ``a/b`` and ``13 of 14 cases``.
    """
    cases: dict[str, list[str]] = {}
    for rule in listed:
        name, _, case = rule.partition("[")
        cases.setdefault(name, []).append(case.removesuffix("]"))
    all_of = Counter(str(rule).partition("[")[0] for rule in rules())
    return [_folded(name, of_it, all_of[name]) for name, of_it in cases.items()]


def _folded(name: str, cases: list[str], of_all: int) -> tuple[str, str]:
    if not any(cases) or len(cases) == of_all:
        return name, ""
    if len(cases) > MOST_CASES:
        return name, f"{len(cases)} of {of_all} cases"
    return f"{name}[{', '.join(cases)}]", ""


def _short(url: str) -> str:
    """``owner/name#12`` for an issue or pull request on GitHub."""
    match = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+)/(?:issues|pull)/(\d+)", url)
    return f"{match[1]}#{match[2]}" if match else url


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
