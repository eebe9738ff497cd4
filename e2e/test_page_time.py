"""A page's frames and timers where its time is moved: none is lost, and none comes that the page has called off."""

import pytest
from playwright.sync_api import BrowserContext, Page

from fixtures.page.clock import PageClock
from fixtures.page.timers import seconds_to_next


@pytest.fixture
def clock(context: BrowserContext) -> PageClock:
    return PageClock(context)


@pytest.fixture
def page(context: BrowserContext, clock: PageClock) -> Page:  # noqa: ARG001 - the clock comes first
    return context.new_page()


# Draws each frame, and calls off another one.
FRAMES = """() => {
  window.drawn = window.called_off = 0;
  const draw = () => {
    drawn += 1;
    cancelAnimationFrame(requestAnimationFrame(() => { called_off += 1; }));
    requestAnimationFrame(draw);
  };
  draw();
}"""


def test_frames_are_few_while_time_is_run_through_and_then_as_many_as_ever(page: Page, clock: PageClock) -> None:
    page.evaluate(FRAMES)
    clock.run(300)
    drawn = page.evaluate("drawn")
    assert 200 < drawn < 1000

    page.wait_for_function("(before) => drawn > before + 60", arg=drawn, timeout=20_000)
    assert page.evaluate("called_off") == 0


@pytest.mark.parametrize("length", ["", "0", "NaN", "'soon'", "-1"])
def test_an_interval_of_no_length_keeps_no_other_timer_from_coming_due(
    page: Page, clock: PageClock, length: str
) -> None:
    timers = f"setInterval(() => 0, {length}); setTimeout(() => {{ window.fired = true; }}, 5000);"
    asked = f"const before = Date.now(); {timers} const due = __afreshTimers.next();"
    due, passed = page.evaluate(f"() => {{ {asked} return [due, Date.now() - before]; }}")
    assert due <= 4 <= due + passed  # of no length it would come due for ever, before any other

    clock.run(6)

    assert page.evaluate("window.fired")


def test_timers_get_what_the_page_has_given_them(page: Page, clock: PageClock) -> None:
    page.evaluate("() => { setTimeout((...given) => { window.late = given; }, 5000, 1, 2); }")
    page.evaluate("() => { setTimeout('window.code = 3', 5000); clearTimeout(setTimeout('window.code = 4', 6000)); }")

    clock.run(7)

    assert page.evaluate("[late, code]") == [[1, 2], 3]


def test_a_timer_that_has_been_called_off_is_none(page: Page) -> None:
    page.evaluate("() => clearTimeout(setTimeout(() => 0, 5000))")
    page.evaluate("() => clearInterval(setInterval(() => 0, 5000))")

    assert seconds_to_next(page) is None


def test_a_longer_time_than_browsers_can_count_is_none(page: Page) -> None:
    due = page.evaluate("() => { setTimeout(() => { window.fired = true; }, 2 ** 31); return __afreshTimers.next(); }")

    assert due <= 1
    page.wait_for_function("window.fired")


TICKING = {
    "an interval": "setInterval(() => { fired += 1; }, 300)",
    "a timer that sets itself": "const tick = () => { fired += 1; setTimeout(tick, 300); }; setTimeout(tick, 300)",
    "one that is set a task later": """
      const { port1, port2 } = new MessageChannel();
      const tick = () => { fired += 1; port2.postMessage(0); };
      port1.onmessage = () => { setTimeout(tick, 300); };
      setTimeout(tick, 300);
    """,
}


@pytest.mark.parametrize("ticking", TICKING)
def test_what_ticks_and_does_nothing_is_not_waited_for(page: Page, clock: PageClock, ticking: str) -> None:
    page.evaluate(f"() => {{ window.fired = 0; {TICKING[ticking]}; }}")
    assert seconds_to_next(page) is not None

    while page.evaluate("fired") < 4:
        clock.run(0.31)

    assert seconds_to_next(page) is None
    assert seconds_to_next(page, of_every_kind=True) is not None


def test_a_queue_that_was_empty_may_have_something_in_it_the_next_time(page: Page, clock: PageClock) -> None:
    page.evaluate("() => { window.letSomeGo = () => { window.went = true; }; }")
    for _ in range(4):
        page.evaluate("() => { setTimeout(letSomeGo, 300); }")
        clock.run(0.5)

    page.evaluate("() => { setTimeout(letSomeGo, 300); }")

    assert 0 < (seconds_to_next(page) or 0) <= 0.3


THROWING = {
    "timer": "setTimeout(() => { throw new Error('by the page'); }, 500)",
    "interval": "const id = setInterval(() => { clearInterval(id); throw new Error('by the page'); }, 500)",
    "text": "setTimeout('throw new Error(\\'by the page\\')', 500)",
    "frame": "requestAnimationFrame(() => { throw new Error('by the page'); })",
    "idle": "requestIdleCallback(() => { throw new Error('by the page'); })",
}


@pytest.mark.parametrize("moved", ["run", "jump"])
@pytest.mark.parametrize("what", THROWING)
def test_what_a_timer_throws_is_an_error_of_the_page(page: Page, clock: PageClock, what: str, moved: str) -> None:
    page.evaluate("() => { window.heard = []; addEventListener('error', ({ message }) => heard.push(message)); }")
    page.evaluate(f"() => {{ {THROWING[what]}; setTimeout(() => {{ window.later = true; }}, 600); }}")

    clock.run(1) if moved == "run" else clock.jump(1)

    assert page.evaluate("[heard, later]") == [["Uncaught Error: by the page"], True]


def test_while_the_device_sleeps_it_gets_later_and_no_timer_comes_nearer(page: Page, clock: PageClock) -> None:
    page.evaluate("() => { window.fired = []; setTimeout(() => fired.push('once'), 60_000); }")
    page.evaluate("() => { setInterval(() => fired.push('again'), 60_000); }")
    before = page.evaluate("Date.now()")
    clock.run(20)

    clock.sleep(3600)

    assert 3_619_000 <= page.evaluate("Date.now()") - before < 3_680_000
    assert page.evaluate("fired") == []
    assert 20 < (seconds_to_next(page) or 0) <= 40
    clock.run(41)
    assert page.evaluate("fired") == ["once", "again"]
