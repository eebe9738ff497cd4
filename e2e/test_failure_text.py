"""The failure as its reader sees it: whole messages, compared whole."""

from textwrap import dedent
from typing import Any

import pytest

from fixtures.observed.exchange import Exchange, Kind
from fixtures.observed.network_log import NetworkLog
from fixtures.observed.redirects import How, RedirectTrail, Visit
from fixtures.report.failure import Failure, render, render_unasked
from fixtures.report.folding import fold
from fixtures.report.outcome import Outcome, Verdict
from fixtures.report.progress import Progress
from fixtures.report.summary import (
    closing_line,
    detection_line,
    in_the_same_words,
    lines_that_open,
    per_scenario,
    soundness_line,
)


def api(number: int, at: float, status: int | None, token: str, path: str = "/api/summary/") -> Exchange:
    return Exchange(number, Kind.API, "GET", path, at, at, at, at, status, access_token=token)


def refresh(number: int, at: float, status: int | None = 200, **more: Any) -> Exchange:
    return Exchange(number, Kind.REFRESH, "POST", "/auth/refresh/", at, at, at, at, status, refresh_token="R1", **more)


def failure(log: NetworkLog, *culprits: int, **changes: str) -> Failure:
    fields = {
        "fact": "2 refreshes were sent; expected 1.",
        "rule": "near-expiry-refresh/shares-one-refresh",
        "sentence": "One expired token calls for one refresh, however many requests wait on it.",
        "reason": "A server that rotates refresh tokens takes the second one for theft.",
        "expected": "exactly 1 refresh",
        "actual": "2 refreshes",
        "hint": "Keep one promise for the refresh under way.",
        "again": ".venv/bin/pytest 'e2e/test_scenarios.py::test_rule[shares-one-refresh]'",
        **changes,
    }
    return Failure(log=log, culprits=frozenset(culprits), **fields)


def text(block: str) -> str:
    return dedent(block).strip("\n")


STANDING_STILL = RedirectTrail("/dashboard", ())


def test_a_failure_says_all_there_is_to_know_in_order() -> None:
    log = NetworkLog(
        (
            api(7, 910.0, 401, "A"),
            api(8, 910.0, 401, "A", "/api/notes/"),
            refresh(9, 910.1),
            refresh(10, 910.1, None, failure="connection reset"),
            api(11, 910.2, 200, "B"),
        ),
        RedirectTrail("/dashboard", (Visit("/login?next=%2Fdashboard", How.REPLACE, 910.3),)),
    )

    assert render(failure(log, 10, trace="playwright show-trace test-results/x/trace.zip")) == text("""
        2 refreshes were sent; expected 1.

        rule      near-expiry-refresh/shares-one-refresh
                  One expired token calls for one refresh, however many requests wait on it.
        expected  exactly 1 refresh
        actual    2 refreshes
        happened        0.0 s  GET    /api/summary/  → 401  access token A
                        0.0 s  GET    /api/notes/  → 401  access token A
                        0.1 s  POST   /auth/refresh/  → 200  refresh token R1
                  ▶     0.1 s  POST   /auth/refresh/  → connection reset  refresh token R1
                        0.2 s  GET    /api/summary/  → 200  access token B
                        0.3 s  page   /login?next=%2Fdashboard  (replace)
        ended at  /login?next=%2Fdashboard
        hint      Keep one promise for the refresh under way.
        again     .venv/bin/pytest 'e2e/test_scenarios.py::test_rule[shares-one-refresh]'
        trace     playwright show-trace test-results/x/trace.zip
    """)


def test_what_a_wrong_target_file_would_explain_too_stands_below_the_hint() -> None:
    doubt = "the target file is wrong: " + "a word and another " * 8
    shown = render(failure(NetworkLog((refresh(1, 0.0),), STANDING_STILL), doubt=doubt)).splitlines()
    hint = next(index for index, line in enumerate(shown) if line.startswith("hint"))

    assert shown[hint + 1].startswith("perhaps   the target file is wrong: a word")
    assert shown[hint + 2].startswith(" " * 10)
    assert all(len(line) <= 120 for line in shown)


def test_a_fault_of_the_suite_is_told_from_one_of_the_app() -> None:
    log = NetworkLog((refresh(1, 0.0, 503, fault="503 with Retry-After"),), STANDING_STILL)

    assert "POST   /auth/refresh/  → 503 with Retry-After, by the suite  refresh token R1" in render(failure(log))


def test_where_nothing_happened_that_is_said() -> None:
    lines = render(failure(NetworkLog((), STANDING_STILL))).splitlines()

    assert "happened  nothing: no request was sent, and the page stayed where it was" in lines
    assert "ended at  /dashboard" in lines


def test_a_storm_stays_under_thirty_lines_and_keeps_the_culprit_in_sight() -> None:
    storm = tuple(refresh(number, number / 10, 401 if number % 2 else 500) for number in range(1, 61))
    shown = render(failure(NetworkLog(storm, STANDING_STILL), *range(2, 61)))

    assert len(shown.splitlines()) < 30
    assert "▶" in shown
    assert "more (-v shows them)" in shown


