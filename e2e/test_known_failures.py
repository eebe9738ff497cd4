"""Known failures block nothing while they are true, and block when they are not."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from e2e.test_command_line import USAGE_ERROR, run_pytest
from fixtures.impact import Impact
from fixtures.known import are_the_same, parse_known, read_known
from fixtures.known.writing import REASON
from fixtures.report.__main__ import main
from fixtures.report.outcome import Outcome, Standing, Verdict
from fixtures.report.tallied import Part, Tallied, together
from fixtures.report.terms import Terms
from fixtures.report.watched import Seen, WatchedRule
from fixtures.target import TARGETS

pytestmark = pytest.mark.timeout(360)

SHARES = "near-expiry-refresh/shares-one-refresh"
STAYS = "near-expiry-refresh/does-not-redirect-to-sign-in"
WRONG = ("e2e/test_scenarios.py", "--defect=no-single-flight", "-k", f"{SHARES} or {STAYS}")
FILE = Path("shop.known.toml")

ENTRY = """[[known]]
rule = "a/b"
seen = "4 refreshes were sent; expected 1."
reason = "the new client does it"
owner = "robin"
"""


# Whether it is the same


@pytest.mark.parametrize(
    ("known", "seen"),
    [
        ("4 refreshes were sent; expected 1.", "2 refreshes were sent; expected 1."),
        ("A refresh was sent 0.2 s after the one before it.", "A refresh was sent 1.4 s after the one before it."),
        ("1 API request failed: GET /api/notes/7/ 401.", "1 API request failed: GET /api/notes/12/ 401."),
        ("2 API requests failed: GET /a 401, GET /b 500.", "3 API requests failed: GET /b 500, GET /a 401."),
        ("The user was redirected to /login (pushState).", "The user was redirected to /login (page load)."),
        ("3 refreshes were sent, and none succeeded; expected 1.", "1 refresh was sent, and failed; expected 1."),
        ("1 refresh was sent, and failed; expected 1.", "1 refresh was sent, and failed; expected 1 to succeed."),
        ("2 requests were sent with the stale access token A.", "1 request was sent with the stale access token C."),
    ],
)
def test_what_differs_from_run_to_run_makes_no_other_failure(known: str, seen: str) -> None:
    assert are_the_same(seen, known)


@pytest.mark.parametrize(
    ("known", "seen"),
    [
        ("The user was redirected to /login. (advice)", "The user was redirected to /login."),
        ("The user was redirected to /login.", "The user was redirected to /login. (advice)"),
        ("4 refreshes were sent; expected 1.", "No refresh was sent; expected 1."),
        ("1 API request failed: GET /api/notes/ 401.", "1 API request failed: GET /api/notes/ 500."),
        ("1 API request failed: GET /api/notes/ 401.", "1 API request failed: GET /api/user/ 401."),
        ("The user was redirected to /login.", "The user was redirected to /start."),
        ("1 refresh was answered with 500.", "1 refresh was answered with 403."),
    ],
)
def test_another_fact_is_another_failure(known: str, seen: str) -> None:
    assert not are_the_same(seen, known)


# What it means for a run


def outcome(verdict: Verdict, fact: str = "", impact: Impact = Impact.SERIOUS) -> Outcome:
    return Outcome("shop", "a", "a/b", verdict, fact, impact=impact)


def terms(text: str = ENTRY, **changes: date | bool | Impact) -> Terms:
    expires = changes.pop("expires", None)
    entry = parse_known(text, FILE)[0].model_copy(update={"expires": expires})
    return Terms(known=(entry,), day=date(2027, 1, 31), **changes)  # type: ignore[arg-type]  # as the names say


WITHOUT_HARM = ENTRY.replace("expected 1.", "expected 1. (advice)")
AT_TIMES = ENTRY.replace("seen", "sometimes")
SEEN = outcome(Verdict.BROKEN, "9 refreshes were sent; expected 1.")


@pytest.mark.parametrize(
    ("asked", "terms", "standing", "words"),
    [
        (SEEN, terms(), Standing.KNOWN, "the new client does it"),
        (SEEN, terms(expires=date(2027, 1, 31)), Standing.KNOWN, "the new client does it"),
        (SEEN, terms(expires=date(2027, 1, 30)), Standing.BLOCKS, "2027-01-30, and that day has passed"),
        (SEEN, terms(expires=date(2027, 1, 30), accepts=True), Standing.BLOCKS, "It was known until 2027-01-30"),
        (outcome(Verdict.BROKEN, "It threw."), terms(), Standing.BLOCKS, "to fail in another way (lines 1 to 5"),
        (outcome(Verdict.BROKEN, "It threw."), terms(accepts=True), Standing.KNOWN, "written down as known"),
        (outcome(Verdict.BROKEN, "It threw."), terms(fail_on=Impact.CRITICAL), Standing.LISTED, ""),
        (
            outcome(Verdict.BROKEN, SEEN.fact, Impact.ADVICE),
            terms(),
            Standing.LISTED,
            "to fail in another way (lines 1",
        ),
        (outcome(Verdict.BROKEN, SEEN.fact, Impact.ADVICE), terms(WITHOUT_HARM), Standing.KNOWN, "the new client does"),
        (SEEN, terms(WITHOUT_HARM), Standing.BLOCKS, "4 refreshes were sent; expected 1. (advice)"),
        (SEEN, terms(ENTRY + 'report = "https://x.org/1"'), Standing.KNOWN, "does it (https://x.org/1)"),
        (SEEN, terms(AT_TIMES), Standing.KNOWN, "the new client does it"),
        (
            outcome(Verdict.BROKEN, "It threw."),
            terms(AT_TIMES),
            Standing.BLOCKS,
            "to fail in another way (lines 1 to 5",
        ),
        (
            outcome(Verdict.KEPT),
            terms(AT_TIMES),
            None,
            "broken in some runs (lines 1 to 5 of shop.known.toml).",
        ),
        (outcome(Verdict.KEPT), terms(AT_TIMES, expires=date(2027, 1, 30)), None, "broken in some runs"),
        (outcome(Verdict.KEPT), terms(accepts=True), None, ""),
        (outcome(Verdict.COULD_NOT_ASK, "No sign-in."), terms(), None, ""),
        (outcome(Verdict.DOES_NOT_APPLY, "No form."), terms(), None, ""),
    ],
    ids=[
        *("same", "last-day", "over", "over-accepts", "other", "other-accepts"),
        *("below", "no-harm-any-more", "no-harm", "harm", "report", "at-times", "at-times-other", "at-times-kept"),
        *("at-times-kept-over", "kept-accepts", "unasked", "lacking"),
    ],
)
def test_where_a_verdict_stands(asked: Outcome, terms: Terms, standing: Standing | None, words: str) -> None:
    settled = terms.settled(asked)

    assert settled.standing is standing
    assert words in settled.note


def test_of_a_rule_that_watches_a_part_knows_too_little_to_take_an_entry_for_untrue() -> None:
    assert terms().settled(outcome(Verdict.KEPT), is_whole=False) == outcome(Verdict.KEPT)
    assert terms().settled(outcome(Verdict.BROKEN, "It threw."), is_whole=False).standing is Standing.KNOWN


@pytest.mark.parametrize(
    ("fact", "status", "words"),
    [
        ("", 1, "    known no more: b: It is kept now, and stands among the known failures: delete lines 1 to 5 of"),
        ("4 refreshes were sent; expected 1.", 0, "    known: b: the new client does it"),
        (
            "It threw.",
            1,
            "    broken, serious: b: It threw. (in x/y, and in no other of 2 rules) It was known to fail in",
        ),
    ],
    ids=["kept", "known", "other"],
)
def test_what_is_known_of_a_rule_that_watches_is_held_against_all_parts(fact: str, status: int, words: str) -> None:
    parts = {}
    for number in (1, 2):
        rule = WatchedRule(rule="a/b", impact=Impact.SERIOUS)
        seen = Seen(rule="a/b", during="x/y", is_asked=True, fact=fact if number == 2 else "", impact=Impact.SERIOUS)
        rule.add(seen)
        part = Part(number=number, of=2)
        parts[FILE / str(number)] = Tallied(target="shop", part=part, watched=[rule], is_of_all=True, terms=terms())

    whole = together(parts)

    assert not any(part.is_blocked for part in parts.values())
    assert whole.exit_status == status
    assert any(line.startswith(words) for line in whole.verdicts("shop.toml")), whole.verdicts("shop.toml")


def test_what_is_broken_in_some_runs_is_told_where_it_is_kept() -> None:
    run = Tallied(target="shop", outcomes=[terms(AT_TIMES).settled(outcome(Verdict.KEPT))])
    lines = run.verdicts("shop.toml")

    assert not run.is_blocked
    assert lines[lines.index("kept this time") + 1] == (
        "    a/b: It is known to be broken in some runs (lines 1 to 5 of shop.known.toml)."
    )


def test_what_is_known_for_one_reason_has_one_line() -> None:
    table = '[[known]]\nreason = "the new client"\nowner = "robin"\n[known.seen]\n'
    known = parse_known(table + "".join(f'"a/{name}" = "It hung."\n' for name in ("b[x]", "b[y]", "c")), FILE)
    seen = outcome(Verdict.BROKEN, "It hung.")
    terms = Terms(known=known, day=date(2027, 1, 31))
    settled = [terms.settled(replace(seen, rule=failure.rule)) for failure in known]

    lines = Tallied(target="shop", outcomes=settled).verdicts("shop.toml")

    assert lines[:2] == ["a  3 known", "    known: b[x, y], c: the new client"]


# Runs


def a_target(folder: Path) -> Path:
    file = folder / "shop.toml"
    file.write_text(f'extends = "{TARGETS / "reference.toml"}"\nname = "shop"\n', encoding="utf-8")
    return file


def test_what_is_accepted_is_known_from_then_on_and_blocks_when_it_is_kept(tmp_path: Path) -> None:
    target = f"--target={a_target(tmp_path)}"
    known = tmp_path / "shop.known.toml"

    first = run_pytest(*WRONG, target, "--accept-known", known.name)
    second = run_pytest(*WRONG, target, "-n", "2")
    mended = run_pytest("e2e/test_scenarios.py", "-k", SHARES, target)

    entries = parse_known(known.read_text(encoding="utf-8"), known)
    assert [(entry.rule, entry.seen, entry.reason) for entry in entries] == [
        (SHARES, ("4 refreshes were sent; expected 1.",), REASON)
    ]
    assert f"{known}: 1 known failure, 1 new, 0 taken out" in first.stdout
    assert first.returncode == 0, first.stdout
    assert second.returncode == 0, second.stdout
    assert f"    known: shares-one-refresh: {REASON}" in second.stdout
    assert second.stdout.splitlines()[-1] == (
        "shop with no-single-flight: 1 rule kept, 0 broken, 0 could not be asked, 0 do not apply, 1 known"
    )
    assert mended.returncode == 1
    fact = "It is kept now, and stands among the known failures: delete lines 8 to 12 of shop.known.toml."
    assert fact in mended.stdout.splitlines()
    assert mended.stdout.splitlines()[-1].endswith(", 1 known no more")


def test_parts_know_what_the_whole_run_knows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = tmp_path / "mine.toml"
    known.write_text(ENTRY.replace("a/b", SHARES), encoding="utf-8")
    files = [str(tmp_path / f"{number}.json") for number in (1, 2)]
    for number, file in enumerate(files, start=1):
        part = ("--splits", "2", "--group", str(number), "--verdicts", file)
        run_pytest(*WRONG, f"--known={known}", "--splitting-algorithm=least_duration", *part)

    assert main(files) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "reference with no-single-flight: 1 rule kept, 0 broken, 0 could not be asked, 0 do not apply, 1 known"
    )

    new = tmp_path / "new.toml"
    assert main(["--accept-known", str(new), *files]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{new}: 1 known failure, 1 new, 0 taken out"
    assert [(each.rule, each.reason) for each in read_known(new)] == [(SHARES, REASON)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--known=none.toml"], "known failures none.toml: No such file or directory"),
        (["--known={file}"], "known failures {file}: 1 mistake\n  lines 1 to 5 of {name}: there is no rule a/b"),
        (["--accept-known={file}"], "known failures {file}: 1 mistake\n  lines 1 to 5 of {name}: there is no rule a/b"),
        (
            ["--accept-known={file}", "--known={file}"],
            "--known and --accept-known: one of them, for the file that is written is read first",
        ),
        (
            ["--accept-known={file}", "--splits=2", "--group=1"],
            (
                "--accept-known: by a whole run, and not by a part of one (--splits); when all parts have run: "
                "python -m fixtures.report --accept-known {file} PART..., with what each has written with --verdicts"
            ),
        ),
    ],
    ids=["none", "no-rule", "no-rule-accepts", "both", "part"],
)
def test_bad_input_ends_in_one_message(tmp_path: Path, arguments: list[str], words: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(ENTRY, encoding="utf-8")

    ended = run_pytest("e2e/test_scenarios.py", *(each.format(file=file) for each in arguments))

    assert ended.returncode == USAGE_ERROR
    assert (ended.stdout + ended.stderr).strip() == f"ERROR: {words.format(file=file, name=file.name)}"
    assert file.read_text(encoding="utf-8") == ENTRY
