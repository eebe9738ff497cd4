"""What other people's clients break leads to the causes that were read in their sources."""

from fixtures.apps.builds.clients import FOLDER
from fixtures.known import read_known
from fixtures.mistakes.diagnosis import diagnosed
from fixtures.mistakes.known import Mistake, known_mistakes
from fixtures.mistakes.matrix import read_matrix
from fixtures.mistakes.run import Run
from fixtures.target import needs_of, read_target
from scenarios.catalogue import rules

Causes = dict[str, tuple[set[str], ...]]

ANY_FAILURE_ENDS_THE_SESSION = {"offline-logs-out", "5xx-logs-out", "failed-refresh-is-left-to-the-user"}
NOT_SHARED = {"no-single-flight", "several-clients-or-triggers"}
NO_LOCK = {"two-tab-rotation-race"}

# Each cause of target.known.toml for which there is a defect, by the kinds of defect that are that mistake.
CAUSES: Causes = {
    "axios-auth-refresh": (
        {"only-first-request-retried"},
        {"expired-bearer-on-auth-endpoints"},
        ANY_FAILURE_ENDS_THE_SESSION,
        {"refresh-without-timeout"},
        {"storage-write-throws"},
        {"return-path-lost"},
        {"logout-resurrected"},
        {"queued-work-runs-after-logout"},
        NO_LOCK,
        {"loser-wipes-winner"},
    ),
    "ky": (
        NOT_SHARED,
        ANY_FAILURE_ENDS_THE_SESSION,
        {"storage-write-throws"},
        {"return-path-lost"},
        {"logout-resurrected"},
        {"late-rejection-ends-next-session"},
        NO_LOCK,
    ),
    "rtk-query": ({"expired-bearer-on-auth-endpoints"}, ANY_FAILURE_ENDS_THE_SESSION, {"return-path-lost"}, NO_LOCK),
    "oidc-client-ts": (
        {"expired-on-load-goes-to-login"},
        {"corrupt-storage-crashes-boot"},
        {"storage-write-throws"},
        ANY_FAILURE_ENDS_THE_SESSION,
        {"return-path-lost"},
        {"sign-out-waits-for-server"},
        NO_LOCK,
        {"buffer-exceeds-lifetime"},
        {"logout-not-revoking"},
    ),
    "supabase-auth-js": (
        {"storage-write-throws"},
        {"429-logs-out"},
        {"refresh-without-timeout"},
        {"return-path-lost"},
        {"queued-work-runs-after-logout"},
        {"sign-out-waits-for-server"},
        {"buffer-exceeds-lifetime"},
        NO_LOCK,
        {"client-clock-ahead"},
    ),
    "simplejwt": (
        NOT_SHARED,
        {"undefined-refresh-token-stored"},
        ANY_FAILURE_ENDS_THE_SESSION,
        {"storage-write-throws"},
        {"return-path-lost"},
        NO_LOCK,
        {"loser-wipes-winner"},
    ),
}


def run_of(client: str) -> Run:
    """What a run on a client sees, by its list."""
    folder = FOLDER / client
    broken = {known.rule: known.seen[0] for known in read_known(folder / "target.known.toml") if not known.sometimes}
    needs = needs_of(read_target(folder / "target.toml"))
    applying = {str(rule) for rule in rules() if all(needs[need] is None for need in rule.needs)}
    return Run(broken, applying - broken.keys())


def kinds_named(client: str, known: tuple[Mistake, ...]) -> set[str]:
    named = diagnosed(run_of(client), known).named
    return {mistake.kind for each in named for mistake in (each.fit.mistake, *each.alike)}


def test_the_causes_that_were_read_in_their_sources_are_named() -> None:
    known = known_mistakes(read_matrix())
    named = {client: kinds_named(client, known) for client in CAUSES}

    missed = [
        f"{client}: {' or '.join(sorted(cause))}"
        for client, causes in CAUSES.items()
        for cause in causes
        if not cause & named[client]
    ]

    assert len(missed) <= 0.15 * sum(map(len, CAUSES.values())), missed
