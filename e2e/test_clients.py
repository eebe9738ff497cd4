"""Clients by other people: each breaks the rules that are listed for it, with the reason, and no other."""

from collections.abc import Iterator

import pytest

from e2e.only_elsewhere import is_only_elsewhere
from fixtures.apps.builds.clients import FOLDER
from fixtures.apps.clients import CLIENTS, serve
from fixtures.apps.servers import RunningApp
from fixtures.clients.findings import findings
from fixtures.ends import DoesNotApply, RuleBroken
from fixtures.impact import Impact
from fixtures.spa import Spa
from fixtures.target import Target, read_target
from scenarios.catalogue import Rule, one_of_each, rules, watchers
from scenarios.catalogue.clients_page import PAGE, page


@pytest.fixture(scope="session", params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    """The client whose app is judged."""
    return str(request.param)


@pytest.fixture(scope="session")
def target(client: str) -> Target:
    """The app around the client, in place of the target of the run."""
    return read_target(FOLDER / client / "target.toml")


@pytest.fixture(scope="session")
def app(client: str, target: Target) -> Iterator[RunningApp]:
    """That app, served."""
    with serve(client, target.app.environment) as served:
        yield RunningApp(served.base_url, sign_up_url=served.sign_up_url)


def is_listed(client: str, rule: Rule) -> bool:
    """Whether the client is known to break it, or the default target is not asked it."""
    is_known = any(finding.is_about(rule.id) for finding in findings(client))
    return is_known or is_only_elsewhere(client, rule)


@pytest.mark.sessions_go_on
@pytest.mark.shared_out("client", "judged_by", among=CLIENTS, each=2, always=is_listed)
@pytest.mark.parametrize("judged_by", one_of_each(), ids=str)
def test_what_is_known_is_what_is_seen(client: str, judged_by: Rule, spa: Spa) -> None:
    why = [finding.why for finding in findings(client) if finding.is_about(judged_by.id)]
    seen, reason, impact = "keeps it", "", None
    try:
        judged_by.apply(spa)
    except DoesNotApply as not_applicable:
        seen, reason = "has nothing to do with it", str(not_applicable)
    except RuleBroken as broken:
        seen, reason, impact = "breaks it", spa.names.redact(f"{broken.fact} {broken.evidence}"), broken.impact

    is_a_race = any(finding.may_be_about(judged_by.id) for finding in findings(client))
    assert is_a_race or (seen == "breaks it") == bool(why), f"{client} {seen}: {reason}; listed: {why}"
    is_advice = any(finding.is_advice(judged_by.id) for finding in findings(client))
    assert (impact is Impact.ADVICE) == is_advice, f"{client} {seen}: {reason}"
    besides = {
        watching.id
        for finding in findings(client)
        if finding.is_about(judged_by.id)
        for watching in watchers()
        if finding.is_about(watching.id)
    }
    assert set(spa.broken_besides) == besides, spa.broken_besides
    if seen == "has nothing to do with it":
        pytest.skip(f"does not apply: {reason}")


@pytest.mark.parametrize("name", CLIENTS)
def test_each_listed_rule_is_one(name: str) -> None:
    ids = [*map(str, rules()), *map(str, watchers())]
    for finding in findings(name):
        for known in (*finding.rules, *finding.sometimes):
            assert any(found == known or found.startswith(f"{known}[") for found in ids), known
        assert set(finding.advice) <= set(finding.rules)


def test_the_page_of_the_clients_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m scenarios.catalogue.clients_page"
