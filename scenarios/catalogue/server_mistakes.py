"""What a wrong backend has put in the place of what: it replaces no file, but views, middleware and values by name.

A class stands in for the one that it is derived from, method by method; a setting, or the attribute of a module, for
the one of the same name. A class that is derived from none is too much, and stands in for nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fixtures.apps.builds import ROOT
from scenarios.catalogue.differences import Replaced

BACKEND = ROOT / "fixtures" / "app" / "backend"
SETTINGS = BACKEND / "config" / "settings.py"

CHOSEN_BY_NAME = ("ROOT_URLCONF",)
"""Settings that say where the wrong part is, and are no mistake by themselves."""


@dataclass(frozen=True)
class _Source:
    """A module's text and its tree."""

    file: Path
    text: str
    tree: ast.Module

    @property
    def path(self) -> str:
        return f"backend/{self.file.relative_to(BACKEND).as_posix()}"

    def of(self, node: ast.stmt) -> str:
        """The lines of a statement, without the docstring that it begins with."""
        doc = node.body[0] if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) else None
        numbered = enumerate(self.text.splitlines(), 1)
        kept = [
            line
            for number, line in numbered
            if node.lineno <= number <= (node.end_lineno or node.lineno)
            and not (doc and doc.lineno <= number <= (doc.end_lineno or doc.lineno))
        ]
        return "\n".join(kept)

    def value(self, name: str) -> ast.stmt | None:
        """The assignment that gives a name its value."""
        return next((each for each in self.tree.body if isinstance(each, ast.Assign) and _target(each) == name), None)

    def method(self, of_class: str, name: str) -> ast.stmt | None:
        classes = [each for each in self.tree.body if isinstance(each, ast.ClassDef) and each.name == of_class]
        bodies = [statement for each in classes for statement in each.body]
        return next((each for each in bodies if isinstance(each, ast.FunctionDef) and each.name == name), None)


def of_package(package: Path) -> list[Replaced]:
    """What the package of a wrong backend replaces."""
    return [each for file in sorted(package.glob("*.py")) for each in _of_module(_read(file))]


def of_settings(environment: tuple[tuple[str, str], ...]) -> list[Replaced]:
    """What variables of the environment have put in the place of what stands in the settings."""
    settings = _read(SETTINGS)
    said = [
        (f"{name}={value}", node)
        for name, value in environment
        for node in settings.tree.body
        if f'"{name}"' in settings.of(node)
    ]
    return [_replaced(settings, line, node) for line, node in said]


def _of_module(wrong: _Source) -> Iterator[Replaced]:
    known = _imported(wrong.tree)
    for node in wrong.tree.body:
        match node:
            case ast.ClassDef(bases=[ast.Name(id=base)]) if base in known:
                module, name = known[base]
                sound = _read(_file_of(module))
                for each in node.body:
                    if isinstance(each, ast.FunctionDef):
                        yield _replaced(sound, wrong.of(each), sound.method(name, each.name))
            case ast.ClassDef():
                yield Replaced(f"backend/{wrong.file.parent.name}/{wrong.file.name}", wrong.of(node), "")
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=module), attr=name)]) if module in known:
                sound = _read(_file_of(".".join(known[module])))
                yield _replaced(sound, wrong.of(node).replace(f"{module}.", "", 1), sound.value(name))
            case ast.Assign() if wrong.file.name == SETTINGS.name and _target(node) not in CHOSEN_BY_NAME:
                settings = _read(SETTINGS)
                if (value := settings.value(_target(node))) is not None:
                    yield _replaced(settings, wrong.of(node), value)


def _replaced(sound: _Source, wrong: str, node: ast.stmt | None) -> Replaced:
    if node is None:
        return Replaced(sound.path, wrong, "")
    return Replaced(sound.path, wrong.partition("  # noqa")[0], sound.of(node), node.lineno)


def _read(file: Path) -> _Source:
    text = file.read_text(encoding="utf-8")
    return _Source(file, text, ast.parse(text))


def _target(node: ast.Assign) -> str:
    return node.targets[0].id if isinstance(node.targets[0], ast.Name) else ""


def _imported(tree: ast.Module) -> dict[str, tuple[str, str]]:
    """For each name that comes from the app, the module that it is imported from and its name there."""
    lines = [each for each in tree.body if isinstance(each, ast.ImportFrom) and (each.module or "").startswith("apps.")]
    return {name.asname or name.name: (str(line.module), name.name) for line in lines for name in line.names}


def _file_of(module: str) -> Path:
    return (BACKEND / module.replace(".", "/")).with_suffix(".py")
