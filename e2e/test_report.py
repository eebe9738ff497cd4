"""The report: one file that needs nothing else, true of the run, without a secret, and for everybody to use."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.once import folder_of_run, once
from e2e.test_survival import killing, run_pytest
from fixtures.apps.builds.clients import FOLDER as CLIENTS
from fixtures.report.__main__ import main as report_main
from fixtures.report.pages.__main__ import USAGE_ERROR, main
from fixtures.report.pages.axis import Axis
from fixtures.report.pages.judged import Judged, Request
from fixtures.report.pages.markdown import escaped
from fixtures.report.pages.page import page as page_of
from fixtures.report.pages.run import read_run
from fixtures.report.pages.schema import SCHEMA, written
from fixtures.report.pages.waterfall import MOST_ALIKE, waterfall
from fixtures.report.pages.writing import CTRF, LINES, PAGE, RUN, SUMMARY

AXE = CLIENTS / "node_modules" / "axe-core" / "axe.min.js"
A_TOKEN = re.compile(r"eyJ[\w-]{8,}")
"""A JSON web token begins so, and whatever else of JSON is in base64."""

ASKED = "concurrent-401s/shares-one-refresh or wrong-password/is-sent-once or expired-on-load/keeps-the-deep-link"


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run in which one rule of three is broken."""
    folder = folder_of_run(pytestconfig, tmp_path_factory)
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


def opened(browser: Browser, file: Path, *, scheme: str = "light", width: int = 1280) -> Page:
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light", viewport={"width": width, "height": 900}
    )
    page = context.new_page()
    page.goto(file.as_uri())
    return page


def test_it_says_what_the_run_has_come_to(report: Path, browser: Browser) -> None:
    page = opened(browser, report / PAGE)

    expect(page.get_by_role("heading", level=1)).to_have_text("1 of 3 rules broken")
    broken = page.locator("details.rule.broken")
    expect(broken).to_have_count(1)
    expect(broken).to_have_attribute("open", "")
    expect(broken).to_contain_text("3 refreshes were sent; expected 1.")
    expect(broken.get_by_role("listitem").filter(has_text="signs in")).to_have_count(1)
    expect(broken.locator("svg .culprit")).to_have_count(2)
    expect(broken.get_by_role("img", name="The page as the rule ended")).to_be_visible()


def test_it_says_which_mistakes_look_just_so_and_how_they_are_put_right(report: Path, browser: Browser) -> None:
    page = opened(browser, report / PAGE)
    broken = page.locator("details.rule.broken")
    mistake = broken.get_by_role("listitem").filter(has_text="Each 401 sees to a refresh of its own")

    expect(broken.get_by_role("heading", name="What looks just so")).to_be_visible()
    expect(mistake.get_by_role("link", name="Flyrell/axios-auth-refresh#13")).to_have_attribute(
        "href", "https://github.com/Flyrell/axios-auth-refresh/issues/13"
    )
    mistake.get_by_text("How the bundled app had it").click()
    expect(mistake.locator("ins").filter(has_text="withTabLock")).to_be_visible()
    expect(mistake.locator("del").filter(has_text="return task();").first).to_be_visible()
    expect(page.get_by_role("heading", name="What looks just so", include_hidden=True)).to_have_count(1)


def test_a_cell_of_the_matrix_leads_to_its_rule(report: Path, browser: Browser) -> None:
    page = opened(browser, report / PAGE)
    rule = page.locator("#wrong-password-is-sent-once")
    expect(rule.locator(".body")).to_be_hidden()

    page.get_by_role("link", name="is-sent-once: kept").press("Enter")

    expect(rule.locator(".body")).to_be_visible()
    expect(rule).to_be_in_viewport()


