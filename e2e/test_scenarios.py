"""Every rule, on the target."""

import pytest

from fixtures.ends import DoesNotApply
from fixtures.spa import Spa
from scenarios.catalogue import Rule, rules


# The lifeline ends a rule that takes too long. What may come on top of that is a server that lets few people sign in.
@pytest.mark.timeout(400)
@pytest.mark.sessions_go_on
@pytest.mark.parametrize("rule", rules(), ids=str)
def test_rule(rule: Rule, spa: Spa) -> None:
    try:
        rule.apply(spa)
    except DoesNotApply as reason:
        pytest.skip(f"does not apply: {reason}")
