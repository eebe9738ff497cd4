"""What a wrong module of the frontend has put in the place of what.

Many take most of what they offer from the sound module of the same path, and make one thing of it anew. Then only that
is held against what the sound module has of the same name: a declaration, or a method of a class. Imports are left out
everywhere, for they follow from the rest. The sources are formatted by Prettier, so that indentation tells what
belongs together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fixtures.apps.builds import FRONTEND
from scenarios.catalogue.differences import Replaced

_DECLARED = re.compile(
    r"(?:export )?(?:default )?(?:declare )?(?:abstract )?(?:async )?"
    r"(?:function|const|let|class|interface|type)\*? (\w+)"
)
_MEMBER = re.compile(r"  (?:(?:public|protected|private|static|override|readonly|async|get|set) )*(#?\w+)")
_ASSIGNED = re.compile(r"\w+\.(\w+) = ")
_FROM_ELSEWHERE = re.compile(r"import\b|export (?:type )?(?:\{|\*)")


@dataclass(frozen=True)
class _Piece:
    """A declaration or a member, with the comment before it."""

    lines: tuple[str, ...]
    first_line: int
    head: str
    """Its first line that is no comment."""

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def of_module(module: Path, file: Path) -> list[Replaced]:
    """What a file has in the place of what stands in a module of the app."""
    path = f"frontend/{module.relative_to(FRONTEND).as_posix()}"
    wrong, sound = file.read_text(encoding="utf-8"), module.read_text(encoding="utf-8")
    own_name = f"'@app/{module.relative_to(FRONTEND / 'src').with_suffix('').as_posix()}'"
    wrong_pieces = [each for each in _pieces(wrong) if not _FROM_ELSEWHERE.match(each.head)]
    if own_name in wrong:
        return list(_paired(path, wrong_pieces, list(_pieces(sound))))
    return [Replaced(path, "\n\n".join(each.text for each in wrong_pieces), _declarations(sound))]


def _paired(path: str, wrong: list[_Piece], sound: list[_Piece]) -> Iterator[Replaced]:
    """Each piece that the sound module has, too; one that it has not goes with the piece after it, or before."""
    known = {name: each for each in sound if (name := _name(each.head))}
    members = {name: each for piece in sound for each in _pieces_of_class(piece) if (name := _member(each.head))}
    pairs: list[tuple[list[str], _Piece | None]] = []
    pending: list[str] = []
    for piece in wrong:
        pieces = _pieces_of_class(piece) if " extends " in piece.head else [piece]
        for each in pieces:
            counterpart = members.get(_member(each.head)) if each is not piece else known.get(_name(each.head))
            if counterpart is None and (assigned := _ASSIGNED.match(each.head)):
                counterpart = members.get(assigned[1])
            pending.append(each.text)
            if counterpart is not None:
                pairs.append((pending, counterpart))
                pending = []
    if pending and pairs:
        pairs[-1][0].extend(pending)
    elif pending:
        pairs.append((pending, None))
    for texts, sounds in pairs:
        text = "\n\n".join(texts)
        yield Replaced(path, text, sounds.text, sounds.first_line) if sounds is not None else Replaced(path, text, "")


def _name(head: str) -> str:
    found = _DECLARED.match(head)
    return found[1] if found else ""


def _member(head: str) -> str:
    found = _MEMBER.match(head)
    return found[1] if found else ""


def _pieces(text: str) -> Iterator[_Piece]:
    yield from _split(text.splitlines(), 1, indent="")


def _pieces_of_class(piece: _Piece) -> list[_Piece]:
    if not re.match(r"(?:export )?(?:abstract )?class ", piece.head):
        return []
    begin = piece.lines.index(piece.head) + 1
    return list(_split(list(piece.lines[begin:-1]), piece.first_line + begin, indent="  "))


def _split(lines: list[str], first_line: int, *, indent: str) -> Iterator[_Piece]:
    begun: list[str] = []
    begin, head = first_line, ""
    for number, line in enumerate(lines, first_line):
        rest = line.removeprefix(indent)
        starts = line.startswith(indent) and bool(rest) and rest[0] not in " })]|*"
        begins_comment = starts and rest.startswith(("/*", "//"))
        if starts and head:
            yield _piece(begun, begin, head)
            begun, begin, head = [], number, ""
        if starts and not begins_comment:
            head = line
        begun.append(line)
    if head:
        yield _piece(begun, begin, head)


def _piece(lines: list[str], begin: int, head: str) -> _Piece:
    """Without the blank lines around it."""
    blank = next(index for index, line in enumerate(lines) if line.strip())
    kept = "\n".join(lines[blank:]).rstrip().split("\n")
    return _Piece(tuple(kept), begin + blank, head)


def _declarations(text: str) -> str:
    """A module without its heading and its imports, whose lines are blank: the numbers of all others stay true."""
    lines = text.splitlines()
    if text.startswith("//") and "" in lines:
        lines[: lines.index("")] = [""] * lines.index("")
    for piece in _pieces(text):
        if piece.head.startswith("import"):
            head = piece.lines.index(piece.head)
            for number in range(piece.first_line + head, piece.first_line + len(piece.lines)):
                lines[number - 1] = ""
    return "\n".join(lines)
