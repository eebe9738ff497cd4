"""A page that always has something more urgent to do than what comes last: it is at rest only when it is done."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from e2e.hand_written import Makes
from fixtures.ends import RuleBroken
from fixtures.observed.quiet import settle
from fixtures.spa import Spa

PAGES = """[pages]
home = { path = "/", shows = { text = "Here is /api/first" } }

[pages.calls]
path = "/"
shows = { text = "Here is /api/first" }
control = { role = "button", name = "Ask" }
"""

# One task is always waiting, as in a framework that renders anew whenever something has failed.
WORKS = """
const { port1: turn, port2: next } = new MessageChannel();
const workUntil = (isOver) => new Promise((resolve) => {
  turn.onmessage = () => { if (isOver()) resolve(); else next.postMessage(0); };
  next.postMessage(0);
});
const workFor = (milliseconds) => {
  const end = performance.now() + milliseconds;
  return workUntil(() => performance.now() > end);
};
"""
ASKS_AT_ONCE_WHEN_IT_HAS_FAILED = """
const again = () => fetch("/api/second").then(again, again);
const begin = () => { show("/api/first"); button("Ask", () => { workUntil(() => false); again(); }); };
"""
ASKS_WHEN_IT_HAS_WORKED = """
const begin = () => { show("/api/first"); button("Ask", () => workFor(2500).then(() => show("/api/second"))); };
"""
ONLY_SHOWS = """
let isAtWork = false;
const begin = () => { show("/api/first"); };
"""


@pytest.fixture
def make(new_context: Callable[[], BrowserContext], tmp_path: Path) -> Iterator[Callable[[str], Spa]]:
    with closing(Makes(new_context, tmp_path)) as makes:
        yield lambda script: makes(WORKS + script, PAGES)


@pytest.mark.parametrize("is_offline", [True, False], ids=["offline", "online"])
def test_one_that_asks_over_and_over_is_in_a_loop(make: Callable[[str], Spa], *, is_offline: bool) -> None:
    spa = make(ASKS_AT_ONCE_WHEN_IT_HAS_FAILED)
    spa.sign_in()
    spa.open(spa.pages.calls)
    if is_offline:
        spa.network.cut()

    with pytest.raises(RuleBroken, match=r"^Request loop: GET /api/second was sent \d+ times"), spa.lifeline.held():
        spa.call_api()


def test_what_one_asks_for_after_long_work_is_waited_for(make: Callable[[str], Spa]) -> None:
    spa = make(ASKS_WHEN_IT_HAS_WORKED)
    spa.sign_in()
    spa.open(spa.pages.calls)

    with spa.lifeline.held(), spa.watched() as log:
        spa.call_api()

    assert [(exchange.path, exchange.status) for exchange in log.api] == [("/api/second", 200)]


def test_one_that_works_and_asks_for_nothing_shows_no_sign_of_life(make: Callable[[str], Spa]) -> None:
    spa = make(ONLY_SHOWS)
    spa.sign_in()
    page = spa.page
    page.evaluate("() => { isAtWork = true; workFor(2500).then(() => { isAtWork = false; }); }")
    was_at_work: list[bool] = []

    settle([page], spa.recorder, alive=lambda: was_at_work.append(page.evaluate("() => isAtWork")))

    assert was_at_work
    assert not any(was_at_work), "who never hears of it ends the wait"
