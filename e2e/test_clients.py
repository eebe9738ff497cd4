"""Clients by other people: each breaks the rules that are listed for it, as it is told there, and no other."""

from collections.abc import Iterator

import pytest

from e2e.only_elsewhere import is_only_elsewhere
from fixtures.apps.builds.clients import FOLDER
from fixtures.apps.clients import CLIENTS, serve
from fixtures.apps.servers import RunningApp
from fixtures.clients.findings import findings, known_of
from fixtures.ends import DoesNotApply, RuleBroken
from fixtures.known import beside, check_rules, read_known
from fixtures.report.outcome import Outcome, Verdict
from fixtures.spa import Spa
from fixtures.target import Target, read_target
from scenarios.catalogue import Rule, one_of_each, rules, watchers
from scenarios.catalogue.clients_page import PAGE, page

OTHER_CASES = tuple(rule for rule in rules() if rule not in one_of_each())


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
    known = known_of(client, rule.id)
    return (known is not None and not known.sometimes) or is_only_elsewhere(client, rule)


@pytest.mark.sessions_go_on
@pytest.mark.shared_out("client", "judged_by", among=CLIENTS, each=1, always=is_listed)
@pytest.mark.parametrize("judged_by", one_of_each(), ids=str)
def test_what_is_known_is_what_is_seen(client: str, judged_by: Rule, spa: Spa) -> None:
    compare(client, judged_by, spa)


@pytest.mark.sessions_go_on
@pytest.mark.shared_out("client", "judged_by", among=CLIENTS, each=0)
@pytest.mark.parametrize("judged_by", OTHER_CASES, ids=str)
def test_so_it_is_in_the_other_cases_of_a_rule(client: str, judged_by: Rule, spa: Spa) -> None:
    """In a run of everything (``--whole``) only."""
    compare(client, judged_by, spa)


def compare(client: str, judged_by: Rule, spa: Spa) -> None:
    """What the client's app does under a rule, with what is known of it."""
    seen, evidence, lacking = "", "", ""
    try:
        judged_by.apply(spa)
    except DoesNotApply as not_applicable:
        lacking = str(not_applicable)
    except RuleBroken as broken:
        impact = broken.impact or judged_by.impact
        fact, evidence = spa.names.redact(broken.fact), spa.names.redact(broken.evidence)
        seen = Outcome(client, judged_by.scenario, judged_by.id, Verdict.BROKEN, fact, impact=impact).seen

    known = known_of(client, judged_by.id)
    listed = f"; listed: {known.ways}" if known is not None else "; not listed"
    if seen:
        assert known is not None, f"{client} breaks it: {seen} {evidence}"
        assert known.is_this(seen), f"{client} breaks it in another way: {seen} {evidence}{listed}"
    else:
        assert known is None or known.sometimes, f"{client} keeps it{listed}"
    besides = {
        watching.id
        for finding in findings(client)
        if finding.is_about(judged_by.id)
        for watching in watchers()
        if finding.is_about(watching.id)
    }
    assert set(spa.broken_besides) == besides, spa.broken_besides
    if lacking:
        pytest.skip(f"does not apply: {lacking}")


@pytest.mark.parametrize("name", CLIENTS)
def test_each_listed_rule_is_one(name: str) -> None:
    file = beside(FOLDER / name / "target.toml")

    check_rules(file, read_known(file), {*map(str, rules()), *map(str, watchers())})


def test_the_page_of_the_clients_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m scenarios.catalogue.clients_page"
