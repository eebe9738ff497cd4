"""Rules that do not apply to the default target: other apps are all that asks them, and so each of those is asked."""

from functools import cache

from fixtures.target import TARGETS, needs_of, read_target
from scenarios.catalogue import Rule

AS_THE_SERVER_SHOWS = frozenset({"rejects-a-used-refresh-token"})
"""Those of which no file tells that they do not apply: the default target's server does not rotate its tokens."""


@cache
def _lacking() -> frozenset[str]:
    return frozenset(need for need, why in needs_of(read_target(TARGETS / "reference.toml")).items() if why)


def is_only_elsewhere(_app: object, rule: Rule) -> bool:
    """Whether the default target is not asked a rule."""
    return bool(rule.needs & _lacking()) or rule.name in AS_THE_SERVER_SHOWS
