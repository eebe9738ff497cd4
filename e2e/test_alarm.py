"""The bundled app's alarm: it rings by whichever clock is left to it, and ends with the session."""

import pytest
from playwright.sync_api import Worker

from fixtures.spa import Spa
from scenarios.near_expiry_refresh import refreshes_in_the_background

# Browsers hold back the timers of a page that nobody looks at, and not those of its workers.
HELD_BACK = """{
  const { setTimeout: set } = window;
  window.setTimeout = (call, wait, ...given) => (wait >= 1000 ? 0 : set(call, wait, ...given));
}"""
WITHOUT_WORKERS = "delete window.Worker;"
FORBIDDEN = "window.Worker = class { constructor() { throw new DOMException('forbidden', 'SecurityError'); } };"


@pytest.mark.parametrize("script", [HELD_BACK, WITHOUT_WORKERS, FORBIDDEN], ids=["held back", "none", "forbidden"])
def test_a_page_is_refreshed_in_time(spa: Spa, script: str) -> None:
    spa.world.context.add_init_script(script)

    refreshes_in_the_background(spa)


def test_a_page_is_refreshed_in_time_where_the_script_of_the_worker_does_not_arrive(spa: Spa) -> None:
    spa.world.context.route("**/assets/alarmInWorker*", lambda route: route.abort())

    refreshes_in_the_background(spa)


def workers(spa: Spa) -> list[Worker]:
    return spa.world.pages[0].workers


def test_the_worker_ends_with_the_session(spa: Spa) -> None:
    spa.sign_in()
    assert len(workers(spa)) == 1

    spa.sign_out()
    assert workers(spa) == []

    spa.sign_in()
    assert len(workers(spa)) == 1
