"""What a page is to show is waited for while the page is on its way to it, and no longer."""

import math
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from e2e.test_quiet import CountingRecorder, HeldByTheBrowser, SlowBody
from fixtures.ends import CouldNotAsk
from fixtures.observed.progress import progress
from fixtures.observed.tasks import WATCH_TASKS
from fixtures.page.clock import PageClock
from fixtures.page.marks import Mark
from fixtures.target import TARGETS, Find, read_target
from fixtures.tokens.names import TokenNames

SHOW = "document.body.append('what was asked for')"
WANTED = Find(text="what was asked for")

COUNTDOWN = f"""
  const count = (left) => {{ document.title = left; if (left) setTimeout(count, 700, left - 1); else {SHOW}; }};
  count(3)
"""


def worker(script: str) -> str:
    return f"new Worker(URL.createObjectURL(new Blob([`{script}`]))).onmessage = () => {SHOW}"


AT_WORK_FOR_A_WHILE = "const until = Date.now() + 2500; while (Date.now() < until); postMessage(1);"


@pytest.fixture
def recorder(context: BrowserContext) -> Iterator[CountingRecorder]:
    """It has the page of a small server for its first tab."""
    with closing(SlowBody()) as server:
        server.body_is_due.set()
        context.add_init_script(WATCH_TASKS)
        recorder = CountingRecorder(
            context,
            read_target(Path(TARGETS / "reference.toml")),
            origin=server.origin,
            names=TokenNames(),
            clock=PageClock(context),
        )
        page = context.new_page()
        recorder.add_tab(page)
        page.goto(server.origin)
        yield recorder


@pytest.fixture
def mark(context: BrowserContext, recorder: CountingRecorder) -> Mark:
    """What the page is to show, on a page that shows nothing yet."""
    page = context.pages[0]
    return Mark(page, WANTED, "what was asked for", lambda: progress(page, recorder))


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> float:
    """Seconds of the usual patience, fewer than in earnest: whether a page is given more can be seen the sooner."""
    monkeypatch.setattr("fixtures.observed.progress.PATIENCE_MS", 1000)
    return 1.0


def test_what_a_page_at_rest_does_not_show_will_not_come(mark: Mark, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fixtures.observed.progress.PATIENCE_MS", 60_000)  # so that no machine is too slow to tell
    begun = time.monotonic()

    assert not mark.becomes_visible()
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize("script", ["setTimeout(() => {}, 900_000)", "setInterval(() => postMessage(1), 400)"])
def test_a_worker_that_only_has_timers_keeps_nobody_waiting(
    mark: Mark, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fixtures.observed.progress.PATIENCE_MS", 60_000)
    mark.page.evaluate(f"() => {{ new Worker(URL.createObjectURL(new Blob([`{script}`]))); }}")
    begun = time.monotonic()

    assert not mark.becomes_visible()
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    "script",
    [
        f"setTimeout(() => {SHOW}, 900)",
        f"fetch('/next').then((answer) => answer.text()).then(() => setTimeout(() => {SHOW}, 300))",
        worker("setTimeout(() => postMessage(1), 900)"),
        worker(AT_WORK_FOR_A_WHILE),
        f"setTimeout(() => fetch('/next').then(() => setTimeout(() => {SHOW}, 700)), 400)",
        COUNTDOWN,
    ],
    ids=["timer", "request", "timer-of-a-worker", "worker", "request-in-a-moment", "countdown"],
)
def test_what_is_still_to_come_is_waited_for(mark: Mark, script: str) -> None:
    mark.page.evaluate(f"() => {{ {script}; }}")

    assert mark.becomes_visible()


def test_what_the_next_document_is_to_show_is_waited_for(context: BrowserContext, mark: Mark) -> None:
    parsed = f"document.addEventListener('DOMContentLoaded', () => setTimeout(() => {SHOW}, 300))"
    context.add_init_script(f"if (location.pathname === '/next') {parsed}")
    mark.page.evaluate("() => void setTimeout(() => location.assign('/next'), 300)")

    assert mark.becomes_visible()


def test_an_answer_is_waited_for_to_a_request_that_has_not_been_reported_yet(
    context: BrowserContext, recorder: CountingRecorder, mark: Mark
) -> None:
    held = HeldByTheBrowser(context, "*/next")
    context.route("**/next", lambda route: route.continue_())
    recorder.when_asked_often(held.release, after=20)
    mark.page.evaluate(f"() => void setTimeout(() => fetch('/next').then(() => {SHOW}), 300)")

    assert mark.becomes_visible()


# A page at work shows that it is, and is slow to come to rest then; one that asks for something new has more to show.
AT_WORK = """
  document.title += ".";
  setTimeout(() => {
    const until = performance.now() + 1000;
    while (performance.now() < until);
    if (times) setTimeout(step, 400); else step();
  });
"""
ASKING = "fetch(`/${times}`).then(() => setTimeout(step, 300));"


@pytest.mark.parametrize(("does", "times"), [(AT_WORK, 3), (ASKING, 6)], ids=["at-work", "asking"])
def test_a_page_that_is_on_its_way_for_longer_than_the_usual_patience_is_waited_for(
    mark: Mark, patience: float, does: str, times: int
) -> None:
    step = f"const step = () => {{ if (times === 0) {{ {SHOW}; return; }} times -= 1; {does} }};"
    begun = time.monotonic()
    mark.page.evaluate(f"(times) => {{ {step} setTimeout(step); }}", times)

    assert mark.becomes_visible()
    assert time.monotonic() - begun > patience


def test_a_page_that_only_ticks_has_the_usual_patience(
    mark: Mark, recorder: CountingRecorder, patience: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fixtures.observed.progress.BUSY_SECONDS", math.inf)  # what is slow here is the machine
    mark.page.evaluate("() => void setInterval(() => { document.title += '.'; }, 200)")

    turns = [time.monotonic() for _ in progress(mark.page, recorder)]

    assert sum(turn > turns[0] + patience for turn in turns) <= 1


def test_any_of_several_will_do(page: Page) -> None:
    mark = Mark(page, WANTED, "either", lambda: iter(()), (Find(css="body"),))

    assert mark.becomes_visible()
    assert mark.sought == 'text "what was asked for" or css body'


def test_what_the_browser_says_of_an_element_that_cannot_be_looked_for_is_passed_on(page: Page) -> None:
    mark = Mark(page, Find(css="p["), "a paragraph")

    with pytest.raises(CouldNotAsk, match=r"^css p\[ could not be looked for: .*p\["):
        mark.is_visible()
