"""What a page announces of its requests is known in whatever order the browser's processes tell of it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Request

from fixtures.apps.servers import RunningApp
from fixtures.observed.announcements import Announcements

PATH = "/api/notes/"


class Told:
    """What the browser tells of one request of a page that has one cookie, and the request as Playwright has it."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        context.add_cookies([{"name": "session", "value": "1", "url": address}])
        self.page = context.new_page()
        self.page.goto(address)
        begun: dict[str, Any] = {}
        sent: dict[str, Any] = {}
        session = context.new_cdp_session(self.page)
        session.on("Network.requestWillBeSent", lambda event: begun.setdefault(event["requestId"], event))
        session.on("Network.requestWillBeSentExtraInfo", lambda event: sent.setdefault(event["requestId"], event))
        session.send("Network.enable")
        with self.page.expect_request_finished(lambda request: request.url.endswith(PATH)) as asked:
            self.page.evaluate("(path) => fetch(path).then((answer) => answer.text())", PATH)
        session.detach()
        self.request: Request = asked.value
        self.begun = next(each for each in begun.values() if each["request"]["url"].endswith(PATH))
        self.sent = sent[self.begun["requestId"]]


@pytest.fixture
def told(context: BrowserContext, app: RunningApp) -> Told:
    return Told(context, app.base_url)


def in_order(announced: Announcements, told: Told) -> None:
    announced._on_request(told.begun)
    announced._on_sent(told.sent)


def in_reverse(announced: Announcements, told: Told) -> None:
    announced._on_sent(told.sent)
    announced._on_request(told.begun)


@pytest.mark.parametrize("tell", [in_order, in_reverse])
def test_the_cookies_of_a_request_are_known_whatever_is_told_first(
    context: BrowserContext, told: Told, tell: Callable[[Announcements, Told], None]
) -> None:
    announced = Announcements(context, told.page)

    tell(announced, told)

    assert announced.report(told.request).cookies == frozenset({"session"})


def test_what_is_told_of_the_next_address_is_not_said_of_the_one_that_leads_there(
    context: BrowserContext, told: Told
) -> None:
    announced = Announcements(context, told.page)
    in_order(announced, told)
    first = announced.report(told.request)

    told.sent = {**told.sent, "associatedCookies": []}
    in_reverse(announced, told)

    assert first.cookies == frozenset({"session"})
    assert announced.report(told.request).cookies == frozenset()
