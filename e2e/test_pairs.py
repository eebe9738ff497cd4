"""Two mistakes in one app, under the rules that either breaks and some others: on request, with ``--pairs FILE``."""

from collections.abc import Callable
from pathlib import Path

import pytest

from e2e.judged_cells import judged
from fixtures.diagnosis.plan import Pair, read_plan
from fixtures.given.spa import MakeSpa
from fixtures.report.matrix import BESIDES, PROPERTY, known
from scenarios.catalogue import Rule, rules


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    by_id = {rule.id: rule for rule in rules()}
    plan: Path | None = metafunc.config.getoption("--pairs")
    file: Path | None = metafunc.config.getoption("--matrix")
    seen = known(file) if file is not None else None
    asked = [
        (pair, by_id[rule])
        for pair in (read_plan(plan) if plan else ())
        for rule in pair.rules
        if seen is None or not seen.has(pair.name, rule)
    ]
    metafunc.parametrize(("pair", "judged_by"), asked, ids=str)


@pytest.mark.sessions_go_on
def test_pair(pair: Pair, judged_by: Rule, make_spa: MakeSpa, record_property: Callable[[str, object], None]) -> None:
    cell, *besides = judged(pair.name, make_spa(pair.build), judged_by)

    record_property(PROPERTY, vars(cell))
    for each in besides:
        record_property(BESIDES, vars(each))
