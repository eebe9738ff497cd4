"""The index of all rules, and a page for each scenario with the situation and its rules."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module

from scenarios.catalogue.pages.linking import Linking
from scenarios.catalogue.pages.rules import Told, by_scenario, told

INDEX = "rules/index.md"


def scenario_pages(linking: Linking) -> dict[str, str]:
    """The pages, by their paths."""
    pages = {f"rules/{name}/index.md": "\n".join(_page(name, of_it, linking)) for name, of_it in by_scenario().items()}
    return {INDEX: "\n".join(_index(linking)), **pages}


def _index(linking: Linking) -> Iterator[str]:
    yield from ("# All rules", "", f"{len(told())} rules in {len(by_scenario())} situations. ", "")
    yield "A rule with cases is asked in each of them. Each rule has a page with what breaks it, and the cure."
    for name, of_it in by_scenario().items():
        yield from ("", f"## [{name}]({name}/index.md)", "", _situation(name)[0], "")
        yield from _listed(of_it, linking, at=INDEX)


def _page(name: str, of_it: list[Told], linking: Linking) -> Iterator[str]:
    title, rest = _situation(name)
    yield from (f"# {name}", "", title, "", rest, "", "## Its rules", "")
    yield from _listed(of_it, linking, at=f"rules/{name}/index.md")
    file = f"scenarios/{name.replace('-', '_')}.py"
    yield from ("", f"They are written in {linking.file(file, f'`{file}`')}.", "")


def _listed(of_it: list[Told], linking: Linking, *, at: str) -> Iterator[str]:
    yield from ("| rule | what it says |", "|---|---|")
    for each in of_it:
        cases = f" *({len(each.cases)} cases)*" if each.cases else ""
        yield f"| {linking.rule(each.id, at=at, words=each.first.name)} | {each.first.sentence}{cases} |"


def _situation(name: str) -> tuple[str, str]:
    """The first sentence of a scenario's docstring, and the rest."""
    text = inspect.getdoc(import_module(f"scenarios.{name.replace('-', '_')}")) or ""
    title, _, rest = text.partition("\n\n")
    return " ".join(title.split()), rest
