"""What the investigation's own fix breaks leads to the mistakes that were read in its code."""

from fixtures.mistakes.cell import Came
from fixtures.mistakes.diagnosis import diagnosed
from fixtures.mistakes.known import known_mistakes
from fixtures.mistakes.matrix import read_matrix
from fixtures.mistakes.run import Run
from fixtures.report.explained import MOST_NAMED

# Each of scenarios/INVESTIGATION.md, by the kinds of defect that are that mistake.
CAUSES = {
    "Nothing renews early.": {"only-a-401-refreshes", "no-early-renewal"},
    "There is no single flight.": {"no-single-flight", "several-clients-or-triggers", "only-first-request-retried"},
    "The refresh of the load is not waited for.": {"load-refreshes-for-itself", "boot-requests-race-refresh"},
    "A failed network is taken for a rejected token.": {"failed-refresh-is-left-to-the-user", "offline-logs-out"},
    "A reply without `refresh_token` stores the word “undefined”.": {"undefined-refresh-token-stored"},
    "The end is not one.": {"zombie-session", "leftover-auth-keys", "duplicate-redirects-or-toasts"},
}
# It shows only in rules that the others break as well, and in other words than where it is alone.
HIDDEN = "A reply without `refresh_token` stores the word “undefined”."


def kinds_named() -> list[str]:
    """The mistakes that are named, in order."""
    matrix = read_matrix()
    cells = matrix.row("investigation-literal").values()
    broken = {cell.rule: cell.seen for cell in cells if cell.came is Came.BROKEN}
    run = Run(broken, {cell.rule for cell in cells if cell.came is Came.KEPT})
    return [named.fit.mistake.kind for named in diagnosed(run, known_mistakes(matrix)).named]


def test_all_but_the_one_that_is_hidden_are_named() -> None:
    named = set(kinds_named())

    assert [cause for cause, kinds in CAUSES.items() if not kinds & named] == [HIDDEN]


def test_the_first_that_are_named_are_among_the_six() -> None:
    assert set(kinds_named()[:MOST_NAMED]) <= set[str]().union(*CAUSES.values())
