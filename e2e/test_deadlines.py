"""A request's deadline goes by the page's clock: nothing is given up before, and nothing is waited for beyond it."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from fixtures.page.clock import PageClock
from fixtures.page.timers import seconds_to_next

PAGE, SILENT, SOUND = (f"http://deadlines.test/{path}" for path in ("", "silent", "sound"))


@pytest.fixture
def clock(context: BrowserContext) -> PageClock:
    return PageClock(context)


@pytest.fixture
def page(context: BrowserContext, clock: PageClock) -> Page:  # noqa: ARG001 - the clock comes first
    def serve(route: Route) -> None:
        if not route.request.url.endswith("/silent"):
            route.fulfill(body="sound", content_type="text/html")

    context.route("**/*", serve)
    page = context.new_page()
    page.goto(PAGE)
    page.evaluate(
        """() => {
          window.heard = [];
          window.ask = (path, set = () => undefined) => {
            const request = new XMLHttpRequest();
            for (const name of ["load", "abort", "error", "timeout", "loadend"])
              request[`on${name}`] = () => { heard.push(`${name} ${request.readyState} ${request.status}`); };
            request.open("GET", path);
            set(request);
            request.send();
            return request;
          };
        }"""
    )
    return page


def heard(page: Page, *, at_least: int = 0) -> Any:
    # Less real time than any of the deadlines, by which the browser would end the request itself.
    page.wait_for_function("(count) => heard.length >= count", arg=at_least, timeout=4_000)
    return page.evaluate("heard")


@pytest.mark.parametrize("moved", ["run", "jump"])
def test_a_request_that_nobody_answers_is_given_up_when_its_time_has_come(
    page: Page, clock: PageClock, moved: str
) -> None:
    page.evaluate("() => { ask('/silent', (request) => { request.timeout = 10_000; }); }")
    clock.run(9) if moved == "run" else clock.jump(9)
    assert heard(page) == []

    clock.run(1.5) if moved == "run" else clock.jump(1.5)

    assert heard(page, at_least=2) == ["timeout 4 0", "loadend 4 0"]


def test_a_deadline_may_be_set_while_the_request_is_under_way(page: Page, clock: PageClock) -> None:
    page.evaluate("() => { window.late = ask('/silent'); }")
    clock.run(5)
    page.evaluate("() => { late.timeout = 6_000; }")
    assert page.evaluate("late.timeout") == 6_000
    assert 0 < (seconds_to_next(page, of_every_kind=True) or 0) <= 1
    assert seconds_to_next(page) is None, "it is nothing that the page has put off"

    clock.run(1.5)

    assert heard(page, at_least=2) == ["timeout 4 0", "loadend 4 0"]


def test_a_deadline_that_is_taken_back_is_none(page: Page, clock: PageClock) -> None:
    page.evaluate("() => { ask('/silent', (request) => { request.timeout = 10_000; }).timeout = 0; }")

    clock.run(60)

    assert heard(page) == []
    assert seconds_to_next(page, of_every_kind=True) is None


@pytest.mark.parametrize("end", ["answered", "aborted"])
def test_a_request_that_has_ended_has_no_deadline(page: Page, clock: PageClock, end: str) -> None:
    path = "/sound" if end == "answered" else "/silent"
    page.evaluate(f"() => {{ window.one = ask('{path}', (request) => {{ request.timeout = 10_000; }}); }}")
    if end == "aborted":
        page.evaluate("() => one.abort()")
    ended = heard(page, at_least=2)
    assert ended == (["load 4 200", "loadend 4 200"] if end == "answered" else ["abort 4 0", "loadend 4 0"])
    assert seconds_to_next(page, of_every_kind=True) is None

    clock.run(60)

    assert heard(page) == ended


def test_a_request_that_is_used_anew_keeps_its_deadline(page: Page, clock: PageClock) -> None:
    page.evaluate("() => { window.one = ask('/silent', (request) => { request.timeout = 10_000; }); }")
    clock.run(11)
    heard(page, at_least=2)
    assert page.evaluate("one.timeout") == 10_000

    page.evaluate("() => { heard.length = 0; one.open('GET', '/silent'); one.send(); }")
    clock.run(9)
    assert heard(page) == []
    clock.run(2)

    assert heard(page, at_least=2) == ["timeout 4 0", "loadend 4 0"]


def test_what_may_not_be_set_is_said_as_ever(page: Page) -> None:
    said = page.evaluate(
        """() => {
          const request = new XMLHttpRequest();
          request.open("GET", "/sound", false);
          try { request.timeout = 1; } catch (error) { return error.name; }
        }"""
    )

    assert said == "InvalidAccessError"


def test_a_signal_with_a_deadline_is_known_beforehand_and_says_what_it_was(page: Page, clock: PageClock) -> None:
    page.evaluate(
        """() => {
          const signal = AbortSignal.timeout(10_000);
          fetch("/silent", { signal }).catch((error) => { heard.push(`${error.name} ${signal.reason === error}`); });
        }"""
    )
    assert 9 < (seconds_to_next(page, of_every_kind=True) or 0) <= 10
    assert seconds_to_next(page) is None, "it is nothing that the page has put off"

    clock.run(11)

    assert heard(page, at_least=1) == ["TimeoutError true"]
