"""Without a network a page still gets its own code, as from a cache, and nothing else."""

from collections.abc import Callable

import pytest

from fixtures.edge.faults import OFFLINE
from fixtures.judging import expect
from fixtures.spa import Spa

LATE_CODE = """async () => {
  const style = document.querySelector("link[rel=stylesheet]").cloneNode();
  style.href += "?late";
  const comes = new Promise((done) => {
    style.onload = () => done("style");
    style.onerror = () => done("no style");
  });
  document.head.append(style);
  const { src } = document.querySelector("script[src]");
  return [await import(`${src}?late`).then(() => "script", () => "no script"), await comes];
}"""
ASK = "fetch('/api/notes/').then(() => 'answered', () => 'not answered')"
HEAR = """() => {
  window.heard = [];
  for (const name of ["offline", "online"]) addEventListener(name, () => heard.push(name));
}"""


@pytest.mark.parametrize(
    "cut",
    [lambda spa: spa.network.cut(), lambda spa: spa.network.fail_refreshes(OFFLINE)],
    ids=["cut", "fault"],
)
def test_code_that_is_loaded_late_comes_and_data_does_not(spa: Spa, cut: Callable[[Spa], None]) -> None:
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.page.evaluate(HEAR)

    cut(spa)

    assert spa.page.evaluate(LATE_CODE) == ["script", "style"]
    assert spa.page.evaluate(ASK) == "not answered"
    assert spa.page.evaluate("navigator.onLine") is False

    spa.world.auth.go_online()

    spa.page.wait_for_function("heard.length > 1")
    assert spa.page.evaluate("heard") == ["offline", "online"]
    assert spa.page.evaluate(ASK) == "answered"


def test_the_app_can_be_opened(spa: Spa) -> None:
    spa.sign_in()
    spa.network.cut()

    with spa.watched(patiently=False) as log:
        spa.open(spa.pages.calls)

    expect(log.documents).to_have_succeeded()
    expect(log.api.succeeded).to_have_count(0)


def test_no_expired_token_is_rejected_by_a_server_that_cannot_be_reached(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.cut()
    spa.network.reject_every_access_token()

    with spa.watched(patiently=False) as log:
        spa.page.evaluate(f"() => {ASK}")
        spa.page.evaluate("() => fetch('/api/notes/', { headers: { Authorization: 'Bearer a' } }).catch(() => null)")

    assert {exchange.ended_in for exchange in log.api} == {"offline"}
