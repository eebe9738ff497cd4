"""Each defect under every rule: long, and so only on request, with ``--matrix FILE``."""

from collections.abc import Callable

import pytest

from fixtures.apps import builds
from fixtures.ends import CouldNotAsk, DoesNotApply, RuleBroken
from fixtures.given.app import ServeWith
from fixtures.given.spa import MakeSpa
from fixtures.report.matrix import PROPERTY, Cell
from scenarios.catalogue import Rule, rules
from scenarios.catalogue.defects import Defect, defects_of


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    pairs = [(defect, judged_by) for defect in defects_of("body") for judged_by in judging(defect)]
    metafunc.parametrize(("defect", "judged_by"), pairs, ids=str)


def judging(defect: Defect) -> list[Rule]:
    """Each rule once: in the case that has to catch the defect, else in the first of its cases."""
    first = {found.function: found for found in reversed(rules())}
    return list({**first, defect.rule.function: defect.rule}.values())


def test_cell(
    defect: Defect,
    judged_by: Rule,
    make_spa: MakeSpa,
    serve_with: ServeWith,
    record_property: Callable[[str, object], None],
) -> None:
    if defect.build is not None:
        builds.make([defect.build])
    served = [serve_with(defect.environment, defect.backend)] if defect.environment or defect.backend else []
    spa = make_spa(defect.build, *served)
    is_its_own = judged_by == defect.caught_by

    fact = ""
    try:
        judged_by.apply(spa)
    except RuleBroken as broken:
        fact = spa.names.redact(broken.fact)
    except DoesNotApply:
        pass
    except CouldNotAsk as reason:
        fact = f"could not be asked: {spa.names.redact(str(reason))}"

    record_property(PROPERTY, Cell(defect.name, defect.sentence, judged_by.id, is_its_own, fact).as_data())
    if defect.watching is not None and judged_by == defect.rule:
        seen = spa.broken_besides.get(defect.watching.id, "")
        own = Cell(defect.name, defect.sentence, defect.watching.id, is_its_own=True, fact=seen)
        record_property(PROPERTY, own.as_data())
        assert seen
    assert fact or not is_its_own
