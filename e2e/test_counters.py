"""The server's counters beside the browser's log: reading them, judging them, and where there are none."""

import pytest

from fixtures.ends import CouldNotAsk, RuleBroken
from fixtures.judging import expect
from fixtures.observed.counters import Counted, NoCounters, count_in
from fixtures.spa import Spa
from fixtures.target import Target, read_target
from fixtures.target.reading import TARGETS

TEXT = """# HELP failures_total Of refreshes.
# TYPE failures_total counter
failures_total{reason="token_expired"} 2.0
failures_total{reason="token_reused"} 1.0
# TYPE up gauge
up 1.0
"""


def risen(by: int, at_least: int, at_most: int | None) -> Counted:
    return Counted("failures_total", "rejected", by, at_least, at_most)


def test_a_counter_is_the_sum_over_its_labels() -> None:
    assert count_in(TEXT, "failures_total") == 3
    assert count_in(TEXT, "up") == 1
    assert count_in(TEXT, "failures") is None


def test_what_prometheus_would_not_read_has_no_counters() -> None:
    with pytest.raises(NoCounters):
        count_in("<!doctype html>\n<title>Sign in</title>", "failures_total")


@pytest.mark.parametrize("counted", [risen(2, 2, 2), risen(3, 2, 3), risen(7, 2, None)])
def test_what_the_browser_cannot_tell_is_no_mistake(counted: Counted) -> None:
    expect(counted).to_agree_with_the_browser()


@pytest.mark.parametrize(
    ("counted", "fact", "expected"),
    [
        (risen(0, 1, 1), "counted no rejected refresh (failures_total); the browser saw 1.", "exactly 1"),
        (risen(2, 1, 1), "counted 2 rejected refreshes (failures_total); the browser saw 1.", "exactly 1"),
        (risen(1, 2, None), "counted 1 rejected refresh (failures_total); the browser saw 2.", "at least 2"),
        (risen(1, 2, 3), "counted 1 rejected refresh (failures_total); the browser saw 2.", "at least 2"),
        (risen(4, 2, 3), "counted 4 rejected refreshes (failures_total); the browser saw 2.", "at most 3"),
    ],
)
def test_what_it_can_tell_is_said(counted: Counted, fact: str, expected: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        expect(counted).to_agree_with_the_browser()

    assert broken.value.fact == f"The server {fact}"
    assert broken.value.expected == f"failures_total rises by {expected}"


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Target:
    """The bundled app, of whose counters the file says something else."""
    file = tmp_path_factory.mktemp("counters") / "odd.toml"
    file.write_text(
        f'extends = "{TARGETS / "reference.toml"}"\n[monitoring]\n{getattr(request, "param", "")}\n', encoding="utf-8"
    )
    return read_target(file)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ('address = "/auth/metrics"', r"^/auth/metrics gives no counters \(monitoring.address\): it answers 404\."),
        ('address = "/dashboard"', r"^/dashboard gives no counters .*: its answer is not in the text format"),
        (
            'address = "http://127.0.0.1:9/metrics"',
            r"^http://127.0.0.1:9/metrics gives no counters \(monitoring.address\): ",
        ),
    ],
    indirect=["target"],
)
def test_an_address_without_counters_is_told(spa: Spa, words: str) -> None:
    spa.sign_in()
    with pytest.raises(CouldNotAsk, match=words), spa.counting():
        pass


@pytest.mark.parametrize("target", ['refreshed = "refreshes_total"'], indirect=True)
def test_a_counter_that_there_is_not_is_told(spa: Spa) -> None:
    spa.sign_in()
    with spa.counting() as counted, spa.watched() as log:
        pass
    with pytest.raises(CouldNotAsk, match=r"^/metrics has no counter refreshes_total \(monitoring.refreshed\)\."):
        counted.of_refreshed(log.refreshes)
    with pytest.raises(CouldNotAsk, match=r"^The server itself has rejected no refresh"):
        counted.of_rejected(log.refreshes)
