"""The catalogue: every rule, the defects that prove them, and the pages that show both."""

from scenarios.catalogue.rules import CatalogueError, Function, Rule, one_of_each, rule, rules

__all__ = ["CatalogueError", "Function", "Rule", "one_of_each", "rule", "rules"]