def test_a_request_that_stood_in_the_way_of_asking_is_kept_in_sight() -> None:
    answered = [api(number, number / 10, 200, "A", f"/api/notes/{number}/") for number in range(1, 61)]
    pending = api(30, 3.0, None, "A", "/api/slow/")
    log = NetworkLog((*answered[:29], pending, *answered[30:]), STANDING_STILL)
    fact = "GET /api/slow/ got no answer within 20 s."

    shown = render_unasked(fact, "near-expiry-refresh/shares-one-refresh", log, "pytest …")

    assert len(shown.splitlines()) < 30
    assert "▶     2.9 s  GET    /api/slow/  → no answer  access token A" in shown


def test_equal_neighbours_are_counted() -> None:
    same = tuple(refresh(number, 1.0, 401) for number in range(1, 43))

    assert "POST   /auth/refresh/  → 401  refresh token R1  × 42" in render(failure(NetworkLog(same, STANDING_STILL)))


def test_verbose_shows_the_reason_and_every_request() -> None:
    script = Exchange(1, Kind.OTHER, "GET", "/assets/app.js", 0, 0, 0, 0, 200)
    storm = tuple(refresh(number, number / 10) for number in range(2, 62))
    log = NetworkLog((script, *storm), STANDING_STILL)

    brief, whole = render(failure(log)), render(failure(log), verbose=True)

    assert "app.js" not in brief
    assert "theft" not in brief
    assert "app.js" in whole
    assert "A server that rotates refresh tokens takes the second one for theft." in whole
    assert whole.count("/auth/refresh/") == len(storm)


OUTCOMES = [
    Outcome("shop", "network-failure", "network-failure/gives-up", Verdict.BROKEN, "9 refreshes were sent."),
    Outcome("shop", "network-failure", "network-failure/tries-again", Verdict.KEPT, ""),
    Outcome(
        "shop",
        "expired-on-load",
        "expired-on-load/keeps-the-deep-link",
        Verdict.DOES_NOT_APPLY,
        "pages.deep is not given",
    ),
    Outcome("shop", "expired-on-load", "expired-on-load/recovers", Verdict.COULD_NOT_ASK, "Signing in did not work."),
]


def test_the_verdicts_of_each_scenario_are_counted_and_those_not_kept_are_named() -> None:
    assert "\n".join(per_scenario(OUTCOMES)) == text("""
        expired-on-load  1 could not be asked, 1 does not apply
            does not apply: keeps-the-deep-link: pages.deep is not given
            could not ask: recovers: Signing in did not work.
        network-failure  1 kept, 1 broken
            broken: gives-up: 9 refreshes were sent.
    """)


def test_the_lines_that_would_open_most_rules_come_first() -> None:
    lines = ["sign_out", "pages.calls", "", "pages.calls"]
    unasked = [
        Outcome("shop", "a", f"a/{number}", Verdict.DOES_NOT_APPLY, "it lacks that", line)
        for number, line in enumerate(lines)
    ]

    assert lines_that_open(unasked) == ["    pages.calls  2 rules", "    sign_out     1 rule"]


def broken(rule: str, fact: str) -> Outcome:
    return Outcome("shop", rule.partition("/")[0], rule, Verdict.BROKEN, fact)


def test_cases_of_one_rule_that_saw_the_same_are_told_together() -> None:
    twice, never = "2 refreshes were sent.", "No refresh was sent."
    outcomes = [
        broken("refresh-rejected/ends-the-session[401]", twice),
        broken("refresh-rejected/ends-the-session[403]", twice),
        broken("refresh-rejected/ends-the-session[400]", never),
    ]

    assert "\n".join(per_scenario(outcomes)) == text("""
        refresh-rejected  3 broken
            broken: ends-the-session[401, 403]: 2 refreshes were sent.
            broken: ends-the-session[400]: No refresh was sent.
    """)
    assert in_the_same_words(outcomes) == []


def test_what_several_rules_saw_is_told_once_more_with_their_number() -> None:
    outcomes = [
        broken("sign-out/sends-nothing", "It threw."),
        broken("concurrent-401s/shares-one-refresh", "2 refreshes were sent."),
        broken("refresh-rejected/ends-the-session[401]", "2 refreshes were sent."),
        broken("expired-on-load/recovers", "2 refreshes were sent."),
        broken("expired-on-load/serves", "It threw."),
        *OUTCOMES,
    ]

    assert in_the_same_words(outcomes) == ["    3 rules: 2 refreshes were sent.", "    2 rules: It threw."]


def test_the_closing_line_counts_all_four() -> None:
    assert (
        closing_line("reference", OUTCOMES) == "reference: 1 rule kept, 1 broken, 1 could not be asked, 1 do not apply"
    )
    assert closing_line("shop", []) == "shop: 0 rules kept, 0 broken, 0 could not be asked, 0 do not apply"


