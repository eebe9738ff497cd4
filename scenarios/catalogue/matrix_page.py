"""The page of the matrix: for each defect, every rule that turns red, and in which words.

``python -m scenarios.catalogue.matrix_page`` writes it to ``scenarios/MATRIX.md`` from ``scenarios/matrix.json``, and
takes out of that what is gone: cells of rules and defects that there are no longer. A test holds the two together.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from fixtures.mistakes.cell import Came, Cell
from fixtures.mistakes.matrix import FILE, Matrix, NoMatrix, read_matrix
from scenarios.catalogue import Rule, rules, watchers
from scenarios.catalogue.defects import DEFECTS, Defect

PAGE = Path(__file__).parents[1] / "MATRIX.md"

HEADER = """# The matrix

Which rules turn red for which defect: each wrong version of the bundled app, judged by every rule, in the first of its
cases. Written by `python -m scenarios.catalogue.matrix_page` from [matrix.json](matrix.json).

Bold is the rule that has to catch the defect. The others say what else a user of such an app would notice, in their own
words, so that the rules that are red tell which mistake it is: at the end of a run on any app, and in full by
`python -m fixtures.diagnosis`.
"""


def judging(defect: Defect) -> list[Rule]:
    """Each rule once: in the case that has to catch the defect, else in the first of its cases."""
    first = {found.function: found for found in reversed(rules())}
    return list({**first, defect.rule.function: defect.rule}.values())


def current(matrix: Matrix) -> Matrix:
    """Without the cells of rules and defects that are gone."""
    ids = [*(rule.id for rule in rules()), *(rule.id for rule in watchers())]
    return matrix.limited_to([defect.name for defect in DEFECTS], ids)


def page(matrix: Matrix) -> str:
    """The whole page, as Markdown."""
    reds = {name: _reds(matrix, name) for name in (defect.name for defect in DEFECTS)}
    most = max(reds, key=lambda name: reds[name])
    asked = [(defect.name, rule.id) for defect in DEFECTS for rule in judging(defect)]
    unknown = [pair for pair in asked if not matrix.has(*pair)]
    counts = f"median {median(reds.values()):g}, most {reds[most]} ({most})"
    blocks = [
        HEADER,
        f"{len(DEFECTS)} defects; rules red per defect: {counts}.\n",
        _made(len(asked), len(unknown), len({name for name, _ in unknown})),
    ]
    blocks += [f"## {defect.name}\n\n{defect.sentence}\n\n{_list(defect, matrix)}\n" for defect in DEFECTS]
    return "\n".join(blocks)


def _reds(matrix: Matrix, defect: str) -> int:
    return sum(cell.came is Came.BROKEN for cell in matrix.row(defect).values())


def _made(cells: int, unknown: int, defects: int) -> str:
    if not unknown:
        return f"All of its {cells} cells have been made.\n"
    return (
        f"{unknown} of {cells} cells are unknown: they were never made. They belong to {defects} defects, and what is "
        "red there is not on this page.\n"
    )


def _list(defect: Defect, matrix: Matrix) -> str:
    row = matrix.row(defect.name)
    own = defect.caught_by.id
    lines = [_line(cell, own) for cell in _red_or_unasked(row.values(), own)]
    unknown = sum(rule.id not in row for rule in judging(defect))
    if own not in row:
        lines.insert(0, f"- **{own}**: as `defect.toml` has it.")
    return "\n".join([*lines, *([f"\n{unknown} cells unknown."] if unknown else [])])


def _red_or_unasked(cells: Iterable[Cell], own: str) -> list[Cell]:
    shown = [cell for cell in cells if cell.came is Came.BROKEN or cell.seen.startswith("could not")]
    return sorted(shown, key=lambda cell: (cell.rule != own, cell.rule))


def _line(cell: Cell, own: str) -> str:
    return f"- {f'**{cell.rule}**' if cell.rule == own else cell.rule}: {cell.seen}"


def main() -> int:
    try:
        matrix = current(read_matrix())
    except NoMatrix as problem:
        print(f"ERROR: {problem}", file=sys.stderr)
        return 1
    matrix.write(FILE)
    PAGE.write_text(page(matrix), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
