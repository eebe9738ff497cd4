"""The report's page: it needs nothing else, tells what was seen, and is for everybody to use."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.one_report import a_request, a_rule, the_report
from fixtures.apps.builds.clients import FOLDER as CLIENTS
from fixtures.mistakes.known import known_mistakes
from fixtures.mistakes.matrix import read_matrix
from fixtures.report.outcome import Outcome, Verdict
from fixtures.report.pages.judged import Judged, Mistake
from fixtures.report.pages.page import page as page_of
from fixtures.report.pages.run import Run, read_run
from fixtures.report.pages.writing import PAGE, RUN

AXE = CLIENTS / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run in which one rule of three is broken."""
    return the_report(pytestconfig, tmp_path_factory)


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


def test_a_thousand_different_requests_stay_usable(report: Path, browser: Browser, tmp_path: Path) -> None:
    run = read_run(report / RUN)
    many = a_rule(*(a_request(number, number / 100, f"/api/{number}/") for number in range(1000)))
    file = tmp_path / PAGE
    file.write_text(page_of(run.model_copy(update={"judged": [many]})), encoding="utf-8")

    page = opened(browser, file)
    page.get_by_role("link", name="x: kept").click()

    expect(page.locator("svg .bar")).to_have_count(80)
    expect(page.get_by_text("920 requests are not drawn")).to_be_visible()
    page.get_by_text("All 1000 requests in words").click()
    expect(page.get_by_role("cell", name="API GET /api/999/")).to_be_visible()
    assert len(json.dumps(page.content())) < 1_000_000


def test_a_picture_that_two_hundred_failures_end_with_is_there_once(
    report: Path, browser: Browser, tmp_path: Path
) -> None:
    run = read_run(report / RUN)
    [broken] = [each for each in run.judged if each.verdict == Verdict.BROKEN.name]
    many = [broken.model_copy(update={"rule": f"sign-out/rule-{number}"}) for number in range(200)]
    file = tmp_path / PAGE
    file.write_text(page_of(run.model_copy(update={"judged": many})), encoding="utf-8")

    page = opened(browser, file)
    page.locator("details.rule.broken:not([open]) > summary").last.click()
    picture = page.get_by_role("img", name="The page as the rule ended").last
    shown = picture.screenshot()
    page.locator("svg.pictures").evaluate("(pictures) => pictures.remove()")

    assert file.read_text(encoding="utf-8").count(broken.screenshot) == 1
    assert picture.screenshot() != shown, "it was not to be seen before"
    assert file.stat().st_size < 5_000_000


def test_texts_of_an_app_are_no_markup(report: Path, browser: Browser, tmp_path: Path) -> None:
    run = read_run(report / RUN)
    nasty = a_rule(a_request(1, 0.0, "/<img src=x onerror=alert(1)>")).model_copy(
        update={"console": ("<script>window.harmed = true</script>",)}
    )
    file = tmp_path / PAGE
    file.write_text(page_of(run.model_copy(update={"judged": [nasty]})), encoding="utf-8")

    page = opened(browser, file)

    expect(page.locator("img")).to_have_count(0)
    assert page.evaluate("window.harmed") is None


def with_verdicts(run: Run, *, broken: Mapping[str, str], kept: Iterable[str]) -> Run:
    """The same run with other rules. ``broken`` has what was seen, by rule."""
    verdicts = {**dict.fromkeys(kept, Verdict.KEPT), **dict.fromkeys(broken, Verdict.BROKEN)}
    outcomes = [
        Outcome(run.tallied.target, rule.partition("/")[0], rule, verdict, broken.get(rule, ""))
        for rule, verdict in verdicts.items()
    ]
    judged = [
        Judged(rule=each.rule, scenario=each.scenario, sentence="", verdict=each.verdict.name, fact=each.fact)
        for each in outcomes
    ]
    tallied = run.tallied.model_copy(update={"outcomes": outcomes, "watched": []})
    return run.model_copy(update={"tallied": tallied, "judged": judged})


def test_what_the_run_has_ruled_out_is_no_suspect(report: Path, browser: Browser, tmp_path: Path) -> None:
    run = with_verdicts(read_run(report / RUN), broken={"sign-out/x": "It did."}, kept=["sign-out/y"])
    suspected = (Mistake(sentence="It is this.", own="a/b"), Mistake(sentence="It is that.", own="sign-out/y"))
    judged = [each.model_copy(update={"mistakes": suspected if each.fact else ()}) for each in run.judged]
    file = tmp_path / PAGE
    file.write_text(page_of(run.model_copy(update={"judged": judged})), encoding="utf-8")

    page = opened(browser, file)

    expect(page.get_by_text("It is this.")).to_be_visible()
    expect(page.get_by_text("It is that.")).to_have_count(0)


def test_rules_that_one_mistake_explains_say_so(report: Path, browser: Browser, tmp_path: Path) -> None:
    mistake = next(each for each in known_mistakes(read_matrix()) if each.name == "only-first-request-retried")
    file = tmp_path / PAGE
    run = with_verdicts(read_run(report / RUN), broken=mistake.red, kept=mistake.kept)
    file.write_text(page_of(run), encoding="utf-8")

    page = opened(browser, file)
    broken = page.locator("details.rule.broken").first
    expect(broken).to_contain_text(mistake.sentence)
    broken.get_by_role("link", name=re.compile(r"\d+ rules")).click()

    expect(page.locator("#explained-1")).to_be_in_viewport()
