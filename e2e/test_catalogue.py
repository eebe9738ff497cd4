"""The catalogue: what it takes to be a rule, and that the documented scenarios are all there."""

import re
from pathlib import Path

import pytest

from fixtures.spa import Spa
from fixtures.target import Target, needs_of
from scenarios.catalogue import CatalogueError, Impact, rule, rules
from scenarios.catalogue.defects import DEFECTS, DefectError, read_defect
from scenarios.catalogue.rules_page import PAGE, page
from scenarios.near_expiry_refresh import shares_one_refresh

DOCUMENTED = {"near-expiry-refresh", "corrupted-storage", "expired-on-load", "network-failure"}


def test_the_four_documented_scenarios_have_rules() -> None:
    assert {found.scenario for found in rules()} >= DOCUMENTED


def test_every_rule_is_one_sentence() -> None:
    for found in rules():
        assert found.sentence.endswith("."), found.id
        assert ". " not in found.sentence, found.id


def test_every_need_is_one_that_a_target_can_meet(target: Target) -> None:
    known = set(needs_of(target))
    for found in rules():
        assert found.needs <= known, found.id


def test_a_function_without_a_docstring_is_no_rule() -> None:
    def silent(spa: Spa) -> None: ...

    with pytest.raises(CatalogueError, match=r"silent has no docstring: the docstring is the rule"):
        rule(impact=Impact.MINOR)(silent)


def test_two_rules_cannot_have_one_id() -> None:
    with pytest.raises(CatalogueError, match=r"there is a rule near-expiry-refresh/shares-one-refresh already"):
        rule(impact=Impact.MINOR)(shares_one_refresh)


def test_each_documented_scenario_has_a_defect_that_it_catches() -> None:
    assert {defect.rule.scenario for defect in DEFECTS} >= DOCUMENTED


DEFECT = """family = "Tests"
mistake = "It refreshes often."
caught_by = "near-expiry-refresh/shares-one-refresh"
words = "^[0-9]+ refreshes"
"""


@pytest.mark.parametrize(
    ("name", "said", "message"),
    [
        ("no-file", None, "no-file: there is no defect.toml in it"),
        ("no-modules", DEFECT, "no-modules: no module stands in for one of the app, and no environment is set"),
        (
            "no-such-rule",
            DEFECT.replace("shares-one-refresh", "no-such-rule") + "environment = { A = '1' }",
            "no-such-rule: caught_by: there is no rule near-expiry-refresh/no-such-rule",
        ),
        (
            "no-such-case",
            DEFECT.replace("shares-one-refresh", "shares-one-refresh[twice]") + "environment = { A = '1' }",
            "no-such-case: caught_by: there is no rule near-expiry-refresh/shares-one-refresh[twice]",
        ),
        (
            "no-situation",
            DEFECT.replace("near-expiry-refresh/shares-one-refresh", "in-every-situation/leaves-a-way-on")
            + "environment = { A = '1' }",
            "no-situation: in_situation is missing: in-every-situation/leaves-a-way-on has none of its own",
        ),
        (
            "two-situations",
            DEFECT + "in_situation = 'sign-out/works-offline'\nenvironment = { A = '1' }",
            "two-situations: in_situation: near-expiry-refresh/shares-one-refresh brings about a situation of its own",
        ),
        (
            "no-pattern",
            DEFECT.replace("+ ", "+( "),
            "no-pattern: defect.toml: words: Value error, no regular expression: missing ), unterminated subpattern",
        ),
        ("no-words", DEFECT.replace("words", "word"), "no-words: defect.toml: word: Extra inputs are not permitted"),
        ("no-toml", "family =", "no-toml: defect.toml: Invalid value"),
        (
            "Capital",
            DEFECT + "environment = { A = '1' }",
            "Capital: the name is part of a host name: small letters, digits and single hyphens",
        ),
    ],
)
def test_a_folder_that_is_no_defect_is_told_in_one_message(
    tmp_path: Path, name: str, said: str | None, message: str
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    if said is not None:
        (folder / "defect.toml").write_text(said, encoding="utf-8")

    with pytest.raises(DefectError, match=re.escape(message)):
        read_defect(folder)


def test_the_page_of_all_rules_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m scenarios.catalogue.rules_page"
