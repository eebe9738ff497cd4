"""The catalogue: what it takes to be a rule, and that the documented scenarios are all there."""

import pytest

from fixtures.spa import Spa
from scenarios.catalogue import CatalogueError, rule, rules
from scenarios.defects import DEFECTS, Defect, DefectError
from scenarios.near_expiry_refresh import renews_once
from scenarios.page import PAGE, page

DOCUMENTED = {"near-expiry-refresh", "corrupted-storage", "expired-on-load", "network-failure"}


def test_the_four_documented_scenarios_have_rules() -> None:
    assert {found.scenario for found in rules()} >= DOCUMENTED


def test_every_rule_is_one_sentence() -> None:
    for found in rules():
        assert found.sentence.endswith("."), found.id
        assert ". " not in found.sentence, found.id


def test_every_need_is_one_that_a_target_can_meet(target: object) -> None:
    known = set(target.has)  # type: ignore[attr-defined]  # the fixture's Target
    for found in rules():
        assert found.needs <= known, found.id


def test_a_function_without_a_docstring_is_no_rule() -> None:
    def silent(spa: Spa) -> None: ...

    with pytest.raises(CatalogueError, match=r"silent has no docstring: the docstring is the rule"):
        rule()(silent)


def test_two_rules_cannot_have_one_id() -> None:
    with pytest.raises(CatalogueError, match=r"there is a rule near-expiry-refresh/renews-once already"):
        rule()(renews_once)


def test_each_documented_scenario_has_a_defect_that_it_catches() -> None:
    assert {defect.rule.scenario for defect in DEFECTS} >= DOCUMENTED


def test_a_defect_has_modules_and_a_case_that_its_rule_has() -> None:
    with pytest.raises(DefectError, match="there is nothing in fixtures/defects/no-such-defect"):
        Defect("no-such-defect", "It does nothing.", renews_once, "nothing", ())
    with pytest.raises(DefectError, match="renews_once has no case refused"):
        Defect("no-single-flight", "It refreshes often.", renews_once, "often", (), case="refused")


def test_the_page_of_all_rules_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m scenarios.page"
