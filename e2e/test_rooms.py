"""The house: each room imports only what stands below it, nothing in a circle, and CONTRIBUTING shows it as it is."""

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from fixtures.apps.builds import ROOT

CONTRIBUTING = ROOT / "CONTRIBUTING.md"

ROOMS = (
    "fixtures/impact",
    "fixtures/ends",
    "fixtures/tokens",
    "fixtures/target",
    "fixtures/known",
    "fixtures/page",
    "fixtures/observed",
    "fixtures/edge",
    "fixtures/judging",
    "fixtures/spa",
    "fixtures/clients",
    "fixtures/forms",
    "fixtures/strangers",
    "fixtures/apps",
    "fixtures/doctor",
    "fixtures/discovery",
    "fixtures/given",
    "fixtures/mistakes",
    "fixtures/report",
    "scenarios",
    "fixtures/diagnosis",
    "fixtures/bench",
    "fixtures/fleet",
    "e2e",
)
"""Lowest first. `fixtures/app` and `fixtures/defects` know nothing of the suite."""

NOT_OF_THE_SUITE = (
    "fixtures/app/",
    "fixtures/defects/",
    "fixtures/clients/simplejwt/",
    "fixtures/forms/server/",
    "fixtures/strangers/server/",
)
"""Programs that are run, and not imported: apps and servers."""


@dataclass(frozen=True)
class Import:
    """One line that imports a module of the house."""

    file: str
    line: int
    module: str

    @property
    def importing(self) -> str:
        return room_of(self.file)

    @property
    def imported(self) -> str:
        return room_of(self.module.replace(".", "/"))

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def room_of(path: str) -> str:
    parts = path.removesuffix(".py").split("/")
    return "/".join(parts[:2]) if parts[0] == "fixtures" else parts[0]


@cache
def modules() -> tuple[Path, ...]:
    found = []
    for top in ("fixtures", "scenarios", "e2e"):
        for folder, folders, files in os.walk(ROOT / top):
            folders[:] = [name for name in folders if name != "node_modules"]
            found += [Path(folder, name) for name in files if name.endswith(".py")]
    paths = {file.relative_to(ROOT).as_posix(): file for file in sorted(found)}
    return tuple(
        file for path, file in paths.items() if path != "fixtures/__init__.py" and not path.startswith(NOT_OF_THE_SUITE)
    )


@cache
def imports() -> tuple[Import, ...]:
    return tuple(_imports())


def _imports() -> Iterator[Import]:
    for file in modules():
        path = file.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            package = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
            if isinstance(node, ast.ImportFrom) and package.split(".")[0] in ("fixtures", "scenarios", "e2e"):
                # `from fixtures.apps import builds` imports the module `fixtures.apps.builds`.
                inner = [f"{package}.{name.name}" for name in node.names]
                known = [module for module in inner if (ROOT / module.replace(".", "/")).with_suffix(".py").exists()]
                for module in known or [package]:
                    yield Import(path, node.lineno, module)


def test_every_module_is_in_a_room() -> None:
    rooms = {room_of(file.relative_to(ROOT).as_posix()) for file in modules()}

    assert rooms == set(ROOMS), "a new room needs its place in ROOMS, and its row in CONTRIBUTING.md"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_stands_below_it(room: str) -> None:
    below = ROOMS[: ROOMS.index(room) + 1]
    upwards = [
        f"{each}: {each.importing} stands below {each.imported}, and knows nothing of it"
        for each in imports()
        if each.importing == room and each.imported not in below
    ]

    assert upwards == []


def test_no_module_imports_itself_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for each in imports():
        importing = each.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        # A package re-exports what its own modules hold.
        if not each.module.startswith(f"{importing}."):
            graph.setdefault(importing, set()).add(each.module)

    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        pytest.fail(" → ".join(circle.args[1]))


def rows() -> list[str]:
    """The rows of the table in CONTRIBUTING.md: each room, its modules, and which rooms it imports."""
    found = list(imports())
    counts = [room_of(file.relative_to(ROOT).as_posix()) for file in modules()]
    lines = []
    for room in ROOMS:
        used = {each.imported for each in found if each.importing == room} - {room}
        names = ", ".join(f"`{known.removeprefix('fixtures/')}`" for known in ROOMS if known in used)
        lines.append(f"`{room}` | {counts.count(room)} | {names}")
    return lines


def test_the_table_of_rooms_in_contributing_is_true() -> None:
    shown = re.findall(
        r"^\| (`[a-z0-9/]+`) \| (\d+) \| .*? \| ([^|]*?) *\|$", CONTRIBUTING.read_text("utf-8"), re.MULTILINE
    )

    assert [" | ".join(row).rstrip() for row in shown] == [row.rstrip() for row in rows()]
