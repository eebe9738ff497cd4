"""What a page is to show is waited for while the page is on its way to it, and no longer."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from e2e.test_quiet import SlowBody
from fixtures.ends import CouldNotAsk
from fixtures.observed.progress import progress
from fixtures.observed.quiet import WATCH_READS
from fixtures.observed.recorder import Recorder
from fixtures.page.clock import PageClock
from fixtures.page.marks import PATIENCE_MS, Mark
from fixtures.target import TARGETS, Find, read_target
from fixtures.tokens.names import TokenNames

SHOW = "document.body.append('what was asked for')"
WANTED = Find(text="what was asked for")

WORKER = """URL.createObjectURL(new Blob(["setTimeout(() => postMessage(1), 1500)"]))"""


@pytest.fixture
def mark(context: BrowserContext) -> Iterator[Mark]:
    """What the page is to show, on a page that shows nothing yet."""
    with closing(SlowBody()) as server:
        server.body_is_due.set()
        context.add_init_script(WATCH_READS)
        recorder = Recorder(
            context,
            read_target(Path(TARGETS / "reference.toml")),
            origin=server.origin,
            names=TokenNames(),
            clock=PageClock(context),
        )
        page = context.new_page()
        recorder.add_tab(page)
        page.goto(server.origin)
        yield Mark(page, WANTED, "what was asked for", lambda: progress(page, recorder))


def seconds_until_told(mark: Mark, *, is_shown: bool) -> float:
    begun = time.monotonic()
    assert mark.becomes_visible() is is_shown
    return time.monotonic() - begun


def test_what_a_page_at_rest_does_not_show_will_not_come(mark: Mark) -> None:
    assert seconds_until_told(mark, is_shown=False) < PATIENCE_MS / 1000 / 2


@pytest.mark.parametrize(
    "script",
    [
        f"setTimeout(() => {SHOW}, 900)",
        f"fetch('/next').then((answer) => answer.text()).then(() => setTimeout(() => {SHOW}, 300))",
        f"new Worker({WORKER}).onmessage = () => {SHOW}",
    ],
    ids=["timer", "request", "worker"],
)
def test_what_is_still_to_come_is_waited_for(mark: Mark, script: str) -> None:
    mark.page.evaluate(f"() => {{ {script}; }}")

    assert mark.becomes_visible()


def test_a_page_that_is_at_work_for_longer_than_the_usual_patience_is_waited_for(mark: Mark) -> None:
    work = """(times) => {
      const step = () => {
        const until = performance.now() + 700;
        while (performance.now() < until);
        times -= 1;
        if (times) setTimeout(step); else SHOW;
      };
      setTimeout(step);
    }""".replace("SHOW", SHOW)
    mark.page.evaluate(work, 2 + PATIENCE_MS // 700)

    assert seconds_until_told(mark, is_shown=True) > PATIENCE_MS / 1000


def test_a_page_that_only_ticks_has_the_usual_patience(mark: Mark) -> None:
    mark.page.evaluate("() => void setInterval(() => { document.title += '.'; }, 200)")

    assert seconds_until_told(mark, is_shown=False) < PATIENCE_MS / 1000 + 2


def test_any_of_several_will_do(page: Page) -> None:
    mark = Mark(page, WANTED, "either", lambda: iter(()), (Find(css="body"),))

    assert mark.becomes_visible()
    assert mark.sought == 'text "what was asked for" or css body'


def test_what_the_browser_says_of_an_element_that_cannot_be_looked_for_is_passed_on(page: Page) -> None:
    mark = Mark(page, Find(css="p["), "a paragraph")

    with pytest.raises(CouldNotAsk, match=r"^css p\[ could not be looked for: .*p\["):
        mark.is_visible()
