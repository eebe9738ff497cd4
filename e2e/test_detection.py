"""Proof that the rules see: each defect is caught by its rule, in its words."""

import re

import pytest

from fixtures import builds
from fixtures.expectations import RuleBroken
from fixtures.given.spa import MakeSpa
from scenarios.defects import DEFECTS, Defect


@pytest.fixture(scope="session", autouse=True)
def defective_builds() -> None:
    """All wrong versions, built in one go."""
    builds.make(defect.build for defect in DEFECTS)


@pytest.mark.parametrize("defect", DEFECTS, ids=str)
def test_defect_is_caught_in_its_words(defect: Defect, make_spa: MakeSpa) -> None:
    spa = make_spa(defect.build)

    with pytest.raises(RuleBroken) as caught:
        defect.rule.apply(spa)

    assert re.search(defect.words, caught.value.fact), caught.value.fact
