"""Diagnosis: from the rules that a mistake turns red back to the mistake, alone and beside another one."""

import random
from itertools import combinations
from pathlib import Path

import pytest

from e2e.test_survival import run_pytest
from fixtures.diagnosis.__main__ import USAGE_ERROR, main
from fixtures.mistakes.cell import Cell
from fixtures.mistakes.diagnosis import Diagnosis, Named, diagnosed
from fixtures.mistakes.fit import Fit, words_of
from fixtures.mistakes.known import Mistake, known_mistakes
from fixtures.mistakes.likely import likely_red
from fixtures.mistakes.matrix import Matrix, read_matrix
from fixtures.mistakes.run import ENOUGH, Run
from fixtures.report.explained import MOST_NAMED, few_lines, whole_story
from fixtures.report.outcome import Outcome, Verdict
from fixtures.report.tallied import Tallied
from fixtures.report.told_apart import difference
from scenarios.catalogue.defects import DEFECTS

KNOWN = known_mistakes(read_matrix())
PAIRS = 200


def alone(mistake: Mistake) -> Run:
    return Run(mistake.red, mistake.kept)


def names(named: Named) -> set[str]:
    return {named.fit.mistake.name, *(each.name for each in named.alike)}


def leads_to(found: Diagnosis, mistake: Mistake) -> bool:
    return any(mistake.name in names(named) for named in found.named[:MOST_NAMED])


# Proof, by the matrix


@pytest.mark.parametrize("mistake", KNOWN, ids=str)
def test_what_a_mistake_turns_red_leads_back_to_it_first(mistake: Mistake) -> None:
    assert mistake.name in names(diagnosed(alone(mistake), KNOWN).named[0])


def test_two_mistakes_at_once_are_both_named() -> None:
    possible = [(a, b) for a, b in combinations(KNOWN, 2) if a.family != b.family]
    both = first = 0
    for one, other in random.Random(1).sample(possible, PAIRS):  # noqa: S311 - which pairs are looked at is no secret
        red = {**one.red, **other.red}
        found = diagnosed(Run(red, (one.kept & other.kept) - red.keys()), KNOWN)
        first += bool(names(found.named[0]) & {one.name, other.name})
        both += leads_to(found, one) and leads_to(found, other)

    assert first >= 0.9 * PAIRS
    assert both >= 0.9 * PAIRS


def test_every_defect_that_a_rule_has_to_catch_is_known_but_for_those_of_several_mistakes() -> None:
    single = {defect.name for defect in DEFECTS} - {"before-investigation", "investigation-literal"}
    assert {mistake.name for mistake in KNOWN} == single
    for mistake in KNOWN:
        assert mistake.red


def test_what_two_mistakes_share_makes_the_rest_of_each_likely() -> None:
    one = Mistake("one", red={"a/x": "", "a/y": ""})
    other = Mistake("other", red={"a/y": "", "a/z": ""})
    third = Mistake("third", red={"b/x": ""})

    assert likely_red([one, other, third]) == {
        "one": {"a/x", "a/y", "a/z"},
        "other": {"a/x", "a/y", "a/z"},
        "third": {"b/x"},
    }


# What speaks for a mistake, and against it

ONE = Mistake("one", "It refreshes twice.", "Tests", "a/x", (), {"a/x": "2 were sent.", "a/y": "3 were sent."})
OTHER = Mistake("other", "It stays.", "Tests", "b/x", ("o/n#1",), {"b/x": "It stayed."}, frozenset({"a/x", "a/y"}))


def run(*broken: str, kept: tuple[str, ...] = (), fact: str = "9 were sent.") -> Run:
    return Run(dict.fromkeys(broken, fact), set(kept))


def test_the_fewest_that_explain_all_are_named() -> None:
    parts = [Mistake("x", own="a/x", red={"a/x": ""}), Mistake("y", own="a/y", red={"a/y": ""})]

    assert [each.fit.mistake for each in diagnosed(run("a/x", "a/y"), [*parts, ONE]).named] == [ONE]


def test_a_mistake_whose_own_rule_was_kept_is_not_it() -> None:
    assert diagnosed(run("a/y", kept=("a/x",)), [ONE]).named == ()


def test_what_is_known_to_turn_red_and_was_kept_counts_against_it() -> None:
    wide = Mistake("wide", own="a/x", red=dict.fromkeys(("a/x", "c/1", "c/2", "c/3"), ""))
    kept = ("c/1", "c/2", "c/3")

    assert diagnosed(run("a/x", kept=kept), [wide]).named == ()
    assert Fit(wide, run("a/x", kept=kept)).against == set(kept)
    assert len(diagnosed(run("a/x", "c/1", "c/2", kept=("c/3",)), [wide]).named) == 1


def test_what_was_not_asked_neither_helps_nor_hurts_beyond_a_tie() -> None:
    assert [each.fit.mistake for each in diagnosed(run("a/x"), [ONE]).named] == [ONE]
    narrow = Mistake("narrow", own="a/x", red={"a/x": "2 were sent."}, kept=frozenset({"z/z"}))
    assert diagnosed(run("a/x"), [ONE, narrow]).named[0].fit.mistake == narrow


