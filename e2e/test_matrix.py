"""Each defect under every rule: long, and so only on request, with ``--matrix FILE``."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from e2e.judged_cells import judged
from e2e.wrong_builds import build
from fixtures.apps.running import serve
from fixtures.apps.servers import RunningApp
from fixtures.given.spa import MakeSpa
from fixtures.mistakes.cell import Came
from fixtures.mistakes.known import known_mistakes
from fixtures.mistakes.likely import likely_red
from fixtures.report.matrix import BESIDES, PROPERTY, known
from fixtures.target import TARGETS, Target, read_target
from scenarios.catalogue import Rule
from scenarios.catalogue.defects import DEFECTS, Defect
from scenarios.catalogue.matrix_page import judging

Record = Callable[[str, object], None]
ServeWrong = Callable[[Defect], RunningApp]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    pairs = [(defect, judged_by) for defect in DEFECTS for judged_by in judging(defect)]
    file: Path | None = metafunc.config.getoption("--matrix")
    if file is not None and metafunc.config.getoption("--matrix-missing"):
        matrix = known(file)
        pairs = [(defect, rule) for defect, rule in pairs if not matrix.has(defect.name, rule.id)]
        likely = likely_red(known_mistakes(matrix))
        pairs.sort(key=lambda pair: pair[1].id not in likely.get(pair[0].name, ()))
    cells = [(defect.session_in, defect, rule) for defect, rule in pairs]
    metafunc.parametrize(("session_in", "defect", "judged_by"), cells, indirect=["session_in"], ids=str)


@pytest.fixture(scope="session")
def session_in(request: pytest.FixtureRequest) -> str:
    """The configuration that has the defect."""
    return str(request.param)


@pytest.fixture(scope="session")
def target(session_in: str) -> Target:
    """That configuration, in place of the target of the run."""
    return read_target(TARGETS / ("reference.toml" if session_in == "body" else f"reference-{session_in}.toml"))


@pytest.fixture(scope="session")
def serve_wrong(target: Target) -> Iterator[ServeWrong]:
    """Serves the app with the backend that a defect has, once for each."""
    with ExitStack() as running:

        @cache
        def served(backend: Path | None, settings: tuple[tuple[str, str], ...]) -> RunningApp:
            return running.enter_context(serve(target, backend, dict(settings)))

        yield lambda defect: served(defect.backend, defect.environment)


# As in a run on that defect, each rule goes on with the session of the one before.
@pytest.mark.sessions_go_on
def test_cell(
    defect: Defect, judged_by: Rule, make_spa: MakeSpa, serve_wrong: ServeWrong, record_property: Record
) -> None:
    build(defect)
    served = [serve_wrong(defect)] if defect.environment or defect.backend else []
    spa = make_spa(defect.build, *served)

    cell, *besides = judged(defect.name, spa, judged_by)

    record_property(PROPERTY, vars(cell))
    for each in besides:
        record_property(BESIDES, vars(each))
    red = {each.rule for each in (cell, *besides) if each.came is Came.BROKEN}
    assert judged_by != defect.rule or defect.caught_by.id in red
