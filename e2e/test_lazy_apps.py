"""Green for the right reason: an app that does nothing keeps the rules that it is fair to keep, and no other."""

import pytest

from fixtures.apps import builds
from fixtures.ends import CouldNotAsk, DoesNotApply, RuleBroken
from fixtures.given.spa import MakeSpa
from scenarios.catalogue import Rule, one_of_each
from scenarios.catalogue.lazy_apps import NAMES, kept_by

LAZY = {name: builds.defect(name) for name in NAMES}


# In one process one after the other: a session goes on from rule to rule of the same build only.
@pytest.mark.sessions_go_on
@pytest.mark.shared_out("name", "judged_by", among=NAMES, each=1)
@pytest.mark.parametrize("judged_by", one_of_each(), ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_kept_is_what_it_is_fair_to_keep(name: str, judged_by: Rule, make_spa: MakeSpa) -> None:
    builds.make(LAZY.values())
    is_fair = any(without_case(judged_by) in fair.rules for fair in kept_by(name))
    spa = make_spa(LAZY[name])
    seen = "keeps it"
    try:
        judged_by.apply(spa)
    except DoesNotApply as reason:
        pytest.skip(f"does not apply: {reason}")
    except (RuleBroken, CouldNotAsk) as end:
        seen = f"does not keep it: {spa.names.redact(str(end))}"

    assert (seen == "keeps it") == is_fair, f"{name} {seen}"


@pytest.mark.parametrize("name", NAMES)
def test_each_listed_rule_is_one_and_stands_there_once(name: str) -> None:
    listed = [rule for fair in kept_by(name) for rule in fair.rules]

    assert set(listed) <= {without_case(rule) for rule in one_of_each()}
    assert len(listed) == len(set(listed))


def without_case(rule: Rule) -> str:
    """Its id as the lists have it."""
    return f"{rule.scenario}/{rule.name}"
