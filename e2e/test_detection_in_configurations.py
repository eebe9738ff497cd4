"""Defects that only another configuration of the bundled app can have: each is caught by its rule, in its words."""

import re
from collections.abc import Callable, Iterator

import pytest

from e2e.wrong_builds import build
from fixtures.apps.running import serve
from fixtures.apps.servers import RunningApp
from fixtures.ends import RuleBroken
from fixtures.given.spa import MakeSpa
from fixtures.report.tally import DETECTION
from fixtures.target import TARGETS, Target, read_target
from scenarios.catalogue.defects import Defect, defects_of

DEFECTS = (*defects_of("cookie"), *defects_of("encrypted"))


@pytest.fixture(params=DEFECTS, ids=str)
def defect(request: pytest.FixtureRequest) -> Defect:
    found: Defect = request.param
    return found


@pytest.fixture
def target(defect: Defect) -> Target:
    """The configuration that can have it, in place of the target of the run."""
    return read_target(TARGETS / f"reference-{defect.session_in}.toml")


@pytest.fixture
def app(defect: Defect, target: Target) -> Iterator[RunningApp]:
    """Its server, which may be the wrong one."""
    with serve(target, defect.backend) as served:
        yield served


def test_defect_is_caught_in_its_words(
    defect: Defect, make_spa: MakeSpa, record_property: Callable[[str, object], None]
) -> None:
    record_property(DETECTION, defect.name)
    build(defect)
    spa = make_spa(defect.build)

    with pytest.raises(RuleBroken) as caught:
        defect.rule.apply(spa)

    assert re.search(defect.words, caught.value.fact), caught.value.fact
    assert caught.value.impact == defect.lessened_to, caught.value.evidence
