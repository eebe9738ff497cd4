"""Which apps are asked which rules: each rule is asked of some of the apps of a kind, and with ``--whole`` of all.

Six clients, four strangers, nine forms, three configurations and three lazy apps under each of the rules are most of
the time that the tests take, and what a rule finds in one of them it mostly finds in the next. So the apps of a kind
share the rules out among themselves: each rule is asked of as many of them as the mark says, always of the same ones,
and each app is asked about as many. What an app is known to break is always asked of it.
"""

from __future__ import annotations

from zlib import crc32

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("afresh").addoption(
        "--whole",
        action="store_true",
        help="the suite's own tests: ask every rule of every app that is at hand, and not of some of them",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is asked of another app of its kind. A test that somebody names is always asked."""
    if config.getoption("--whole") or config.option.keyword or any("::" in each for each in config.args):
        return
    asked = [item for item in items if _is_asked(item)]
    if len(asked) < len(items):
        kept = set(asked)
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = asked


def _is_asked(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("shared_out")
    if mark is None or not isinstance(item, pytest.Function):
        return True
    app, rule = (item.callspec.params[name] for name in mark.args)
    among, each = mark.kwargs["among"], mark.kwargs["each"]
    is_always = mark.kwargs.get("always", lambda app, rule: False)
    turn = (crc32(str(rule).encode()) + list(among).index(app)) % len(among)
    return bool(is_always(app, rule) or turn < each)
