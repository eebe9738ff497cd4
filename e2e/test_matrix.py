"""Each defect under every rule: long, and so only on request, with ``--matrix FILE``."""

from collections.abc import Callable
from pathlib import Path

import pytest

from e2e.judged_cells import judged
from e2e.test_detection import build
from fixtures.given.app import ServeWith
from fixtures.given.spa import MakeSpa
from fixtures.mistakes.cell import Came
from fixtures.mistakes.known import known_mistakes
from fixtures.mistakes.likely import likely_red
from fixtures.report.matrix import BESIDES, PROPERTY, known
from scenarios.catalogue import Rule
from scenarios.catalogue.defects import Defect, defects_of
from scenarios.catalogue.matrix_page import judging

Record = Callable[[str, object], None]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    pairs = [(defect, judged_by) for defect in defects_of("body") for judged_by in judging(defect)]
    file: Path | None = metafunc.config.getoption("--matrix")
    if file is not None and metafunc.config.getoption("--matrix-missing"):
        matrix = known(file)
        pairs = [(defect, rule) for defect, rule in pairs if not matrix.has(defect.name, rule.id)]
        likely = likely_red(known_mistakes(matrix))
        pairs.sort(key=lambda pair: pair[1].id not in likely.get(pair[0].name, ()))
    metafunc.parametrize(("defect", "judged_by"), pairs, ids=str)


# As in a run on that defect, each rule goes on with the session of the one before.
@pytest.mark.sessions_go_on
def test_cell(
    defect: Defect, judged_by: Rule, make_spa: MakeSpa, serve_with: ServeWith, record_property: Record
) -> None:
    build(defect)
    served = [serve_with(defect.environment, defect.backend)] if defect.environment or defect.backend else []
    spa = make_spa(defect.build, *served)

    cell, *besides = judged(defect.name, spa, judged_by)

    record_property(PROPERTY, vars(cell))
    for each in besides:
        record_property(BESIDES, vars(each))
    red = {each.rule for each in (cell, *besides) if each.came is Came.BROKEN}
    assert judged_by != defect.rule or defect.caught_by.id in red
