"""Two mistakes in one app, as ``python -m fixtures.diagnosis.pairs`` has judged them: both are found."""

from pathlib import Path

from fixtures.diagnosis.plan import read_plan
from fixtures.diagnosis.rates import found
from fixtures.mistakes.known import known_mistakes
from fixtures.mistakes.matrix import read_matrix

SEEN = Path(__file__).parents[1] / "fixtures" / "diagnosis" / "pairs.json"


def test_both_are_found_in_most_pairs() -> None:
    known = known_mistakes(read_matrix())
    names = {mistake.name for mistake in known}
    pairs = [pair for pair in read_plan(SEEN.with_suffix(".plan.json")) if {pair.first, pair.second} <= names]

    results = found(pairs, read_matrix(SEEN), known)

    assert len(results) >= 100
    assert sum(each.has_first for each in results) >= 0.9 * len(results)
    assert sum(each.has_both for each in results) >= 0.9 * len(results)
