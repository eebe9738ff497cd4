"""Known failures block nothing while they are true, and block when they are not."""

from datetime import date
from pathlib import Path

import pytest

from e2e.test_command_line import USAGE_ERROR, run_pytest
from fixtures.impact import Impact
from fixtures.known import KnownError, KnownFailure, accepted, are_the_same, check_rules, parse_known
from fixtures.known.accepting import OWNER, REASON
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


# The file


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[known]\n", "not TOML: Expected ']]' at the end of an array declaration (at line 1, column 8)"),
        (ENTRY + "why = 1\n", "1 mistake\n  line 6, known.why: not a key that a file of known failures has"),
        (
            ENTRY.replace('owner = "robin"', 'owner = ""\nexpires = "soon"'),
            (
                "2 mistakes\n  line 5, known.owner: should not be empty\n"
                "  line 6, known.expires: should be a date such as 2027-01-31, without quotes, found 'soon'"
            ),
        ),
        (
            "\n[[known]]\nrule = 1\nseen = 'x'\nowner = 'x'\nreason = 'x'\n",
            "1 mistake\n  line 3, known.rule: should be text, found 1",
        ),
        (ENTRY.replace("owner", "# owner"), "1 mistake\n  line 1, known.owner: missing"),
        ("known = 1\n", "1 mistake\n  line 1, known: should be a list of tables, each below [[known]], found 1"),
        (
            "known = [{rule='a',seen='b',reason='c',owner='d'}]\n",
            "each should stand below a line of its own that says [[known]]",
        ),
    ],
    ids=["toml", "key", "values", "type", "missing", "list", "inline"],
)
def test_a_file_that_cannot_be_used_is_told_with_its_lines(text: str, words: str) -> None:
    with pytest.raises(KnownError) as said:
        parse_known(text, FILE)

    assert str(said.value) == f"known failures {FILE}: {words}"


def test_each_entry_is_about_another_rule_that_there_is() -> None:
    entries = parse_known(ENTRY + "\n" + ENTRY + "\n" + ENTRY.replace("a/b", "a/c"), FILE)

    with pytest.raises(KnownError) as said:
        check_rules(FILE, entries, {"a/b"})

    assert str(said.value).splitlines()[1:] == [
        f"  lines 13 to 17 of {FILE}: there is no rule a/c",
        f"  lines 1 to 5 of {FILE}, lines 7 to 11 of {FILE}: a/b is there more than once",
    ]


def test_accepting_keeps_what_people_have_written() -> None:
    of_the_clock, of_the_form = ENTRY.replace("a/b", "a/c"), ENTRY.replace("a/b", "a/d")
    text = f"# Ours.\n{ENTRY}\n# The clock.\n{of_the_clock}expires = 2027-01-31 # a Sunday\n\n{of_the_form}"
    seen = {"a/c": "The user was redirected to /login.", "a/e": 'The page showed "no".'}

    new = accepted(text, parse_known(text, FILE), target="shop", broken=seen, kept={"a/d"})

    assert (
        new
        == f"""# Ours.
{ENTRY}
# The clock.
[[known]]
rule = "a/c"
seen = "The user was redirected to /login."
reason = "{REASON}; another failure was explained by: the new client does it"
owner = "robin"
expires = 2027-01-31 # a Sunday

[[known]]
rule = "a/e"
seen = "The page showed \\"no\\"."
reason = "{REASON}"
owner = "{OWNER}"
"""
    )
    assert [entry.rule for entry in parse_known(new, FILE)] == ["a/b", "a/c", "a/e"]


# Whether it is the same


@pytest.mark.parametrize(
    ("known", "seen"),
    [
        ("4 refreshes were sent; expected 1.", "2 refreshes were sent; expected 1."),
        ("A refresh was sent 0.2 s after the one before it.", "A refresh was sent 1.4 s after the one before it."),
        ("1 API request failed: GET /api/notes/7/ 401.", "1 API request failed: GET /api/notes/12/ 401."),
        ("2 API requests failed: GET /a 401, GET /b 500.", "3 API requests failed: GET /b 500, GET /a 401."),
        ("The user was redirected to /login (pushState).", "The user was redirected to /login (page load)."),
        ("2 requests were sent with the stale access token A.", "1 request was sent with the stale access token C."),
    ],
)
def test_what_differs_from_run_to_run_makes_no_other_failure(known: str, seen: str) -> None:
    assert are_the_same(seen, known)


@pytest.mark.parametrize(
    ("known", "seen"),
    [
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


def terms(**changes: date | bool | Impact) -> Terms:
    expires = changes.pop("expires", None)
    entry = parse_known(ENTRY, FILE)[0].model_copy(update={"expires": expires})
    return Terms(known=(entry,), day=date(2027, 1, 31), **changes)  # type: ignore[arg-type]  # as the names say


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
        (outcome(Verdict.BROKEN, SEEN.fact, Impact.ADVICE), terms(), Standing.LISTED, ""),
        (outcome(Verdict.KEPT), terms(accepts=True), None, ""),
        (outcome(Verdict.COULD_NOT_ASK, "No sign-in."), terms(), None, ""),
        (outcome(Verdict.DOES_NOT_APPLY, "No form."), terms(), None, ""),
    ],
    ids=[
        *("same", "last-day", "over", "over-accepts", "other", "other-accepts"),
        *("below", "advice", "kept-accepts", "unasked", "lacking"),
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


# Runs


def a_target(folder: Path) -> Path:
    file = folder / "shop.toml"
    file.write_text(f'extends = "{TARGETS / "reference.toml"}"\nname = "shop"\n', encoding="utf-8")
    return file


def test_what_is_accepted_is_known_from_then_on_and_blocks_when_it_is_kept(tmp_path: Path) -> None:
    target = f"--target={a_target(tmp_path)}"
    known = tmp_path / "shop.known.toml"

    first = run_pytest(*WRONG, target, "--accept-known", str(known))
    second = run_pytest(*WRONG, target, "-n", "2")
    mended = run_pytest("e2e/test_scenarios.py", "-k", SHARES, target)

    entries = parse_known(known.read_text(encoding="utf-8"), known)
    assert [(entry.rule, entry.seen, entry.reason) for entry in entries] == [
        (SHARES, "4 refreshes were sent; expected 1.", REASON)
    ]
    assert f"{known}: 1 known failure, 1 new, 0 taken out" in first.stdout
    assert first.returncode == 0, first.stdout
    assert second.returncode == 0, second.stdout
    assert f"    known: shares-one-refresh: {REASON}" in second.stdout
    assert second.stdout.splitlines()[-1] == (
        "shop with no-single-flight: 1 rule kept, 0 broken, 0 could not be asked, 0 do not apply, 1 known"
    )
    assert mended.returncode == 1
    fact = "It is kept now, and stands among the known failures: delete lines 6 to 10 of shop.known.toml."
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
            "--accept-known: by a whole run, and not by a part of one (--splits)",
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


def test_the_entry_has_all_that_a_run_needs_to_name_it() -> None:
    assert parse_known(ENTRY, FILE) == (
        KnownFailure(
            rule="a/b",
            seen="4 refreshes were sent; expected 1.",
            reason="the new client does it",
            owner="robin",
            begins=1,
            ends=5,
            file=FILE.name,
        ),
    )
