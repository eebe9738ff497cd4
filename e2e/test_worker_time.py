"""A dedicated worker's time goes by with that of its page, and what the app has workers for is not disturbed by it."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from fixtures.observed.quiet import settle
from fixtures.observed.recorder import Recorder
from fixtures.observed.tasks import WATCH_TASKS, let_tasks_run
from fixtures.page.clock import PageClock
from fixtures.page.timers import seconds_to_next
from fixtures.page.used import QUESTIONS
from fixtures.page.worker_clock import worker_clock
from fixtures.page.workers import has_workers_unheard_of
from fixtures.target import TARGETS, read_target
from fixtures.tokens.names import TokenNames

PAGE = "http://workers.test/"
JAVASCRIPT = "text/javascript"

SCRIPTS: dict[str, str] = {}
"""What the scripts under these paths are, for the test that runs."""

KINDS = {
    "classic": "(body) => new Worker('/script.js')",
    "module": "(body) => new Worker('/script.js', { type: 'module' })",
    "imported by a module": "(body) => new Worker('/imports.js', { type: 'module' })",
    "imported by a script": "(body) => new Worker('/imports-scripts.js')",
    "blob": """(body) => {
      const address = URL.createObjectURL(new Blob([body], { type: "text/javascript" }));
      const worker = new Worker(address);
      URL.revokeObjectURL(address);
      return worker;
    }""",
    "blob of a module": """(body) =>
      new Worker(URL.createObjectURL(new Blob([body], { type: "text/javascript" })), { type: "module" })""",
}


@pytest.fixture
def clock(context: BrowserContext) -> PageClock:
    return PageClock(context)


@pytest.fixture
def page(context: BrowserContext, clock: PageClock) -> Page:
    def serve(route: Route) -> None:
        path = route.request.url.removeprefix(PAGE.rstrip("/"))
        script = SCRIPTS.get(path)
        route.fulfill(body=script or "workers", content_type=JAVASCRIPT if script else "text/html")

    context.route("**/*", serve)
    context.add_init_script(WATCH_TASKS)
    page = context.new_page()
    clock.follow(page)
    page.goto(PAGE)
    return page


def start(page: Page, body: str, kind: str = "classic") -> None:
    """Start a worker with this script, what it says to be heard in ``heard``; it says "started" at its end."""
    body += "\npostMessage('started');"
    SCRIPTS.clear()
    SCRIPTS.update(
        {
            "/script.js": body,
            "/imports.js": "import './script.js';",
            "/imports-scripts.js": "importScripts('script.js')",
        }
    )
    page.evaluate(
        f"""(body) => {{
          window.heard ??= [];
          window.worker = ({KINDS[kind]})(body);
          worker.onmessage = ({{ data }}) => {{ heard.push(data); }};
          worker.addEventListener("error", ({{ message }}) => {{ heard.push(message); }});
        }}""",
        body,
    )
    page.wait_for_function("heard.includes('started')")
    page.evaluate("() => { heard = heard.filter((said) => said !== 'started'); }")


def heard(page: Page) -> Any:
    return page.evaluate("heard")


# So long that a slow machine's real time is nothing against it.
TELL = "setTimeout(() => postMessage('due'), 60_000);"


@pytest.mark.parametrize("moved", ["run", "jump"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_timer_of_a_worker_comes_due_as_the_pages_time_goes_by(
    page: Page, clock: PageClock, kind: str, moved: str
) -> None:
    start(page, TELL, kind)
    clock.run(40) if moved == "run" else clock.jump(40)
    assert heard(page) == []

    clock.run(21) if moved == "run" else clock.jump(21)

    assert heard(page) == ["due"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_starts_later_has_the_time_of_its_page(page: Page, clock: PageClock, kind: str) -> None:
    clock.jump(3600)

    start(page, "postMessage([Date.now(), new Date().getTime(), Date.parse(Date())]);", kind)

    now = page.evaluate("Date.now()")
    for said in heard(page)[0]:
        assert abs(now - said) < 60_000


def test_date_and_performance_of_a_worker_move_with_the_page(page: Page, clock: PageClock) -> None:
    start(page, "onmessage = () => { postMessage([Date.now(), performance.now()]); };")
    ask = "() => new Promise((then) => { worker.onmessage = ({ data }) => then(data); worker.postMessage(0); })"
    before = page.evaluate(ask)

    clock.jump(3600)

    date, elapsed = (after - first for after, first in zip(page.evaluate(ask), before, strict=True))
    assert 3_599_000 < date < 3_660_000
    assert 3_599_000 < elapsed < 3_660_000


def test_dates_are_what_they_were(page: Page) -> None:
    start(
        page,
        """postMessage([
          new Date(0) instanceof Date, new Date().constructor === Date, typeof Date(),
          Date.UTC(1970, 0), new Date(5) * 1,
        ]);""",
    )

    assert heard(page) == [[True, True, "string", 0, 5]]


def test_an_interval_fires_as_often_as_time_is_run_through_and_once_after_a_jump(page: Page, clock: PageClock) -> None:
    start(page, "setInterval(() => postMessage('tick'), 10_000);")

    clock.run(60.5)
    assert heard(page) == ["tick"] * 6
    clock.jump(600)
    assert heard(page) == ["tick"] * 7
    clock.run(10.5)
    assert heard(page) == ["tick"] * 8


def test_while_the_device_sleeps_no_timer_of_a_worker_comes_nearer(page: Page, clock: PageClock) -> None:
    start(page, f"onmessage = () => postMessage(Date.now()); setTimeout(() => postMessage('due'), 60_000); {TELL}")
    clock.run(20)

    clock.sleep(3600)

    assert heard(page) == []
    let_tasks_run(page)
    assert 20 < (seconds_to_next(page) or 0) <= 40
    page.evaluate("() => { worker.postMessage(0); }")
    let_tasks_run(page)
    assert abs(heard(page).pop() - page.evaluate("Date.now()")) < 60_000
    clock.run(41)
    assert heard(page)[1:] == ["due", "due"]


def test_timers_come_due_in_their_order_with_what_they_were_given(page: Page, clock: PageClock) -> None:
    start(
        page,
        """
        setTimeout((...given) => postMessage(given), 3000, 1, 2);
        setTimeout('postMessage("text")', 2000);
        clearTimeout(setTimeout(() => postMessage("called off"), 1000));
        clearInterval(setInterval(() => postMessage("called off"), 1000));
        setTimeout(() => { throw new Error("by the worker"); }, 1500);
        """,
    )

    clock.run(5)

    assert heard(page) == ["Uncaught Error: by the worker", "text", [1, 2]]


def test_page_and_worker_answer_each_other_while_time_is_run_through(page: Page, clock: PageClock) -> None:
    start(page, "onmessage = () => { setTimeout(() => postMessage('again'), 2000); };")
    page.evaluate("() => { worker.onmessage = () => { heard.push(0); worker.postMessage(0); }; }")
    page.evaluate("() => { worker.postMessage(0); }")

    clock.run(60)

    assert 25 <= len(heard(page)) <= 31


def test_what_a_worker_is_told_is_answered_before_its_page_is_at_rest(page: Page) -> None:
    start(page, "onmessage = async () => { await 0; setTimeout(() => postMessage('answer')); };")

    page.evaluate("() => { worker.postMessage(0); }")
    let_tasks_run(page)

    assert heard(page) == ["answer"]


def test_the_timers_of_a_worker_are_known_beforehand(page: Page, clock: PageClock) -> None:
    start(page, TELL)
    let_tasks_run(page)
    assert 50 < (seconds_to_next(page) or 0) <= 60

    clock.run(40)
    assert 10 < (seconds_to_next(page) or 0) <= 20
    clock.run(21)
    assert seconds_to_next(page, of_every_kind=True) is None


def test_a_worker_that_ticks_and_does_nothing_is_not_waited_for(page: Page, clock: PageClock) -> None:
    start(page, "setInterval(() => postMessage('tick'), 300);")
    clock.run(2)
    let_tasks_run(page)

    assert seconds_to_next(page) is None
    assert seconds_to_next(page, of_every_kind=True) is not None
    assert let_tasks_run(page).seconds_idle is not None
    assert not has_workers_unheard_of(page)


@pytest.mark.parametrize("end", ["worker.terminate()", "worker.postMessage('close')"])
def test_the_timers_of_a_worker_end_with_it(page: Page, clock: PageClock, end: str) -> None:
    start(page, f"onmessage = () => {{ close(); }}; {TELL}")
    let_tasks_run(page)

    page.evaluate(f"() => {{ {end}; }}")
    let_tasks_run(page)
    assert seconds_to_next(page, of_every_kind=True) is None
    clock.run(61)

    assert heard(page) == []


def test_the_deadline_of_a_workers_request_goes_by_the_pages_clock(page: Page, clock: PageClock) -> None:
    page.context.route("**/silent", lambda route: None)
    start(page, "fetch('/silent', { signal: AbortSignal.timeout(10_000) }).catch(({ name }) => postMessage(name));")

    clock.run(11)

    page.wait_for_function("heard.length", timeout=4_000)
    assert heard(page) == ["TimeoutError"]


def test_a_worker_that_has_put_something_off_is_known_to_do_nothing_until_then(page: Page) -> None:
    start(page, TELL)
    let_tasks_run(page)

    assert not has_workers_unheard_of(page)


def test_app_and_worker_hear_nothing_of_what_the_suite_says(page: Page, clock: PageClock) -> None:
    start(page, "onmessage = ({ data }) => postMessage(['listener', data]);")
    page.evaluate("() => { worker.addEventListener('message', ({ data }) => heard.push(data)); }")

    clock.run(5)
    let_tasks_run(page)
    assert heard(page) == []
    page.evaluate("() => { worker.postMessage('asked'); }")
    let_tasks_run(page)

    assert heard(page) == [["listener", "asked"]] * 2


def test_a_worker_without_an_ear_is_left_alone(page: Page, clock: PageClock) -> None:
    start(page, "onmessage = () => { const end = Date.now() + 2500; while (Date.now() < end); };")
    page.evaluate("() => { worker.postMessage(0); setTimeout(() => heard.push('page'), 5000); }")

    clock.run(6)

    assert heard(page) == ["page"]
    assert let_tasks_run(page).seconds_idle == 0, "nobody knows"
    assert has_workers_unheard_of(page)


def test_a_worker_that_cannot_be_given_a_clock_runs_as_before(page: Page, clock: PageClock) -> None:
    address = "data:text/javascript,setTimeout(() => postMessage('due'), 50); postMessage('started');"
    page.evaluate(
        """(address) => {
          window.heard = [];
          window.worker = new Worker(address);
          worker.onmessage = ({ data }) => { heard.push(data); };
        }""",
        address,
    )

    clock.run(3)

    page.wait_for_function("heard.length === 2")
    assert heard(page) == ["started", "due"]
    assert has_workers_unheard_of(page)


def test_a_worker_says_what_it_uses(page: Page) -> None:
    start(page, "onmessage = () => { indexedDB.open('a'); };")
    assert let_tasks_run(page, used_by_others=()).used == frozenset()

    page.evaluate("() => { worker.postMessage(0); }")

    assert let_tasks_run(page, used_by_others=()).used == {"indexedDB"}


@pytest.mark.parametrize(
    "body", ["postMessage(typeof fetch)", "onmessage = () => { setTimeout(() => postMessage('due'), 1000); };"]
)
def test_what_asks_nobody_is_no_use_of_anything(page: Page, body: str) -> None:
    start(page, body)

    page.evaluate("() => { worker.postMessage(0); }")

    assert let_tasks_run(page, used_by_others=()).used == frozenset()


@pytest.mark.parametrize(
    "body",
    [
        "new Worker(URL.createObjectURL(new Blob([''])))",
        "navigator.permissions.query({ name: 'notifications' })",
    ],
)
def test_what_a_worker_uses_that_has_no_question_of_its_own_may_be_anything(page: Page, body: str) -> None:
    start(page, f"onmessage = () => {{ {body}; }};")

    page.evaluate("() => { worker.postMessage(0); }")

    assert let_tasks_run(page, used_by_others=()).used == set(QUESTIONS)


def test_a_worker_that_cannot_be_asked_may_use_anything_as_long_as_it_lives(page: Page) -> None:
    page.evaluate("() => { window.worker = new Worker('data:text/javascript,'); }")
    assert let_tasks_run(page, used_by_others=()).used == set(QUESTIONS)

    page.evaluate("() => { worker.terminate(); }")

    assert let_tasks_run(page, used_by_others=()).used == frozenset()


def test_a_script_that_is_strict_remains_so(page: Page) -> None:
    start(page, "/* a licence */ 'use strict';\n(function () { postMessage(this === undefined); })();")

    assert heard(page) == [True]


def test_workers_are_what_they_were(page: Page) -> None:
    start(page, "")

    assert page.evaluate("[worker instanceof Worker, Object.getPrototypeOf(worker) === Worker.prototype]") == [
        True,
        True,
    ]
    assert page.evaluate("() => { class Own extends Worker {} return new Own('/script.js') instanceof Own; }")
    assert page.evaluate("() => { try { new Worker(); } catch (error) { return error.name; } }") == "TypeError"


def test_the_clock_of_a_worker_does_nothing_in_a_page(page: Page) -> None:
    before = page.evaluate("() => [String(Date), String(setTimeout), String(postMessage)]")

    page.evaluate(worker_clock(3600))

    assert page.evaluate("() => [String(Date), String(setTimeout), String(postMessage)]") == before


def test_a_worker_that_is_ended_before_its_script_has_come_is_not_waited_for(
    context: BrowserContext, clock: PageClock
) -> None:
    target = read_target(Path(TARGETS / "reference.toml"))
    recorder = Recorder(context, target, origin=PAGE.rstrip("/"), names=TokenNames(), clock=clock)
    context.route("**/*", lambda route: route.fulfill(body="workers", content_type="text/html"))
    context.route("**/late.js", lambda route: None)
    page = context.new_page()
    clock.follow(page)
    recorder.add_tab(page)
    page.goto(PAGE)

    with page.expect_request("**/late.js"):
        page.evaluate("() => { window.worker = new Worker('/late.js'); }")
    page.evaluate("() => { worker.terminate(); }")

    settle([page], recorder)
    assert recorder.unanswered == ()