def test_of_two_that_explain_a_rule_the_one_of_which_more_is_known_is_likelier() -> None:
    hardly_known, known = (
        Mistake("hardly", own="a/x", red={"a/x": "9 were sent."}),
        Mistake("known", own="a/x", red={"a/x": "9 were sent."}, kept=frozenset({"z"})),
    )

    assert diagnosed(run("a/x"), [hardly_known, known]).named[0].fit.mistake == known


def test_a_mistake_whose_own_rule_saw_just_that_is_named_beside_one_that_breaks_it_otherwise() -> None:
    wide = Mistake("wide", own="w/w", red={"w/w": "9 were sent.", "a/x": "It hung."})
    own = Mistake("own", own="a/x", red={"a/x": "9 were sent."})
    doubtful = Mistake("doubtful", own="a/x", red={"a/x": "9 were sent.", "k/k": "9 were sent."})

    assert [each.fit.mistake for each in diagnosed(run("w/w", "a/x"), [wide, own]).named] == [wide, own]
    assert [each.fit.mistake for each in diagnosed(run("w/w", "a/x", kept=("k/k",)), [wide, doubtful]).named] == [wide]


def test_what_a_mistake_includes_breaks_by_itself_is_red_for_that_one(tmp_path: Path) -> None:
    for name, own, more in (("lock", "a/x", ""), ("flight", "b/y", 'includes = ["lock"]')):
        (tmp_path / name).mkdir()
        said = f'family = "Tests"\nmistake = "It does."\ncaught_by = "{own}"\nwords = "."\n{more}\n'
        (tmp_path / name / "defect.toml").write_text(said, encoding="utf-8")
    matrix = Matrix()
    for name, rule in (("lock", "a/x"), ("flight", "a/x"), ("flight", "b/y"), ("flight", "c/z")):
        matrix.put(Cell(name, rule, "9 were sent."))

    red = {mistake.name: set(mistake.red) for mistake in known_mistakes(matrix, tmp_path)}

    assert red == {"lock": {"a/x"}, "flight": {"b/y", "c/z"}}


def test_what_no_mistake_explains_is_told() -> None:
    found = diagnosed(run("a/x", "z/z"), [ONE])

    assert found.unexplained == ("z/z",)
    assert "    z/z: 9 were sent." in whole_story(found)


def test_of_two_that_break_one_rule_the_words_decide() -> None:
    talker = Mistake("talker", own="a/x", red={"a/x": "A token was shown."})
    sender = Mistake("sender", own="a/x", red={"a/x": "2 refreshes were sent."})
    found = diagnosed(run("a/x", fact="17 refreshes were sent."), [talker, sender]).named[0]

    assert found.fit.mistake == sender
    assert found.alike == (talker,)
    assert difference(sender, talker, found.fit.run) == "of that, a/x would have seen “A token was shown.”"


def test_a_rule_that_catches_it_in_other_words_is_said_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = next(each for each in KNOWN if each.name == "no-single-flight")
    told = tallied(known.name)
    told.outcomes[:] = [outcome(each.rule, each.verdict, "It burns.") for each in told.outcomes]
    file = tmp_path / "verdicts.json"
    file.write_text(told.model_dump_json(), encoding="utf-8")

    assert main([str(file)]) == 0

    assert f"{known.own} in other words than those for" in " ".join(capsys.readouterr().out.split())
    assert any("(no-single-flight" in line and "its own in other words" in line for line in few_lines(told.run))


@pytest.mark.parametrize(
    ("seen", "elsewhere"),
    [
        (
            "The user was redirected to /login (replaceState), but 2 requests were sent with the token B.",
            "The user was redirected to /auth/sign-in, but 1 request was sent with the token A.",
        ),
        ("4 API requests were sent twice.", "3 of 5 API requests were sent twice."),
        (
            "access_token and refresh_token are gone from storage; expected the session to be kept.",
            "auth is gone from storage; expected the session to be kept.",
        ),
    ],
)
def test_what_differs_from_app_to_app_is_no_difference_of_words(seen: str, elsewhere: str) -> None:
    assert words_of(seen) == words_of(elsewhere)
    assert words_of(seen) != words_of("The page is blank.")


CASES = Mistake("cases", own="n/f", red={"n/f[500]": "It went."}, kept=frozenset({"n/f[502]"}))
OF_ONE_CASE = Mistake("of-one-case", own="n/f[500]", red={"n/f[500]": "It went."})


@pytest.mark.parametrize(
    ("mistake", "broken", "kept", "explained"),
    [
        (CASES, ("n/f[500]",), (), {"n/f[500]"}),
        (CASES, ("n/f[reset]",), (), {"n/f[reset]"}),  # that case is not known: another one tells
        (CASES, ("n/f[reset]",), ("n/f[500]",), set()),
        (CASES, ("n/f[502]",), (), set()),  # that case is known, and kept
        (OF_ONE_CASE, ("n/f[reset]",), (), set()),
        (OF_ONE_CASE, ("n/f[500]", "n/f[reset]"), (), {"n/f[500]", "n/f[reset]"}),
    ],
)
def test_cases_are_compared_where_they_are_known(
    mistake: Mistake, broken: tuple[str, ...], kept: tuple[str, ...], explained: set[str]
) -> None:
    assert Fit(mistake, run(*broken, kept=kept)).explained == explained


