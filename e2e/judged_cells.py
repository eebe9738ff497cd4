"""One wrong app under one rule, as the matrix has it."""

from fixtures.ends import CouldNotAsk, DoesNotApply, RuleBroken
from fixtures.mistakes.cell import BESIDE_IT, UNASKED, Cell
from fixtures.spa import Spa
from scenarios.catalogue import Rule


def judged(name: str, spa: Spa, judged_by: Rule) -> list[Cell]:
    """The cell of that rule, and after it one for each rule that watches and has seen something wrong meanwhile."""
    seen = ""
    try:
        judged_by.apply(spa)
    except RuleBroken as broken:
        seen = broken.fact
    except DoesNotApply as reason:
        seen = f"{BESIDE_IT}{reason}"
    except CouldNotAsk as reason:
        seen = f"{UNASKED}{reason}"
    found = {judged_by.id: seen, **spa.broken_besides}
    return [Cell(name, rule, spa.names.redact(fact)) for rule, fact in found.items()]