def test_it_asks_for_nothing_but_itself(report: Path, browser: Browser) -> None:
    asked: list[str] = []
    with browser.new_context() as context:
        context.on("request", lambda request: asked.append(request.url.partition(",")[0]))
        context.new_page().goto((report / PAGE).as_uri())

    assert asked[0] == (report / PAGE).as_uri()
    assert [url for url in asked[1:] if not url.startswith("data:image/jpeg")] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_everybody_can_use_it(report: Path, browser: Browser, scheme: str, width: int) -> None:
    page = opened(browser, report / PAGE, scheme=scheme, width=width)
    for rule in page.locator("details").all():
        rule.evaluate("(rule) => { rule.open = true; }")
    page.add_script_tag(content=AXE.read_text(encoding="utf-8"))

    found = page.evaluate("axe.run()")

    assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []
    assert len(found["passes"]) > 10
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


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
    asked = ("-q", "e2e/test_scenarios.py", "-k", "permission-denied or wrong-password")
    for number in ("1", "2"):
        run_pytest(*asked, "--splits", "2", "--group", number, "--report", str(tmp_path / number))

    assert main([str(tmp_path / "1" / RUN), str(tmp_path / "2" / RUN), "--out", str(tmp_path / "whole")]) == 0
    run = read_run(tmp_path / "whole" / RUN)
    assert {each.scenario for each in run.judged} == {"permission-denied", "wrong-password"}
    assert run.is_whole
    assert "All 4 rules kept" in (tmp_path / "whole" / PAGE).read_text(encoding="utf-8")

    assert main([str(tmp_path / "1" / RUN), "--out", str(tmp_path / "half")]) == USAGE_ERROR
    assert "part 2 of 2 is missing" in capsys.readouterr().err


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


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    ended = run_pytest("-q", "e2e/test_scenarios.py", "--report", str(tmp_path / "file"), "-k", "permission-denied")

    assert ended.returncode == USAGE_ERROR
    assert f"--report {tmp_path / 'file'}: File exists" in ended.stderr


def test_the_schema_of_a_run_is_up_to_date() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == written(), "write it anew: python -m fixtures.report.pages.schema"


def request(number: int, at: float, path: str = "/api/notes/") -> Request:
    return Request(
        number=number, kind="API", method="GET", path=path, started=at, ended=at + 0.1, outcome="200", status=200
    )


def judged(*requests: Request) -> Judged:
    return Judged(rule="sign-out/x", scenario="sign-out", sentence="", verdict="KEPT", requests=requests)


def test_a_long_pause_takes_no_more_room_than_a_gap() -> None:
    axis = Axis([0.0, 0.5, 300.5, 301.0], left=100.0, width=400.0)

    assert [gap.words for gap in axis.breaks] == ["5 min"]
    places = [axis.x(at) for at in (0.0, 0.25, 0.5, 100.0, 300.5, 301.0)]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (100.0, 500.0)
    assert axis.x(300.5) - axis.x(0.5) == axis.gap < 50


def test_requests_of_a_storm_are_counted_where_they_are_alike() -> None:
    drawn = waterfall(judged(*(request(number, number / 100) for number in range(1000))))

    assert drawn is not None
    assert [bar.left_out for bar in drawn.bars] == [0] * (MOST_ALIKE - 1) + [1000 - MOST_ALIKE]
    assert drawn.hidden == 1000 - MOST_ALIKE


def test_a_thousand_different_requests_stay_usable(report: Path, browser: Browser, tmp_path: Path) -> None:
    run = read_run(report / RUN)
    many = judged(*(request(number, number / 100, f"/api/{number}/") for number in range(1000)))
    file = tmp_path / PAGE
    file.write_text(page_of(run.model_copy(update={"judged": [many]})), encoding="utf-8")

    page = opened(browser, file)
    page.get_by_role("link", name="x: kept").click()

    expect(page.locator("svg .bar")).to_have_count(80)
    expect(page.get_by_text("920 requests are not drawn")).to_be_visible()
    page.get_by_text("All 1000 requests in words").click()
    expect(page.get_by_role("cell", name="API GET /api/999/")).to_be_visible()
    assert len(json.dumps(page.content())) < 1_000_000


def test_texts_of_an_app_are_no_markup(report: Path, browser: Browser, tmp_path: Path) -> None:
    run = read_run(report / RUN)
    nasty = judged(request(1, 0.0, "/<img src=x onerror=alert(1)>")).model_copy(
        update={"console": ("<script>window.harmed = true</script>",)}
    )
    file = tmp_path / PAGE
    file.write_text(page_of(run.model_copy(update={"judged": [nasty]})), encoding="utf-8")

    page = opened(browser, file)

    expect(page.locator("img")).to_have_count(0)
    assert page.evaluate("window.harmed") is None
