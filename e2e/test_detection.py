"""Proof that the rules see: each defect is caught by its rule, in its words; what merely crashes is caught by none."""

import re
from collections.abc import Callable
from contextlib import suppress

import pytest

from e2e.wrong_builds import build
from fixtures.apps import builds
from fixtures.ends import CouldNotAsk, DoesNotApply, RuleBroken
from fixtures.given.app import ServeWith
from fixtures.given.spa import MakeSpa
from fixtures.report.tally import DETECTION
from scenarios import concurrent_401s
from scenarios.catalogue import Rule, one_of_each
from scenarios.catalogue.defects import Defect, defects_of

DEFECTS = defects_of("body")
"""Those of the default configuration. What others have is judged by ``test_detection_in_configurations.py``."""

CRASHING = builds.defect("throws-at-start")
"""Not a defect that a rule could catch: an app that does not start. How it refreshes, nobody can say."""


@pytest.mark.parametrize("defect", DEFECTS, ids=str)
def test_defect_is_caught_in_its_words(
    defect: Defect,
    make_spa: MakeSpa,
    serve_with: ServeWith,
    record_property: Callable[[str, object], None],
) -> None:
    record_property(DETECTION, defect.name)
    build(defect)
    served = [serve_with(defect.environment, defect.backend)] if defect.environment or defect.backend else []
    spa = make_spa(defect.build, *served)
    if defect.rule.full_browser and spa.why_no_full_browser is not None:
        pytest.skip(spa.why_no_full_browser)

    if defect.watching is None:
        with pytest.raises(RuleBroken) as caught:
            defect.rule.apply(spa)
        fact = caught.value.fact
        assert caught.value.impact == defect.lessened_to, caught.value.evidence
    else:
        with suppress(RuleBroken):  # it may break the rule of the situation as well
            defect.rule.apply(spa)
        fact = spa.broken_besides.get(defect.watching.id, "It saw nothing wrong.")

    assert re.search(defect.words, fact), fact


def test_that_no_refresh_is_sent_is_the_apps_doing_where_its_token_was_refused(make_spa: MakeSpa) -> None:
    queued_behind_itself = builds.defect("refresh-queued-behind-itself")
    builds.make([queued_behind_itself])
    spa = make_spa(queued_behind_itself)

    with pytest.raises(RuleBroken, match=r"No refresh was sent, although \d+ requests had been rejected"):
        concurrent_401s.keeps_the_session(spa)


@pytest.mark.parametrize("judged_by", one_of_each(), ids=str)
def test_an_app_that_does_not_start_could_not_be_asked(judged_by: Rule, make_spa: MakeSpa) -> None:
    builds.make([CRASHING])
    spa = make_spa(CRASHING)

    with pytest.raises((CouldNotAsk, DoesNotApply)):
        judged_by.apply(spa)
