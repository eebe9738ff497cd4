"""The bench compares like with like, and measures what it says."""

from fixtures.bench.bare import SITUATIONS
from fixtures.bench.costs import Part
from fixtures.bench.runs import of_bare
from scenarios.catalogue import rules


def test_each_situation_of_the_bare_script_is_that_of_a_rule() -> None:
    assert set(SITUATIONS) <= {str(rule) for rule in rules()}


def test_a_run_is_measured_from_the_end_of_its_first_rule_to_the_beginning_of_its_last() -> None:
    measured = of_bare(rules=len(SITUATIONS), workers=1)

    assert measured.rules == len(SITUATIONS) - 2
    assert all(measured.cpu[part] > 0 for part in Part)
    assert measured.cpu_in_all < 4 * measured.wall
