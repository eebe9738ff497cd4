"""Pairs of mistakes: which are built together, and how what was found of them is counted."""

from pathlib import Path

import pytest

from fixtures.apps.builds import defect
from fixtures.diagnosis.plan import Pair, plan, read_plan, write_plan
from fixtures.diagnosis.rates import found, told
from fixtures.mistakes.cell import Cell
from fixtures.mistakes.known import Mistake, known_mistakes
from fixtures.mistakes.matrix import Matrix, read_matrix
from scenarios.catalogue import rules

KNOWN = known_mistakes(read_matrix())
BY_NAME = {mistake.name: mistake for mistake in KNOWN}
IDS = [rule.id for rule in rules()]


def planned(seed: int = 1) -> tuple[Pair, ...]:
    return plan(KNOWN, IDS, pairs=20, others=3, seed=seed)


def test_a_seed_gives_the_same_pairs_and_another_others(tmp_path: Path) -> None:
    write_plan(tmp_path / "plan.json", planned())

    assert read_plan(tmp_path / "plan.json") == planned()
    assert planned(2) != planned()


@pytest.mark.parametrize("pair", planned(), ids=str)
def test_two_mistakes_of_different_families_touch_different_modules(pair: Pair) -> None:
    first, second = defect(pair.first).modules, defect(pair.second).modules
    pair.lay_out()

    assert BY_NAME[pair.first].family != BY_NAME[pair.second].family
    assert not first.keys() & second.keys()
    assert pair.build.modules.keys() == first.keys() | second.keys()


@pytest.mark.parametrize("pair", planned(), ids=str)
def test_a_pair_is_judged_by_what_either_breaks_and_by_some_others(pair: Pair) -> None:
    red = {*BY_NAME[pair.first].red, *BY_NAME[pair.second].red} & set(IDS)

    assert red <= set(pair.rules)
    assert 3 <= len(set(pair.rules) - red) <= 5  # with the situation of a rule that watches


ONE = Mistake("one", own="a/x", red={"a/x": ""})
OTHER = Mistake("other", own="b/x", red={"b/x": ""})


@pytest.mark.parametrize(
    ("broken", "both", "told_of"),
    [
        (("a/x", "b/x"), "1 of 1 (100%)", []),
        (("a/x",), "0 of 1 (0%)", ["    pair-001: one and other: named one; hidden: other"]),
    ],
)
def test_rates_say_how_many_were_found_and_which_were_not(
    broken: tuple[str, ...], both: str, told_of: list[str]
) -> None:
    pairs = [Pair(1, "one", "other", ("a/x", "b/x")), Pair(2, "one", "other", ("a/x", "b/x", "c/x"))]
    seen = Matrix(Cell("pair-001", rule, "It did." if rule in broken else "") for rule in ("a/x", "b/x"))

    lines = told(found(pairs, seen, [ONE, OTHER]), [ONE, OTHER], planned=2)

    assert lines[:3] == [
        "1 of 2 pairs were judged by all of their rules",
        "the mistake named first is one of both: 1 of 1 (100%)",
        f"both are among the first 5: {both}",
    ]
    assert lines[4] == f"of all that are named, in the app: {len(broken)} of {len(broken)} (100%)"
    assert lines[6:] == told_of
