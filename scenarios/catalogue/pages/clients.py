"""The clients that other people wrote: a table to be looked at, and behind each cell what is broken there, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fixtures.apps.builds.clients import FOLDER
from fixtures.apps.clients import CLIENTS
from fixtures.clients.findings import Finding, findings
from scenarios.catalogue.clients_page import cell, folded, watching_cell
from scenarios.catalogue.cures import Report
from scenarios.catalogue.pages.linking import Linking, reports
from scenarios.catalogue.pages.rules import by_scenario

INDEX = "clients/index.md"

INTRODUCTION = """---
hide: [toc]
---
# Clients that other people wrote

Six small apps, each around an auth client as its documentation shows it, judged by the same rules as any app. A cell
says how many rules of the scenario are kept, of how many apply, and leads to those that are broken, with the reason. It
lies in the library's own code, in what its documentation has people write, or in the app around it where the
documentation says nothing. That last is what most apps do there: it is not the library's fault.
"""


@dataclass(frozen=True)
class _Here:
    """What is broken in one scenario for one reason."""

    finding: Finding
    always: tuple[str, ...]
    sometimes: tuple[str, ...]


def client_pages(linking: Linking) -> dict[str, str]:
    """The pages, by their paths."""
    pages = {f"clients/{name}.md": "\n".join(_client(name, linking)) for name in CLIENTS}
    return {INDEX: "\n".join(_table()), **pages}


def _table() -> Iterator[str]:
    yield INTRODUCTION
    yield f"| | {' | '.join(f'[{name}]({name}.md)' for name in CLIENTS)} |"
    yield f"|---|{':-:|' * len(CLIENTS)}"
    for scenario, of_it in by_scenario().items():
        watching = [each.id for each in of_it if not hasattr(each.first, "needs")]
        counts = [(name, watching_cell(name, watching) if watching else cell(name, scenario)) for name in CLIENTS]
        cells = " | ".join(_cell(name, scenario, count) for name, count in counts)
        yield f"| [{scenario}](../rules/{scenario}/index.md) | {cells} |"


def _cell(client: str, scenario: str, count: str) -> str:
    kept, _, applying = count.partition(" of ")
    if not applying:
        return count
    how = "all-kept" if kept == applying else "none-kept" if kept == "0" else "some-kept"
    words = f"[{count}]({client}.md#{scenario})" if _broken_in(client, scenario) else f"[{count}]({client}.md)"
    return f"{words}{{ .{how} }}"


def _client(name: str, linking: Linking) -> Iterator[str]:
    first = (FOLDER / name / "target.toml").read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    used = linking.file(f"fixtures/clients/{name}/client.ts", "How it is used")
    yield from (f"# {name}", "", first, "", f"{used}: `fixtures/clients/{name}/client.ts`.", "")
    for scenario in by_scenario():
        broken = _broken_in(name, scenario)
        if broken:
            yield from (f"## {scenario}", "")
        for here in broken:
            yield from _finding(here, linking, at=f"clients/{name}.md")


def _finding(here: _Here, linking: Linking, *, at: str) -> Iterator[str]:
    finding = here.finding
    report = f" ({reports((Report(finding.report),))})" if finding.report else ""
    yield from (f"**{finding.whose[0].upper()}{finding.whose[1:]}.** {finding.why}{report}", "")
    for ids, when in ((here.always, ""), (here.sometimes, ", as the race ends")):
        for rule, of_all in folded(ids):
            yield f"- {linking.rule(rule, at=at)}{f', {of_all}' if of_all else ''}{when}"
    yield ""


def _broken_in(client: str, scenario: str) -> list[_Here]:
    def of_it(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(rule for rule in ids if rule.startswith(f"{scenario}/"))

    found = [_Here(each, of_it(each.rules), of_it(each.sometimes)) for each in findings(client)]
    return [here for here in found if here.always or here.sometimes]
