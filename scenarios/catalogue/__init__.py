"""The catalogue: every rule, the defects that prove them, and the pages that show both."""

from fixtures.impact import Impact
from scenarios.catalogue.rules import CatalogueError, Function, Rule, one_of_each, rule, rules, watchers
from scenarios.catalogue.watching import Watching, watching

__all__ = [
    "CatalogueError",
    "Function",
    "Impact",
    "Rule",
    "Watching",
    "one_of_each",
    "rule",
    "rules",
    "watchers",
    "watching",
]
