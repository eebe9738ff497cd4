"""The sound app breaks no rule while two more tabs of the session stand open, but for those that are named.

What people have open besides refreshes when it is due, hears of every change of the session, and waits for the same
locks. Where each tab has a token of its own, its refreshes are its own too.
"""

from collections.abc import Iterator
from itertools import groupby

import pytest

from fixtures.apps import builds
from fixtures.apps.running import serve
from fixtures.apps.servers import RunningApp
from fixtures.ends import DoesNotApply, RuleBroken
from fixtures.given.spa import MakeSpa
from fixtures.spa import Spa
from fixtures.target import TARGETS, Target, read_target
from scenarios.catalogue import Rule, rules
from scenarios.near_expiry_refresh import shares_one_refresh

CONFIGURATIONS = ("reference", "reference-rotating", "reference-cookie", "reference-encrypted")
BYSTANDERS = 2
FIRST_CASES = [next(cases) for _, cases in groupby(rules(), key=lambda rule: rule.function)]
WHERE_OTHER_TABS_MATTER = {
    "concurrent-401s/ignores-a-late-401",
    "concurrent-401s/keeps-the-session",
    "concurrent-401s/replays-a-write-exactly-once",
    "concurrent-401s/replays-every-request-after-a-failed-refresh",
    "concurrent-401s/shares-one-refresh",
    "corrupted-storage/refreshes-a-corrupted-access-token",
    "corrupted-storage/bad-refresh-token-signs-out-once",
    "corrupted-storage/sign-in-works-again",
    "expired-on-load/does-not-loop-when-both-tokens-are-expired",
    "expired-on-load/recovers-with-one-refresh",
    "near-expiry-refresh/does-not-refresh-again-after-a-refresh",
    "near-expiry-refresh/does-not-refresh-before-every-request",
    "near-expiry-refresh/leaving-during-a-refresh-keeps-the-session",
    "near-expiry-refresh/refreshes-in-the-background",
    "near-expiry-refresh/shares-one-refresh",
    "near-expiry-refresh/survives-two-expiries-with-rotation",
    "network-failure/keeps-the-session-after-several-failed-refreshes",
    "network-failure/survives-a-lost-refresh-response",
    "refresh-rejected/does-not-retry-a-rejected-refresh",
    "refresh-rejected/ends-the-session",
    "refresh-rejected/refreshes-in-the-next-session",
    "sign-out/late-refresh-does-not-restore-the-session",
    "sign-out/late-rejected-refresh-does-not-end-the-next-session",
    "sign-out/leaves-no-copy-of-a-token",
    "sign-out/stops-background-refresh",
}
"""Rules in whose way what another tab does to the session can stand."""

LEFT_OUT = {
    # The bundled app says why in the tab that has ended the session, and the others follow it without a word.
    "corrupted-storage/tells-the-user-why-they-were-signed-out",
    "network-failure/tells-why-and-clears-tokens-after-an-outage",
    # What is put back into storage is a session to the other tabs, which go on with it.
    "wrong-password/is-sent-once",
    # Attempts and pauses are those of one page, and each of the tabs makes its own.
    "network-failure/backs-off-between-retries",
    "network-failure/honours-retry-after",
    "network-failure/retries-the-refresh-after-a-pause",
    "network-failure/stops-retrying-at-the-limit",
}

ASKED = [rule for rule in FIRST_CASES if f"{rule.scenario}/{rule.name}" in WHERE_OTHER_TABS_MATTER]
OTHERS = [rule for rule in FIRST_CASES if f"{rule.scenario}/{rule.name}" not in WHERE_OTHER_TABS_MATTER | LEFT_OUT]


def test_each_rule_that_is_named_exists() -> None:
    assert len(ASKED) == len(WHERE_OTHER_TABS_MATTER)
    assert len(ASKED) + len(OTHERS) + len(LEFT_OUT) == len(FIRST_CASES)


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Target:
    """A configuration, in place of the target of the run."""
    return read_target(TARGETS / f"{request.param}.toml")


@pytest.fixture(scope="session")
def app(target: Target) -> Iterator[RunningApp]:
    """The bundled app in that configuration."""
    with serve(target) as served:
        yield served


@pytest.mark.parametrize("target", CONFIGURATIONS, indirect=True)
@pytest.mark.shared_out("target", "rule", among=CONFIGURATIONS, each=1)
@pytest.mark.parametrize("rule", ASKED, ids=str)
def test_sound(rule: Rule, spa: Spa) -> None:
    judge(rule, spa)


@pytest.mark.parametrize("target", CONFIGURATIONS, indirect=True)
@pytest.mark.shared_out("target", "rule", among=CONFIGURATIONS, each=0)
@pytest.mark.parametrize("rule", OTHERS, ids=str)
def test_sound_in_all_else(rule: Rule, spa: Spa) -> None:
    judge(rule, spa)


@pytest.mark.parametrize("target", ["reference-rotating"], indirect=True)
def test_tabs_that_stand_by_refresh_when_it_is_due(make_spa: MakeSpa) -> None:
    build = builds.defect("two-tab-rotation-race")
    builds.make([build])
    alone, among_others = make_spa(build), make_spa(build)
    among_others.bystanders_wanted = BYSTANDERS

    shares_one_refresh(alone)
    with pytest.raises(RuleBroken, match=r"^3 refreshes were sent; expected 1\.$"):
        shares_one_refresh(among_others)


def judge(rule: Rule, spa: Spa) -> None:
    """Judge an app by a rule while other tabs stand by."""
    spa.bystanders_wanted = BYSTANDERS
    try:
        rule.apply(spa)
    except DoesNotApply as reason:
        pytest.skip(f"does not apply: {reason}")
    finally:
        assert spa.broken_besides == {}