def test_the_closing_line_says_what_was_not_asked_and_what_the_suite_did_wrong() -> None:
    assert closing_line("shop", OUTCOMES, not_asked=120, suite_errors=2) == (
        "shop: 1 rule kept, 1 broken, 1 could not be asked, 1 do not apply, "
        "120 not asked, 2 failed by a mistake of the suite"
    )


def test_how_the_page_went_there_makes_no_other_mistake_of_it() -> None:
    words = "The user was redirected to /login{how}, but should have stayed signed in."
    outcomes = [
        broken("sign-out/works-offline", words.format(how=" (replace)")),
        broken("expired-on-load/recovers", words.format(how=" (push)")),
        broken("api-failure/does-not-refresh", words.format(how="")),
    ]

    assert in_the_same_words(outcomes) == [f"    3 rules: {words.format(how='')}"]


def test_each_line_names_its_tab_where_there_are_several() -> None:
    log = NetworkLog(
        (refresh(1, 1.0), refresh(2, 1.5, tab=2)),
        STANDING_STILL,
        other_tabs={2: RedirectTrail("/notes", (Visit("/login", How.PUSH, 2.0),))},
    )

    shown = render(failure(log, 2)).splitlines()

    assert "happened        0.0 s  POST   /auth/refresh/  → 200  refresh token R1  in tab 1" in shown
    assert "          ▶     0.5 s  POST   /auth/refresh/  → 200  refresh token R1  in tab 2" in shown
    assert "                1.0 s  page   /login  (push)  in tab 2" in shown
    assert "ended at  /dashboard in tab 1; /login in tab 2" in shown


def report_of(rule: str, fact: str, words: str) -> pytest.TestReport:
    report = pytest.TestReport(f"e2e/test_scenarios.py::test_rule[{rule}]", ("", 0, ""), {}, "failed", words, "call")
    report.user_properties.append(("afresh", broken(rule, fact).as_data()))
    return report


def printed(*failures: tuple[str, str]) -> list[str]:
    """What is printed of failures, each a rule and what it saw, under a text of its own."""
    reports = [report_of(rule, fact, f"the whole of {rule}") for rule, fact in failures]
    fold(reports)
    return [str(report.longrepr) for report in reports if not hasattr(report, "_pdbshown")]


def test_failures_that_saw_the_same_are_printed_once_with_the_names_of_the_others() -> None:
    twice, never = "2 refreshes were sent (a).", "No refresh was sent."

    assert printed(
        ("refresh-rejected/ends-the-session[401]", twice),
        ("refresh-rejected/ends-the-session[403]", twice),
        ("refresh-rejected/ends-the-session[400]", never),
        ("sign-out/works-offline", "2 refreshes were sent (b)."),
        ("refresh-rejected/ends-the-session[500]", twice),
    ) == [
        (
            "the whole of refresh-rejected/ends-the-session[401]\n"
            "also      refresh-rejected/ends-the-session[403, 500], sign-out/works-offline"
        ),
        "the whole of refresh-rejected/ends-the-session[400]",
    ]


def test_of_many_failures_those_are_printed_that_stand_for_most() -> None:
    single = [(f"sign-out/rule-{number}", f"{number} things happened.") for number in range(5)]
    double = [("api-failure/a", "It threw."), ("api-failure/b", "It threw.")]

    whole = printed(*single, *double)

    assert whole == [
        *[f"the whole of sign-out/rule-{number}" for number in range(2)],
        "the whole of sign-out/rule-2\n\n… and 2 other failures, each with its line below (-v shows each)",
        "the whole of api-failure/a\nalso      api-failure/b",
    ]


def test_progress_is_told_by_scenario_with_what_is_left(pytestconfig: pytest.Config) -> None:
    progress = Progress(pytestconfig)
    progress.plan({"network-failure/a", "network-failure/b[x]", "network-failure/c", "sign-out/d"})
    progress.add(Outcome("shop", "network-failure", "network-failure/a", Verdict.KEPT, ""))
    progress.add(broken("network-failure/b[x]", "2 refreshes were sent."))
    under_way = progress.line("network-failure", 100)
    progress.add(Outcome("shop", "network-failure", "network-failure/c", Verdict.DOES_NOT_APPLY, ""))
    progress.add(Outcome("shop", "sign-out", "sign-out/d", Verdict.KEPT, ""))

    assert under_way == "[2 of 4]  network-failure  1 kept, 1 broken, 1 to come; about 2 min left"
    assert progress.line("network-failure", 100) == "[4 of 4]  network-failure  1 kept, 1 broken, 1 not applicable"


def test_the_proof_ends_in_two_lines() -> None:
    assert detection_line(61, 62) == "detection: 61 of 62 defects caught"
    assert soundness_line(OUTCOMES) == "sound configurations: 1, rules broken: 2"
