"""How bad a broken rule is: said with each, seen by what the user does next, and the bar that a run is held to."""

import pytest

from e2e.test_command_line import run_pytest
from fixtures.impact import Impact
from fixtures.report.outcome import Outcome, Standing, Verdict
from fixtures.report.summary import closing_line, per_scenario
from fixtures.spa import Spa
from scenarios.catalogue import CatalogueError, rule

pytestmark = pytest.mark.timeout(360)

RETRIES = "network-failure/retries-the-refresh-after-a-pause[refused]"
FACT = "1 refresh was sent, and failed; expected at least 1 to succeed."
LEFT_TO_THE_USER = ("e2e/test_scenarios.py", "--defect=failed-refresh-is-left-to-the-user", "-k", RETRIES)


def broken(rule: str, impact: Impact, **more: Standing | str) -> Outcome:
    return Outcome("shop", "sign-out", f"sign-out/{rule}", Verdict.BROKEN, "It stayed.", impact=impact, **more)  # type: ignore[arg-type]  # as the names say


def test_no_rule_is_advice() -> None:
    def harmless(spa: Spa) -> None:
        """Nobody minds."""

    with pytest.raises(CatalogueError, match=r"harmless is advice: a rule that nobody suffers from is none"):
        rule(impact=Impact.ADVICE)(harmless)


def test_what_is_broken_without_harm_is_advice_and_fails_no_run() -> None:
    ended = run_pytest(*LEFT_TO_THE_USER, "-n", "2")

    assert ended.returncode == 0, ended.stdout
    assert (
        f"    advice: retries-the-refresh-after-a-pause[refused]: {FACT} (the session was kept, nobody was redirected, "
        "and what the user did next worked)"
    ) in ended.stdout.splitlines()
    assert "1 advice in " in ended.stdout
    assert ended.stdout.splitlines()[-1].endswith(
        ": 0 rules kept, 0 broken, 0 could not be asked, 0 do not apply, 1 advice"
    )


def test_advice_fails_a_run_that_is_asked_to_fail_on_it() -> None:
    ended = run_pytest(*LEFT_TO_THE_USER, "--fail-on=advice")

    assert ended.returncode == 1
    lines = ended.stdout.splitlines()
    assert lines[lines.index(FACT) + 2] == f"rule      {RETRIES}"
    assert "impact    advice: the session was kept, nobody was redirected, and what the user did next worked" in lines
    assert lines[-1].endswith(", 1 advice")


def test_the_same_rule_broken_with_harm_says_which() -> None:
    ended = run_pytest("e2e/test_scenarios.py", "--defect=offline-logs-out", "-k", RETRIES)

    assert ended.returncode == 1
    lines = ended.stdout.splitlines()
    assert "impact    serious: the user was redirected to /login" in lines
    assert f"    broken, serious: retries-the-refresh-after-a-pause[refused]: {FACT}" in lines


def test_below_the_bar_a_broken_rule_is_listed_and_fails_no_run() -> None:
    shares = "near-expiry-refresh/shares-one-refresh"
    ended = run_pytest("e2e/test_scenarios.py", "--defect=no-single-flight", "-k", shares, "--fail-on=critical")

    assert ended.returncode == 0, ended.stdout
    assert "    broken, serious, not blocking: shares-one-refresh: 4 refreshes were sent; expected 1." in ended.stdout
    assert "1 not blocking in " in ended.stdout
    assert ended.stdout.splitlines()[-1].endswith(
        ": 0 rules kept, 1 broken (1 not blocking), 0 could not be asked, 0 do not apply"
    )


def test_the_worst_is_listed_first_and_advice_last() -> None:
    outcomes = [
        broken("advice", Impact.ADVICE, standing=Standing.LISTED, note="(the next click worked)"),
        broken("known", Impact.CRITICAL, standing=Standing.KNOWN, note="until the new server is there"),
        broken("minor", Impact.MINOR),
        broken("critical", Impact.CRITICAL),
    ]

    assert per_scenario(outcomes) == [
        "sign-out  2 broken, 1 known, 1 advice",
        "    broken, critical: critical: It stayed.",
        "    broken, minor: minor: It stayed.",
        "    known: known: until the new server is there",
        "    advice: advice: It stayed. (the next click worked)",
    ]
    assert closing_line("shop", outcomes) == (
        "shop: 0 rules kept, 2 broken, 0 could not be asked, 0 do not apply, 1 known, 1 advice"
    )
    assert [Outcome.from_data(outcome.as_data()) for outcome in outcomes] == outcomes
