"""What a run leaves besides its page: files for people and for programs, also of a run that was cut short."""

import json
import re
from pathlib import Path

import pytest

from e2e.one_report import the_report
from e2e.test_survival import killing, run_pytest
from fixtures.report.__main__ import main as report_main
from fixtures.report.pages.__main__ import USAGE_ERROR, main
from fixtures.report.pages.markdown import escaped
from fixtures.report.pages.run import read_run
from fixtures.report.pages.schema import SCHEMA, written
from fixtures.report.pages.writing import CTRF, LINES, PAGE, RUN, SUMMARY

A_TOKEN = re.compile(r"eyJ[\w-]{8,}")
"""A JSON web token begins so, and whatever else of JSON is in base64."""


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run in which one rule of three is broken."""
    return the_report(pytestconfig, tmp_path_factory)


def test_a_junit_file_tells_each_rule_and_no_more_of_the_report(report: Path) -> None:
    text = (report / "junit.xml").read_text(encoding="utf-8")

    assert '<property name="rule" value="concurrent-401s/shares-one-refresh"' in text
    assert text.count('<property name="verdict" value="kept"') == 2
    assert '<property name="target" value="reference"' in text
    assert "afresh-judged" not in text
    assert len(text) < 20_000


def test_github_is_told_of_each_broken_rule(report: Path) -> None:
    printed = report.with_suffix(".out").read_text(encoding="utf-8")
    told = [line for line in printed.splitlines() if line.startswith("::error")]

    assert told == ["::error title=concurrent-401s/shares-one-refresh::3 refreshes were sent; expected 1."]
    assert report.with_suffix(".step.md").read_text(encoding="utf-8") == (report / SUMMARY).read_text(encoding="utf-8")


def test_the_summary_has_the_broken_rules_before_the_table(report: Path) -> None:
    lines = (report / SUMMARY).read_text(encoding="utf-8").splitlines()

    assert lines[0] == "## reference with no-single-flight: 1 of 3 rules broken"
    assert lines[2] == "- **concurrent-401s/shares-one-refresh** (serious): 3 refreshes were sent; expected 1."
    assert "| concurrent-401s |  | 1 |  |  |" in lines


def test_no_request_is_answered_before_it_is_sent(report: Path) -> None:
    requests = [request for judged in read_run(report / RUN).judged for request in judged.requests]

    assert any(request.status == 401 for request in requests), "whose body no page may have read"
    assert [each for each in requests if each.ended is not None and each.ended < each.started] == []


def test_what_an_app_says_is_no_markdown() -> None:
    assert escaped("a|b\n<b>`x` [y](z)") == r"a\|b &lt;b>\`x\` \[y\](z)"


def test_dashboards_get_the_same_verdicts(report: Path) -> None:
    results = json.loads((report / CTRF).read_text(encoding="utf-8"))["results"]

    assert (results["summary"]["tests"], results["summary"]["passed"], results["summary"]["failed"]) == (3, 2, 1)
    assert results["summary"]["stop"] > results["summary"]["start"]
    failed = [test for test in results["tests"] if test["status"] == "failed"]
    assert [(test["name"], test["message"]) for test in failed] == [
        ("concurrent-401s/shares-one-refresh", "3 refreshes were sent; expected 1.")
    ]


def test_two_runs_are_compared_by_what_changed(
    report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = read_run(report / RUN)
    broken, kept = "concurrent-401s/shares-one-refresh", "wrong-password/is-sent-once"
    mended = [each.model_copy(update={"verdict": "KEPT", "fact": ""}) for each in run.judged if each.rule != kept]
    (tmp_path / RUN).write_text(run.model_copy(update={"judged": mended}).model_dump_json(), encoding="utf-8")

    assert report_main(["compare", str(tmp_path / RUN), str(report / RUN)]) == 0
    told = capsys.readouterr().out
    assert "1 newly broken, 0 newly kept" in told
    assert f"**{broken}**: 3 refreshes were sent; expected 1." in told
    assert f"{kept}: not asked before, kept now" in told

    assert report_main(["compare", str(report / RUN), str(report / RUN)]) == 0
    told = capsys.readouterr().out
    assert "0 newly broken, 0 newly kept" in told
    assert "1 rule broken before and now" in told
    assert "2 rules as before" in told


def test_a_token_that_the_app_writes_down_is_not_in_it(tmp_path: Path) -> None:
    run_pytest(
        *("-q", "e2e/test_scenarios.py", "--defect", "token-in-console-or-telemetry", "--report", str(tmp_path)),
        *("-k", "refresh-rejected/ends-the-session and 401"),
    )

    run = read_run(tmp_path / RUN)
    assert any("refresh token" in line for each in run.judged for line in each.console)
    watching = next(each for each in run.in_order if each.rule == "in-every-situation/keeps-tokens-off-the-console")
    assert watching.verdict == "BROKEN"
    assert watching.seen_in == "refresh-rejected/ends-the-session[401]"
    assert "A refresh that failed is logged with all that was sent." in [each.sentence for each in watching.mistakes]
    for file in (RUN, PAGE):
        assert A_TOKEN.search((tmp_path / file).read_text(encoding="utf-8")) is None


def test_the_parts_of_a_run_make_its_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = [str(tmp_path / number / RUN) for number in ("1", "2", "3")]  # of two rules: one has nothing to ask
    for number in ("1", "2", "3"):
        part = ("--splits", "3", "--group", number, "--report", str(tmp_path / number))
        run_pytest("-q", "e2e/test_scenarios.py", "-k", "permission-denied", *part)

    assert main([*parts, "--out", str(tmp_path / "whole")]) == 0
    run = read_run(tmp_path / "whole" / RUN)
    assert {each.scenario for each in run.judged} == {"permission-denied"}
    assert run.is_whole
    assert "All 2 rules kept" in (tmp_path / "whole" / PAGE).read_text(encoding="utf-8")

    assert main([*parts[:2], "--out", str(tmp_path / "half")]) == USAGE_ERROR
    assert "part 3 of 3 is missing" in capsys.readouterr().err


def test_parts_that_have_all_asked_nothing_are_no_run(tmp_path: Path) -> None:
    for number in ("1", "2"):
        part = ("--splits", "2", "--group", number, "--report", str(tmp_path / number))
        run_pytest("-q", "e2e/test_scenarios.py", "-k", "no-such-rule", *part)

    main([str(tmp_path / "1" / RUN), str(tmp_path / "2" / RUN), "--out", str(tmp_path / "whole")])

    assert not read_run(tmp_path / "whole" / RUN).is_whole


def test_a_run_that_is_killed_leaves_what_it_did(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    ended = run_pytest(
        *("-q", "-p", "killing", "-n", "0", "e2e/test_scenarios.py", "--report", str(folder)),
        *("-k", "api-failure/does-not-refresh or permission-denied/"),
        plugins=killing(tmp_path, "each == psutil.Process()"),
    )

    assert ended.returncode < 0
    assert (folder / LINES).is_file()
    assert main([str(folder / RUN), "--out", str(tmp_path / "left")]) == 0
    left = read_run(tmp_path / "left" / RUN)
    assert {each.scenario for each in left.judged} == {"api-failure"}
    assert not left.is_whole
    assert "and the run did not end" in (tmp_path / "left" / PAGE).read_text(encoding="utf-8")


def test_what_was_not_asked_is_listed(tmp_path: Path) -> None:
    run_pytest(
        *("-q", "-x", "e2e/test_scenarios.py", "--defect", "no-single-flight", "--report", str(tmp_path)),
        *("-k", "concurrent-401s/shares-one-refresh or wrong-password"),
    )

    run = read_run(tmp_path / RUN)
    assert not run.is_whole
    assert len(run.not_asked) == 2
    assert all(rule in (tmp_path / PAGE).read_text(encoding="utf-8") for rule in run.not_asked)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file or directory"), ("{", "not a run.json of version 1"), ('{"version": 2}', "of version 1")],
    ids=["none", "no-json", "of-another-version"],
)
def test_a_file_that_is_no_report_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, said: str
) -> None:
    file = tmp_path / "run.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")

    assert main([str(file), "--out", str(tmp_path / "out")]) == USAGE_ERROR
    error = capsys.readouterr().err
    assert error.startswith(f"ERROR: {file}: ")
    assert said in error


@pytest.mark.parametrize("out", ["", " "], ids=["empty", "blank"])
def test_a_folder_without_a_name_is_not_the_one_that_one_stands_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], out: str
) -> None:
    assert main([str(tmp_path / "run.json"), "--out", out]) == USAGE_ERROR
    assert capsys.readouterr().err == "ERROR: --out: names no folder\n"


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    ended = run_pytest("-q", "e2e/test_scenarios.py", "--report", str(tmp_path / "file"), "-k", "permission-denied")

    assert ended.returncode == USAGE_ERROR
    assert f"--report {tmp_path / 'file'}: File exists" in ended.stderr


def test_the_schema_of_a_run_is_up_to_date() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == written(), "write it anew: python -m fixtures.report.pages.schema"
