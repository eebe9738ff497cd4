"""Known failures are held against the catalogue before anything is asked: each is about a rule that there is."""

from __future__ import annotations

import pytest

from fixtures.known import KnownError, check_rules
from fixtures.report.blocking import TERMS, known_file
from scenarios.catalogue.rules import rules, watchers


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or (file := known_file(config)) is None:
        return
    try:
        check_rules(file, config.stash[TERMS].known, {*map(str, rules()), *map(str, watchers())})
    except KnownError as problem:
        raise pytest.UsageError(str(problem)) from None
