"""The difference between a wrong text and the sound one, as somebody reads it who wants to put the wrong one right.

What explains the mistake is left out, since it is no part of any app; what explains the sound lines stays. The numbers
of lines are those of the sound file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

CONTEXT_LINES = 2


@dataclass(frozen=True)
class Replaced:
    """A file of the app, or a part of one, and what stands in its place in a wrong version."""

    path: str
    """In the app: ``frontend/src/services/auth/renewal.ts``."""
    wrong: str
    sound: str
    first_line: int = 1
    """Of the sound part, in its file."""


def difference(replaced: Sequence[Replaced], *, most_lines: int) -> str:
    """A diff from the wrong texts to the sound ones, lines marked by ``-`` and ``+``, at most about so many.

    Comments go where they make it too long; what is too long all the same is cut off, and says so. Empty where nothing
    but comments differs.
    """
    lines = list(_lines(replaced, with_comments=True))
    if len(lines) > most_lines:
        lines = list(_lines(replaced, with_comments=False))
    if len(lines) > most_lines + 1:
        lines = [*lines[:most_lines], f"@@ and {len(lines) - most_lines} more lines @@"]
    return "\n".join(lines)


def _lines(replaced: Sequence[Replaced], *, with_comments: bool) -> Iterator[str]:
    path = ""
    for each in replaced:
        in_sound, in_wrong = _numbered(each.sound, each.first_line), _numbered(each.wrong, 1)
        known = {chunk.text for chunk in in_sound if with_comments}
        sound = _without_gaps([chunk for chunk in in_sound if with_comments or not chunk.is_comment])
        wrong = _without_gaps([chunk for chunk in in_wrong if not chunk.is_comment or chunk.text in known])
        hunks = list(_hunks([line for _, line in wrong], sound))
        if hunks and each.path != path:
            path = each.path
            yield from (f"--- {path}, wrong", f"+++ {path}, sound")
        for hunk in hunks:
            yield from hunk


def _without_gaps(chunks: list[_Chunk]) -> list[tuple[int, str]]:
    """The lines of all of them, without the blank ones at the start and those that follow another."""
    lines: list[tuple[int, str]] = []
    for number, line in (line for chunk in chunks for line in chunk.lines):
        if line.strip() or (lines and lines[-1][1].strip()):
            lines.append((number, line))
    return lines


def _hunks(wrong: list[str], sound: list[tuple[int, str]]) -> Iterator[list[str]]:
    shown = [line for _, line in sound]
    matcher = SequenceMatcher(None, wrong, shown, autojunk=False)
    for group in matcher.get_grouped_opcodes(CONTEXT_LINES):
        begin = group[0][3]
        hunk = [f"@@ line {sound[begin][0] if begin < len(sound) else 1} @@"]
        is_more_than_blank = False
        for tag, wrong_from, wrong_to, sound_from, sound_to in group:
            if tag == "equal":
                hunk += [f" {line}".rstrip() for line in shown[sound_from:sound_to]]
                continue
            taken, given = wrong[wrong_from:wrong_to], shown[sound_from:sound_to]
            hunk += [f"-{line}" for line in taken]
            hunk += [f"+{line}" for line in given]
            code = [text for kind, text in _kinds(taken) + _kinds(given) if not kind]
            is_more_than_blank = is_more_than_blank or any(text.strip() for text in code)
        if is_more_than_blank:
            yield hunk


@dataclass(frozen=True)
class _Chunk:
    """A line of code, or a whole comment."""

    lines: tuple[tuple[int, str], ...]
    """With their numbers."""
    is_comment: bool

    @property
    def text(self) -> str:
        return "\n".join(line.strip() for _, line in self.lines)


def _numbered(text: str, first_line: int) -> list[_Chunk]:
    chunks: list[_Chunk] = []
    begun: list[tuple[int, str]] = []
    numbered = list(enumerate(text.splitlines(), first_line))
    for (number, line), (is_comment, _) in zip(numbered, _kinds([line for _, line in numbered]), strict=True):
        if is_comment:
            begun.append((number, line))
            if not _goes_on(begun):
                chunks.append(_Chunk(tuple(begun), is_comment=True))
                begun = []
        else:
            chunks.append(_Chunk(((number, line),), is_comment=False))
    return chunks + ([_Chunk(tuple(begun), is_comment=True)] if begun else [])


def _goes_on(begun: list[tuple[int, str]]) -> bool:
    return begun[0][1].lstrip().startswith("/*") and "*/" not in begun[-1][1]


def _kinds(lines: Sequence[str]) -> list[tuple[bool, str]]:
    """Each line, and whether it is nothing but comment, in TypeScript or in Python."""
    kinds: list[tuple[bool, str]] = []
    is_inside = False
    for line in lines:
        begins = line.lstrip().startswith
        is_comment = is_inside or begins(("/*", "//", "# ", "* ")) or line.strip() in ("*/", "*")
        is_inside = (is_inside or begins("/*")) and "*/" not in line
        kinds.append((is_comment, line))
    return kinds
