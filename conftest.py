"""Options, and where the fixtures are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from fixtures.impact import Impact
from fixtures.report.pages.usual import MISTAKES_OF, Usual

# scenarios/ is neither a test file nor a plugin, so pytest would leave its asserts bare.
pytest.register_assert_rewrite("scenarios")

pytest_plugins = [
    "fixtures.given.target",
    "fixtures.given.browser",
    "fixtures.given.defect",
    "fixtures.given.app",
    "fixtures.given.doctor",
    "fixtures.given.sessions",
    "fixtures.given.spa",
    "fixtures.given.turns",
    "fixtures.given.workers",
    "fixtures.report.cure",
    "fixtures.report.verdicts",
    "fixtures.report.blocking",
    "fixtures.report.tally",
    "fixtures.report.accepting",
    "fixtures.report.junit",
    "fixtures.report.matrix",
    "fixtures.report.pages.collecting",
    "scenarios.catalogue.known",
]


def pytest_configure(config: pytest.Config) -> None:
    """Tell the report, which knows no rules, what it usually is that breaks one."""
    config.stash[MISTAKES_OF] = _mistakes_seen_as


def _mistakes_seen_as(rule: str, fact: str) -> Sequence[Usual]:
    from scenarios.catalogue.cures import mistakes_seen_as  # noqa: PLC0415 - reads every defect: only where a rule is broken

    return mistakes_seen_as(rule, fact)


def _folder(text: str) -> Path:
    """The folder of a report. A variable of a pipeline that nobody has set names none."""
    if not text:
        raise pytest.UsageError("--report: names no folder")
    return Path(text)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("afresh", "which app is judged")
    group.addoption(
        "--target",
        type=Path,
        metavar="FILE",
        help="the TOML file that describes the app to judge (default: fixtures/targets/reference.toml)",
    )
    group.addoption(
        "--defect",
        metavar="NAME",
        help="judge a wrong version of the bundled app instead: the name of a folder in fixtures/defects/",
    )
    group.addoption(
        "--allow-host",
        action="append",
        default=[],
        metavar="HOST",
        help="a host other than this machine that may be driven; also without it where the target's file says staging",
    )
    group.addoption(
        "--connect",
        metavar="ADDRESS",
        help="drive a browser of the Playwright server at ws://HOST:PORT/, in a container or on another machine",
    )
    group.addoption(
        "--fresh-sessions",
        action="store_true",
        help="sign in for each rule, where else one goes on with the session that an earlier one has left",
    )
    group.addoption(
        "--verdicts",
        type=Path,
        metavar="FILE",
        help="write the verdicts to this file; python -m fixtures.report FILE... puts those of parts together",
    )
    group.addoption(
        "--report",
        type=_folder,
        metavar="DIR",
        help="write the report to this folder: index.html to be read, run.json for programs",
    )
    group.addoption(
        "--fail-on",
        choices=[impact.value for impact in Impact],
        default=Impact.MINOR.value,
        help="fail where a rule is broken with this impact or a worse one, and only list what is less (default: minor)",
    )
    group.addoption(
        "--known",
        type=Path,
        metavar="FILE",
        help="the TOML file of the failures that are known and block nothing (default: my.known.toml beside my.toml)",
    )
    group.addoption(
        "--accept-known",
        type=Path,
        metavar="FILE",
        help="write what is broken to the file of known failures (a name alone: beside the target's file); what people "
        "have written there stays",
    )
    group.addoption(
        "--webgl",
        action="store_true",
        help="let pages draw with WebGL, which a browser that nobody watches does slowly",
    )
    group.addoption(
        "--matrix",
        type=Path,
        metavar="FILE",
        help="judge each defect by every rule (e2e/test_matrix.py, long), and put what was seen into this file",
    )
    group.addoption(
        "--matrix-missing",
        action="store_true",
        help="with --matrix: ask only what is not in that file yet",
    )
    group.addoption(
        "--pairs",
        type=Path,
        metavar="FILE",
        help="judge apps with two mistakes each, as this file plans them (python -m fixtures.diagnosis.pairs)",
    )
