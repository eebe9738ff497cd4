"""Cookies end by the page's clock, as they would had time really passed."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import BrowserContext, Page

from fixtures.page.clock import PageClock

LIFETIME = 900


class _Setting(BaseHTTPRequestHandler):
    """Sets a cookie of the path's name: one with an end of its own, one without, one with a date."""

    def do_GET(self) -> None:
        name = self.path.strip("/")
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        if name:
            self.send_header("Set-Cookie", f"{name}=1; Path=/; HttpOnly; Max-Age={LIFETIME}")
            self.send_header("Set-Cookie", f"{name}-lasting=1; Path=/; HttpOnly")
        self.end_headers()

    def log_message(self, *said: object) -> None: ...


@pytest.fixture
def origin() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Setting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def clock(context: BrowserContext) -> PageClock:
    return PageClock(context)


@pytest.fixture
def page(context: BrowserContext, clock: PageClock, origin: str) -> Page:  # noqa: ARG001 - the clock comes first
    page = context.new_page()
    page.goto(origin)
    return page


def names(context: BrowserContext) -> set[str]:
    return {cookie["name"] for cookie in context.cookies()}


@pytest.mark.parametrize("move", [PageClock.jump, PageClock.run], ids=["jump", "run"])
def test_a_cookie_is_gone_when_its_end_is_past_by_the_pages_clock(
    context: BrowserContext, page: Page, clock: PageClock, origin: str, move: object
) -> None:
    assert callable(move)
    page.goto(f"{origin}/first")
    move(clock, LIFETIME - 100)
    page.goto(f"{origin}/second")
    assert names(context) == {"first", "first-lasting", "second", "second-lasting"}
    left = clock.left_of_cookie("second")
    assert left is not None
    assert left == pytest.approx(LIFETIME, abs=30)

    move(clock, 200)
    assert names(context) == {"first-lasting", "second", "second-lasting"}

    move(clock, LIFETIME)
    assert names(context) == {"first-lasting", "second-lasting"}
    assert clock.left_of_cookie("second") is None


def test_a_cookie_that_is_set_anew_has_its_time_from_then_on(
    context: BrowserContext, page: Page, clock: PageClock, origin: str
) -> None:
    page.goto(f"{origin}/first")
    clock.jump(LIFETIME - 100)
    page.goto(f"{origin}/first")
    clock.jump(200)

    assert names(context) == {"first", "first-lasting"}
    assert clock.left_of_cookie("first") == pytest.approx(LIFETIME - 200, abs=30)


def test_a_date_that_the_page_sets_is_one_of_its_own_clock(
    context: BrowserContext, page: Page, clock: PageClock
) -> None:
    def set_by_page(cookie: str) -> None:
        # To look is answered behind what has been set, by another process, which the suite asks by another way.
        page.evaluate(f"() => {{ document.cookie = {cookie}; return document.cookie; }}")

    clock.jump(LIFETIME)
    set_by_page("`a=1; expires=${new Date(Date.now() + 100_000).toUTCString()}`")
    set_by_page("'b=1; max-age=100'")
    set_by_page("'c=1; expires=0'")
    set_by_page("`d=1; max-age=100; expires=${new Date(Date.now() + 900_000).toUTCString()}`")
    assert names(context) == {"a", "b", "c", "d"}

    clock.jump(50)
    assert names(context) == {"a", "b", "c", "d"}
    set_by_page("`c=; expires=${new Date(Date.now() - 1000).toUTCString()}`")
    assert names(context) == {"a", "b", "d"}

    clock.jump(100)
    assert names(context) == set()
