"""The matrix is filled in parts: what a run has seen is put into it, and all else stays."""

import json
from pathlib import Path

import pytest

from e2e.test_survival import run_pytest
from fixtures.mistakes.cell import BESIDE_IT, UNASKED, Came, Cell
from fixtures.mistakes.matrix import Matrix, NoMatrix, read_matrix
from fixtures.report.matrix import BESIDES, PROPERTY, Filling
from scenarios.catalogue.defects import DEFECTS
from scenarios.catalogue.matrix_page import PAGE, current, judging, page

USAGE_ERROR = 4


def report(*made: tuple[str, Cell]) -> pytest.TestReport:
    told = pytest.TestReport("test_cell", ("test_matrix.py", None, "test_cell"), {}, "passed", None, "call")
    told.user_properties += [(name, vars(cell)) for name, cell in made]
    return told


def filled(file: Path, *made: tuple[str, Cell]) -> Matrix:
    filling = Filling(file)
    filling.pytest_runtest_logreport(report(*made))
    filling.take_up()
    return read_matrix(file)


def test_the_page_is_up_to_date() -> None:
    matrix = read_matrix()

    assert sorted(map(vars, current(matrix)), key=str) == sorted(map(vars, matrix), key=str)
    assert PAGE.read_text(encoding="utf-8") == page(matrix), "write it anew: python -m scenarios.catalogue.matrix_page"


@pytest.mark.parametrize(
    ("seen", "came"),
    [
        ("", Came.KEPT),
        ("2 refreshes were sent; expected 1.", Came.BROKEN),
        (f"{UNASKED}the server died", Came.NEITHER),
        (f"{BESIDE_IT}there is no sign-out", Came.NEITHER),
    ],
)
def test_what_was_seen_tells_what_a_cell_came_to(seen: str, came: Came) -> None:
    assert Cell("wrong", "sign-out/works", seen).came is came


def test_a_run_puts_in_what_it_has_seen_and_leaves_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "matrix.json"
    filled(file, (PROPERTY, Cell("one", "a/b", "It stayed.")), (PROPERTY, Cell("two", "a/b", "It went.")))

    matrix = filled(file, (PROPERTY, Cell("one", "a/b", "")), (PROPERTY, Cell("one", "a/c", "It came.")))

    assert {(cell.defect, cell.rule): cell.seen for cell in matrix} == {
        ("one", "a/b"): "",
        ("one", "a/c"): "It came.",
        ("two", "a/b"): "It went.",
    }


def test_each_cell_has_a_line_in_order(tmp_path: Path) -> None:
    file = tmp_path / "matrix.json"
    filled(file, (PROPERTY, Cell("two", "a/c", "“so”")), (PROPERTY, Cell("two", "a/b")), (PROPERTY, Cell("one", "a/b")))

    lines = file.read_text(encoding="utf-8").splitlines()

    assert [line.strip().rstrip(",") for line in lines if ": {" not in line and ":" in line] == [
        '"a/b": ""',
        '"a/b": ""',
        '"a/c": "“so”"',
    ]


def test_what_a_rule_that_watches_has_seen_once_is_not_unseen_elsewhere(tmp_path: Path) -> None:
    file = tmp_path / "matrix.json"
    filled(file, (PROPERTY, Cell("one", "a/b")), (BESIDES, Cell("one", "always/c", "A token is in an address.")))

    matrix = filled(file, (PROPERTY, Cell("one", "a/d")), (BESIDES, Cell("one", "always/c", "Another.")))

    assert matrix.row("one")["always/c"].seen == "A token is in an address."


def test_what_a_run_has_seen_before_it_was_killed_is_taken_up_by_the_next(tmp_path: Path) -> None:
    file = tmp_path / "matrix.json"
    Filling(file).pytest_runtest_logreport(report((PROPERTY, Cell("one", "a/b", "It stayed."))))
    assert not file.exists()

    Filling(file)

    assert read_matrix(file).has("one", "a/b")


def test_what_is_gone_is_dropped() -> None:
    known = DEFECTS[0]
    matrix = Matrix([Cell(known.name, known.rule.id), Cell(known.name, "sign-out/gone"), Cell("gone", known.rule.id)])

    assert [(cell.defect, cell.rule) for cell in current(matrix)] == [(known.name, known.rule.id)]


def test_only_what_is_missing_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "matrix.json"
    cells = [Cell(defect.name, rule.id) for defect in DEFECTS for rule in judging(defect)]
    Matrix(cells[:-2]).write(file)

    ended = run_pytest(
        "-q", "-n", "0", "--collect-only", "e2e/test_matrix.py", "--matrix", str(file), "--matrix-missing"
    )

    asked = [line for line in ended.stdout.splitlines() if "::test_cell[" in line]
    assert len(asked) == 2
    assert all(any(cell.rule in line for line in asked) for cell in cells[-2:])


@pytest.mark.parametrize("text", ["[]", '{"one": "a/b"}', "no json"])
def test_a_file_that_is_no_matrix_is_said(tmp_path: Path, text: str) -> None:
    file = tmp_path / "matrix.json"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(NoMatrix, match="not a matrix: should have, for each defect, each rule and what was seen"):
        read_matrix(file)


def test_a_run_that_cannot_fill_a_file_is_told_so_before_it_begins(tmp_path: Path) -> None:
    file = tmp_path / "matrix.json"
    (tmp_path / "matrix.json.part").write_text(
        json.dumps([PROPERTY, vars(Cell("one", "a/b"))]) + "\n", encoding="utf-8"
    )
    file.write_text("[]", encoding="utf-8")

    ended = run_pytest("-q", "-n", "0", "--collect-only", "e2e/test_matrix.py", "--matrix", str(file))

    assert ended.returncode == USAGE_ERROR
    assert ended.stderr.strip().startswith(f"ERROR: --matrix: {file}: not a matrix")
