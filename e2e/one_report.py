"""A report that several files of tests look at: of a run in which one rule of three is broken."""

from pathlib import Path

import pytest

from e2e.once import folder_of_run, once
from e2e.test_survival import run_pytest
from fixtures.report.pages.judged import Judged, Request
from fixtures.report.pages.writing import PAGE

ASKED = "concurrent-401s/shares-one-refresh or wrong-password/is-sent-once or expired-on-load/keeps-the-deep-link"


def the_report(config: pytest.Config, factory: pytest.TempPathFactory) -> Path:
    """The folder that it is in, made by the first process that asks."""
    folder = folder_of_run(config, factory)
    once(folder / "report.made", lambda: make_report(folder / "report"))
    return folder / "report"


def make_report(folder: Path) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GITHUB_ACTIONS", "true")
        patch.setenv("GITHUB_STEP_SUMMARY", str(folder.with_suffix(".step.md")))
        ended = run_pytest(
            *("-q", "-n", "2", "e2e/test_scenarios.py", "--defect", "no-single-flight", "-k", ASKED),
            *("--report", str(folder), "--junitxml", str(folder / "junit.xml")),
        )
    folder.with_suffix(".out").write_text(ended.stdout, encoding="utf-8")
    assert f"report: {folder / PAGE}" in ended.stdout, ended.stdout
    return "made"


def a_request(number: int, at: float, path: str = "/api/notes/") -> Request:
    return Request(
        number=number, kind="API", method="GET", path=path, started=at, ended=at + 0.1, outcome="200", status=200
    )


def a_rule(*requests: Request) -> Judged:
    return Judged(rule="sign-out/x", scenario="sign-out", sentence="", verdict="KEPT", requests=requests)
