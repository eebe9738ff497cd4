"""The sound app breaks no rule, in any of its other configurations. The default one is judged by test_scenarios.py."""

from collections.abc import Iterator

import pytest

from e2e.only_elsewhere import is_only_elsewhere
from fixtures.apps.running import serve
from fixtures.apps.servers import RunningApp
from fixtures.ends import DoesNotApply
from fixtures.given.spa import MakeSpa
from fixtures.spa import Spa
from fixtures.spa.session_stock import SessionStock, app_of
from fixtures.target import TARGETS, Target, read_target
from scenarios.catalogue import Rule, rules

OTHERS = ("reference-rotating", "reference-cookie", "reference-encrypted")


@pytest.fixture(scope="session", params=OTHERS)
def target(request: pytest.FixtureRequest) -> Target:
    """Another configuration, in place of the target of the run."""
    return read_target(TARGETS / f"{request.param}.toml")


@pytest.fixture(scope="session")
def app(target: Target) -> Iterator[RunningApp]:
    """The bundled app in that configuration."""
    with serve(target) as served:
        yield served


@pytest.fixture(autouse=True)
def a_session_to_go_on_with(make_spa: MakeSpa, stock: SessionStock, target: Target, app: RunningApp) -> None:
    """Each rule is offered one here, whatever the rule before it has left, and none looks first if it is taken up.

    Where none can be gone on with elsewhere, each rule signs in.
    """
    judged = app_of(target, app.base_url)
    stock.note_taken_up(judged)
    if stock.takes(judged) and not stock.has(judged):
        earlier = make_spa()
        earlier.sign_in()
        earlier.note_unharmed()
        earlier.leave()
        earlier.end()
        if not stock.has(judged):
            stock.give_up(judged)


@pytest.mark.sessions_go_on
@pytest.mark.shared_out("target", "rule", among=OTHERS, each=1, always=is_only_elsewhere)
@pytest.mark.parametrize("rule", rules(), ids=str)
def test_sound(rule: Rule, spa: Spa) -> None:
    try:
        rule.apply(spa)
    except DoesNotApply as reason:
        pytest.skip(f"does not apply: {reason}")
    finally:
        assert spa.broken_besides == {}
