"""What fails when all is well counts in no verdict, and an app learns of its token's end as its own server says it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext

from fixtures.apps.servers import RunningApp
from fixtures.doctor import take_health
from fixtures.observed.exchange import Exchange, Kind
from fixtures.observed.health import HEALTHY, Failing, Health, health_of
from fixtures.page.accounts import account_of
from fixtures.spa import Spa
from fixtures.target import PageOf, Target

FORBIDDEN_TO_ALL = Failing("GET", "/api/audit/", "403")


@pytest.fixture
def make(target: Target, app: RunningApp, new_context: Callable[[], BrowserContext]) -> Callable[..., Spa]:
    """The bundled app, whose page for administrators is described as one of its usual pages."""

    def spa(health: Health = HEALTHY) -> Spa:
        forbidden = target.pages.forbidden
        assert forbidden is not None
        pages = target.pages.model_copy(update={"deep": PageOf(path=forbidden.path, shows=forbidden.shows)})
        described = target.model_copy(update={"pages": pages})
        account = account_of(target, app.base_url)
        return Spa(new_context(), described, account, base_url=app.base_url, health=health)

    return spa


def test_what_is_refused_to_everybody_is_known_from_the_healthy_pass(make: Callable[..., Spa]) -> None:
    assert take_health(make()) == Health(failing=(FORBIDDEN_TO_ALL,))


@pytest.mark.parametrize(("health", "failures"), [(HEALTHY, 1), (Health((FORBIDDEN_TO_ALL,)), 0)])
def test_what_fails_in_health_is_not_judged(make: Callable[..., Spa], health: Health, failures: int) -> None:
    spa = make(health)
    spa.sign_in()

    with spa.watched() as log:
        spa.open(spa.pages.deep_link)

    assert len(log.api.failed) == failures
    assert any(exchange.path == "/api/audit/" for exchange in log.all)


def test_what_fails_in_health_is_not_rejected_by_the_suite(make: Callable[..., Spa]) -> None:
    spa = make(Health((FORBIDDEN_TO_ALL,)))
    spa.sign_in()
    spa.network.reject_every_access_token()

    with spa.watched() as log:
        spa.open(spa.pages.deep_link)

    answers = [exchange for exchange in log.all if exchange.path == "/api/audit/"]
    assert {exchange.note for exchange in answers} == {None}


def exchange(path: str, status: int | None, *, failure: str | None = None, carries: str | None = "A") -> Exchange:
    return Exchange(1, Kind.API, "GET", path, 0, 0, ended=1, status=status, failure=failure, access_token=carries)


@pytest.mark.parametrize(
    ("seen", "failing"),
    [
        ([exchange("/api/users/17/avatar", 404)], ["GET /api/users/*/avatar (404)"]),
        ([exchange("/api/users/17/avatar", 404), exchange("/api/users/18/avatar", 200)], []),
        ([exchange("/api/me", 401, carries=None)], []),
        ([exchange("/api/search", None, failure="aborted by the page")], []),
        ([exchange("/api/stats", None, failure="connection refused")], ["GET /api/stats (connection refused)"]),
    ],
    ids=["always", "at-times", "without-a-token", "given-up", "no-answer"],
)
def test_what_counts_as_failing(seen: list[Exchange], failing: list[str]) -> None:
    assert [str(each) for each in health_of(seen).failing] == failing


def test_health_outlives_the_way_to_another_process() -> None:
    health = Health((FORBIDDEN_TO_ALL,), rejected_with=403)

    assert Health.from_json(health.to_json()) == health
