"""The mistake that a run names stands in all that it writes for programs, and shares out what is accepted as known."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from e2e.test_command_line import run_pytest
from fixtures.known import read_known
from fixtures.known.writing import EXPLAINED_BY, REASON
from fixtures.report.junit import add_properties
from fixtures.report.tallied import Tallied, read
from fixtures.report.watched import Seen, WatchedRule

pytestmark = pytest.mark.timeout(360)

BROKEN = ("concurrent-401s/shares-one-refresh", "near-expiry-refresh/shares-one-refresh")
KEPT = "wrong-password/is-sent-once"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run has written in which one mistake breaks two rules of three."""
    folder = tmp_path_factory.mktemp("named")
    ended = run_pytest(
        *("e2e/test_scenarios.py", "--defect", "no-single-flight", "-k", " or ".join([*BROKEN, KEPT])),
        *("--report", str(folder), "--junitxml", str(folder / "junit.xml")),
        *("--accept-known", str(folder / "shop.known.toml"), "--verdicts", str(folder / "verdicts.json")),
    )
    (folder / "said.txt").write_text(ended.stdout, encoding="utf-8")
    assert "1 known mistake would explain 2 of 2 broken rules" in ended.stdout, ended.stdout
    return folder


@pytest.fixture(scope="module")
def name(written: Path) -> str:
    """What it has named. More than one mistake breaks both rules: how many refreshes they saw tells which it is."""
    named = re.search(r"^    1\. .* \(([\w-]+)", (written / "said.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert named is not None
    return named[1]


def properties(file: Path) -> dict[str, dict[str, str]]:
    """The properties of each test in a JUnit file, by the rule that they name."""
    cases = [
        {each.attrib["name"]: each.attrib["value"] for each in case.iter("property")}
        for case in ET.parse(file).iter("testcase")  # noqa: S314 - pytest has just written it
    ]
    return {case["rule"]: case for case in cases}


def test_a_junit_file_names_it_at_each_rule_that_it_explains(written: Path, name: str) -> None:
    said = properties(written / "junit.xml")

    assert {rule: case.get("mistake") for rule, case in said.items() if rule in (*BROKEN, KEPT)} == {
        **dict.fromkeys(BROKEN, name),
        KEPT: None,
    }
    assert {case["verdict"] for rule, case in said.items() if rule in BROKEN} == {"broken"}


def test_dashboards_get_it_too(written: Path, name: str) -> None:
    tests = json.loads((written / "ctrf.json").read_text(encoding="utf-8"))["results"]["tests"]

    named = {test["name"]: test["extra"]["mistake"] for test in tests if "extra" in test}
    assert named == dict.fromkeys(BROKEN, name)


def test_what_it_explains_is_accepted_as_one_entry(written: Path, name: str) -> None:
    file = written / "shop.known.toml"
    entries = read_known(file)

    assert [each.rule for each in entries] == list(BROKEN)
    assert {(each.entry_begins, each.reason) for each in entries} == {(entries[0].entry_begins, REASON)}
    (comment,) = [line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith(EXPLAINED_BY)]
    assert comment.endswith(f"({name}).")


def test_a_rule_that_watches_is_told_in_a_junit_file_as_any_other(written: Path, tmp_path: Path) -> None:
    watching = WatchedRule(rule="in-every-situation/leaves-a-way-on")
    watching.add(Seen(rule=watching.rule, during=KEPT, is_asked=True))
    run: Tallied = read(written / "verdicts.json").model_copy(update={"watched": [watching], "is_of_all": True})
    file = tmp_path / "junit.xml"
    file.write_text(
        f'<testsuites><testsuite><testcase name="{watching.rule}" /></testsuite></testsuites>', encoding="utf-8"
    )

    add_properties(file, run)

    assert properties(file) == {
        watching.rule: {"rule": watching.rule, "verdict": "kept", "target": "reference"},
    }
