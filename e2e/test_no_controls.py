"""A target without a control that asks for anything: a page load serves, wherever the sentence of a rule allows it."""

import inspect
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from fixtures.apps import builds
from fixtures.apps.running import serve
from fixtures.apps.servers import RunningApp
from fixtures.ends import DoesNotApply, RuleBroken
from fixtures.given.spa import MakeSpa
from fixtures.spa import Spa
from fixtures.target import TARGETS, Target, needs_of, read_target
from scenarios.catalogue import Rule, rules
from scenarios.catalogue.defects import DEFECTS, Defect

FIRST_CASES = [next(cases) for _, cases in groupby(rules(), key=lambda rule: rule.function)]
USING_A_CONTROL = [rule for rule in FIRST_CASES if "call_api" in inspect.getsource(rule.function)]
CAUGHT = ("zombie-session", "5xx-logs-out", "seconds-vs-milliseconds", "expired-bearer-on-auth-endpoints")
"""One of each kind: a session that does not end, one that ends too soon, too many refreshes, a token sent too far."""


@pytest.fixture(scope="session", params=["reference", "reference-cookie"])
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Target:
    """The bundled app as somebody describes it who has found no control."""
    file: Path = tmp_path_factory.mktemp("bare") / "bare.toml"
    file.write_text(
        f'extends = "{TARGETS / request.param}.toml"\nname = "bare"\n[pages]\ncalls = false\nbusy = false\n',
        encoding="utf-8",
    )
    return read_target(file)


@pytest.fixture(scope="session")
def app(target: Target) -> Iterator[RunningApp]:
    with serve(target) as served:
        yield served


def test_most_rules_can_be_asked_all_the_same(target: Target) -> None:
    has = {need for need, why in needs_of(target).items() if why is None}
    asked = sum(rule.needs <= has for rule in rules())

    assert asked >= (80 if target.refreshes_per_load else 105)


@pytest.mark.parametrize("rule", USING_A_CONTROL, ids=str)
def test_sound(rule: Rule, spa: Spa) -> None:
    try:
        rule.apply(spa)
    except DoesNotApply as reason:
        pytest.skip(f"does not apply: {reason}")


@pytest.mark.parametrize("target", ["reference"], indirect=True)
@pytest.mark.parametrize("defect", [each for each in DEFECTS if each.name in CAUGHT], ids=str)
def test_a_defect_is_caught_all_the_same(defect: Defect, make_spa: MakeSpa) -> None:
    assert defect.build is not None
    builds.make([defect.build])

    with pytest.raises(RuleBroken) as caught:
        defect.rule.apply(make_spa(defect.build))

    assert re.search(defect.words, caught.value.fact), caught.value.fact
