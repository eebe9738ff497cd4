"""Each rule is asked of as many apps of a kind as the mark says, and with ``--whole``, or by name, of all."""

import subprocess
import sys
from collections import Counter

import pytest

from fixtures.apps.builds import ROOT
from scenarios.catalogue import one_of_each
from scenarios.catalogue.lazy_apps import NAMES

FILE = "e2e/test_lazy_apps.py"
TEST = "test_what_is_kept_is_what_it_is_fair_to_keep["


def collected(*arguments: str) -> list[str]:
    """The tests that ask a lazy app a rule."""
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", FILE, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if TEST in line]


def times_asked(tests: list[str]) -> Counter[str]:
    """Of how many lazy apps each rule is asked."""
    return Counter(next(rule.id for rule in one_of_each() if test.endswith(f"-{rule.id}]")) for test in tests)


def test_each_rule_is_asked_of_one_lazy_app_and_each_app_of_its_share() -> None:
    tests = collected()
    shares = {name: sum(f"{name}-" in test for test in tests) for name in NAMES}

    assert times_asked(tests) == {rule.id: 1 for rule in one_of_each()}
    assert min(shares.values()) > len(one_of_each()) / len(NAMES) / 2, shares


@pytest.mark.parametrize("asked", [("--whole",), ("-k", TEST.rstrip("["))], ids=["whole", "by-name"])
def test_each_is_asked_of_all_where_somebody_wants_that(asked: tuple[str, ...]) -> None:
    assert times_asked(collected(*asked)) == {rule.id: len(NAMES) for rule in one_of_each()}
