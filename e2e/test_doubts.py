"""A failure that a wrong target file would explain as well says so, and how the file would be right."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from e2e.test_command_line import run_pytest
from fixtures.target import TARGETS

RULE = "near-expiry-refresh/does-not-refresh-again-after-a-refresh"


@pytest.fixture
def judge(tmp_path: Path) -> Callable[[str], str]:
    """Judges, by one rule, a build of the bundled app that goes by exp; with these lines added to its target file."""

    def judged(lines: str) -> str:
        file = tmp_path / "target.toml"
        file.write_text(f'extends = "{TARGETS / "reference.toml"}"\nname = "goes-by-exp"\n{lines}\n')
        rule = f"e2e/test_scenarios.py::test_rule[chromium-{RULE}]"
        return run_pytest("--defect", "goes-by-exp", "--target", str(file), rule).stdout

    return judged


def test_an_app_that_goes_by_exp_is_suspected_where_its_file_does_not_say_it(judge: Callable[[str], str]) -> None:
    told = judge("")

    assert "refreshes were sent; expected none." in told
    assert re.search(r"perhaps   the target file is wrong: by the page's clock, which the suite has moved \d+ s", told)
    assert 'tokens.expiry_from = "token"' in told


def test_where_the_file_says_it_the_app_keeps_the_rule(judge: Callable[[str], str]) -> None:
    assert "1 rule kept, 0 broken" in judge('[tokens]\nexpiry_from = "token"')


def test_where_the_file_denies_it_nothing_is_suspected(judge: Callable[[str], str]) -> None:
    told = judge('[tokens]\nexpiry_from = "reply"')

    assert "refreshes were sent; expected none." in told
    assert "perhaps" not in told
