"""A page behind a service worker: the log has each request once, and the edge meets what the worker passes on."""

from collections.abc import Iterator

import pytest

from fixtures.apps.forms import FOLDER, serve
from fixtures.apps.servers import RunningApp
from fixtures.doctor import examine
from fixtures.edge.faults import RESET
from fixtures.observed.passed_on import BY_THE_WORKER
from fixtures.page.service_workers import bypass
from fixtures.spa import Spa
from fixtures.target import Target, read_target


@pytest.fixture(scope="module")
def app() -> Iterator[RunningApp]:
    """The small app behind a worker that passes everything on."""
    with serve("behind-a-worker") as app:
        yield app


@pytest.fixture(scope="module")
def target() -> Target:
    """Its file."""
    return read_target(FOLDER / "behind-a-worker" / "target.toml")


def is_controlled(spa: Spa) -> bool:
    return bool(spa.page.evaluate("() => navigator.serviceWorker.controller !== null"))


def test_the_doctor_says_that_there_is_a_worker(spa: Spa) -> None:
    found = [finding.seen for finding in examine(spa) if finding.what == "worker"]

    assert found == [
        "/worker.js stands between the pages and the network; it answers as it likes, and is judged with the app"
    ]


def test_each_request_is_in_the_log_once_with_its_tab_and_its_token(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.calls)
    other = spa.open_tab(spa.pages.calls)
    assert is_controlled(spa)

    with spa.watched() as log:
        spa.call_api()
        other.call_api()

    assert [(str(each), each.tab, each.access_token) for each in log.api] == [
        ("GET /api/notes 200", 1, "A"),
        ("GET /api/notes 200", 2, "A"),
    ]
    assert [each.note for each in log.api] == [None, None]


ASK_AND_WORK_HARD = """() => {
    fetch('/api/notes');
    for (let left = 1e9; left > 0; left--);
}"""
"""A page says what it has asked for when its task is over, and by then its worker has long had the answer."""


def test_a_request_is_in_the_log_once_when_its_worker_has_had_the_answer_before_the_page_says_that_it_has_asked(
    spa: Spa,
) -> None:
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.open_tab(spa.pages.calls)

    with spa.watched() as log:
        for page in spa.page.context.pages:
            page.evaluate(ASK_AND_WORK_HARD)

    assert [(str(each), each.tab, each.access_token) for each in log.api] == [
        ("GET /api/notes 401", 1, None),
        ("GET /api/notes 401", 2, None),
    ]
    assert [each.note for each in log.api] == [None, None]


def test_what_is_routed_is_in_the_log_once_too(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.calls)

    with spa.watched() as log, spa.holding.refreshes() as held:
        spa.clock.let_access_token_expire()
        spa.call_api()
        assert held.kept == 1

    assert [str(each) for each in log.refreshes] == ["POST /auth/refresh 200"]
    assert [(str(each), each.access_token) for each in log.api] == [("GET /api/notes 200", "B")]


def test_what_the_worker_has_met_is_told_and_not_what_it_makes_of_it(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.calls)

    with spa.watched(patiently=False) as log:
        spa.network.fail_api(RESET, times=1)
        spa.call_api()

    assert [(str(each), each.fault) for each in log.api] == [("GET /api/notes connection reset", "connection reset")]


def test_an_app_is_left_whose_worker_would_answer_every_path(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.home)
    spa.leave()

    assert spa.page.locator("body").inner_html() == ""
    spa.open(spa.pages.home)
    assert is_controlled(spa)


def test_a_worker_that_is_bypassed_gets_nothing(spa: Spa) -> None:
    bypass(spa.page)
    spa.sign_in()
    spa.open(spa.pages.calls)
    worker = spa.page.context.service_workers[0]
    worker.evaluate("() => { self.fetch = async () => Response.error(); }")

    with spa.watched() as log:
        spa.call_api()

    assert [str(each) for each in log.api] == ["GET /api/notes 200"]


def test_an_answer_of_the_workers_own_is_noted_as_that(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.calls)
    worker = spa.page.context.service_workers[0]
    worker.evaluate("() => { self.fetch = async () => Response.json({ notes: ['the worker says so'] }); }")

    with spa.watched() as log:
        spa.call_api()

    assert [(str(each), each.note) for each in log.api] == [("GET /api/notes 200", BY_THE_WORKER)]