@pytest.mark.parametrize(
    ("broken", "kept", "words"),
    [
        (("b/x",), ("a/x",), "that would break a/x, which was kept"),
        (("b/x", "a/y"), (), "a/x would tell, which that would break: “2 were sent.”"),
        (("b/x", "a/x", "a/y"), (), "a/x speaks for that, which is broken"),
    ],
)
def test_one_rule_tells_two_mistakes_apart(broken: tuple[str, ...], kept: tuple[str, ...], words: str) -> None:
    assert difference(OTHER, ONE, run(*broken, kept=kept)) == words


# What a reader sees


def outcome(rule: str, verdict: Verdict = Verdict.BROKEN, fact: str = "It did.") -> Outcome:
    return Outcome("shop", rule.partition("/")[0], rule, verdict, fact if verdict is Verdict.BROKEN else "")


def tallied(*mistakes: str) -> Tallied:
    red = {rule: fact for each in KNOWN if each.name in mistakes for rule, fact in each.red.items()}
    kept = frozenset[str]().union(*(each.kept for each in KNOWN)) - red.keys()
    return Tallied(
        target="shop",
        outcomes=[
            *(outcome(rule, fact=fact) for rule, fact in red.items()),
            *(outcome(rule, Verdict.KEPT) for rule in kept),
        ],
    )


def test_the_end_of_a_run_names_what_explains_its_failures() -> None:
    lines = tallied("no-single-flight", "return-path-lost").verdicts("shop.toml")

    at = lines.index(next(line for line in lines if "known mistakes would" in line))
    assert lines[at].startswith("2 known mistakes would explain")
    assert "Every request that meets an expired token starts a refresh of its own (no-single-flight" in lines[at + 1]
    assert "return-path-lost" in lines[at + 2]


def test_a_run_on_a_wrong_app_names_its_mistake() -> None:
    asked = ("e2e/test_scenarios.py", "-k", "returns-to-the", "--defect", "return-path-lost")

    lines = run_pytest("-q", "-n", "0", *asked).stdout.splitlines()

    at = lines.index("1 known mistake would explain 2 of 2 broken rules")
    assert "(return-path-lost" in lines[at + 1]


def test_no_more_than_a_few_are_named_at_the_end_of_a_run() -> None:
    names = [mistake.name for mistake in KNOWN if len(mistake.red) == 1][::9][: MOST_NAMED + 2]
    lines = tallied(*names).verdicts("shop.toml")

    at = lines.index(next(line for line in lines if "known mistakes would explain" in line))
    more = int(lines[at].split()[0]) - MOST_NAMED
    assert more > 0
    assert lines[at + MOST_NAMED + 1].startswith(f"    and {more} more: python -m fixtures.diagnosis FILE")


def test_a_run_in_which_nothing_is_broken_says_nothing_of_mistakes() -> None:
    assert not any("mistake" in line for line in tallied().verdicts("shop.toml"))
    assert few_lines(run(kept=("a/x",))) == []


def test_what_nobody_knows_is_said_so() -> None:
    assert few_lines(run("a/x", "a/y")) == ["no known mistake would explain 2 broken rules"]


def test_of_one_rule_that_was_asked_by_itself_no_mistake_is_named() -> None:
    kept = tuple(f"a/{number}" for number in range(ENOUGH))

    assert few_lines(run("a/x")) == []
    assert few_lines(run("a/x", kept=kept)) == ["no known mistake would explain 1 broken rule"]


def test_the_whole_story_is_told_of_the_file_of_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "verdicts.json"
    run_on_it = tallied("leftover-auth-keys")
    broken = sum(each.verdict is Verdict.BROKEN for each in run_on_it.outcomes)
    file.write_text(run_on_it.model_dump_json(), encoding="utf-8")

    assert main([str(file)]) == 0

    said = capsys.readouterr().out
    assert said.startswith(f"shop\n1 known mistake would explain {broken} of {broken} broken rules\n\n1. ")
    assert "   known as   leftover-auth-keys (fixtures/defects/leftover-auth-keys)" in said
    assert f"   how sure   of {broken} rules that it breaks, and that were asked, {broken} are broken" in said
    assert "   next best  " in said
    assert "How sure: each mistake is known to break certain rules" in said


def test_of_a_sound_run_there_is_nothing_to_tell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "verdicts.json"
    file.write_text(tallied().model_dump_json(), encoding="utf-8")

    assert main([str(file)]) == 0
    assert capsys.readouterr().out == "shop: no rule is broken\n"


def test_a_file_of_no_run_is_told_in_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.json")]) == USAGE_ERROR
    assert capsys.readouterr().err == f"ERROR: {tmp_path / 'none.json'}: No such file or directory\n"
