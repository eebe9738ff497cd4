"""A run that nothing stops: whatever dies in it, each rule has a verdict, and the closing line counts them all."""

import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e2e.test_tidiness import processes_with, those_that_stay
from fixtures.apps.builds import ROOT, SOUND, make
from fixtures.apps.servers import serve_bundled_app
from fixtures.target import TARGETS
from scenarios.catalogue import rules

# A whole run in one test: two minutes, as pytest.ini gives a test, are few on a busy machine.
pytestmark = pytest.mark.timeout(360)

SCENARIOS = ("api-failure", "permission-denied", "rejected-after-refresh", "wrong-password")
ASKED = [found for found in rules() if found.scenario in SCENARIOS]
CLOSING = re.compile(r"reference: (\d+) rules kept, 0 broken, (\d+) could not be asked, (\d+) do not apply")
TESTS_FAILED = 1
INTERRUPTED = 2
WORKERS = ("[gw0]", "[gw1]")
PYTEST = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider")

KILLING = """
from contextlib import suppress
from pathlib import Path

import psutil
from {module} import {kind}

KILLED = Path(__file__).with_name("killed")
really = {kind}.{method}


def kill(each):
    try:
        if {which}:
            each.kill()
    except psutil.NoSuchProcess:  # it has ended since it was listed, as those of a killed browser do
        pass


def kill_once(*given):
    with suppress(FileExistsError):
        KILLED.touch(exist_ok=False)
        for each in {among}:
            kill(each)
    return really(*given)


{kind}.{method} = kill_once
"""
RUNNING = "[psutil.Process(), *psutil.Process().children(recursive=True)]"
"""A process that judges, and all that it has started."""
THE_BROWSER = '"--remote-debugging-pipe" in each.cmdline()'


def killing(
    folder: Path,
    which: str,
    *,
    among: str = RUNNING,
    before: tuple[str, str, str] = ("fixtures.spa.tab", "Tab", "open_forbidden"),
) -> Path:
    """A plugin that kills such processes once in a run: before this method is called, of a class of that module.

    Its name is ``killing``, and it is found in the folder that is given back.
    """
    module, kind, method = before
    said = {"{which}": which, "{among}": among, "{module}": module, "{kind}": kind, "{method}": method}
    text = KILLING
    for gap, words in said.items():
        text = text.replace(gap, words)
    (folder / "killing.py").write_text(text, encoding="utf-8")
    return folder


def is_browser(command: str) -> bool:
    return "chrom" in command and "--remote-debugging-pipe" in command and "--type=" not in command


def is_server(command: str) -> bool:
    return "fixtures.apps.serving" in command


def is_worker(command: str) -> bool:
    return "sys.stdin.readline()" in command


@pytest.fixture
def marker() -> Iterator[str]:
    """Something in the environment of all that a run starts; what is left of that at the end is an error."""
    marker = f"AFRESH_MARKER={secrets.token_hex(8)}"
    yield marker
    assert those_that_stay(marker) == []


def run_pytest(*arguments: str, plugins: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PYTEST, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(plugins or "")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("which", "said"),
    [
        (THE_BROWSER, "The browser crashed, or was killed."),
        ('"run-driver" in each.cmdline()', "The browser crashed, or was killed."),
        ('"fixtures.apps.serving" in each.cmdline()', "The server of the app ended by itself, or was killed."),
        ("each == psutil.Process()", "The process of the suite that judged it ended by itself, or was killed."),
    ],
    ids=["browser", "driver", "server", "worker"],
)
def test_what_dies_in_the_middle_of_a_rule_costs_that_rule_alone(
    tmp_path: Path, which: str, said: str, workers: str
) -> None:
    if which == "each == psutil.Process()" and workers == "0":
        pytest.skip("does not apply: there is no other process that could go on")

    ended = run_pytest(
        *("-q", "-p", "killing", "-n", workers, "e2e/test_scenarios.py", "-k", "permission-denied/ or wrong-password/"),
        plugins=killing(tmp_path, which),
    )

    assert f"Could not ask: {said}" in ended.stdout, ended.stdout
    assert ended.stdout.splitlines()[-1] == ("reference: 3 rules kept, 0 broken, 1 could not be asked, 0 do not apply")
    assert ended.returncode == TESTS_FAILED


def test_a_browser_that_dies_when_a_rule_has_its_verdict_makes_no_mistake_of_it(tmp_path: Path) -> None:
    ended = run_pytest(
        *("-q", "-p", "killing", "e2e/test_scenarios.py", "-k", "permission-denied/ or wrong-password/"),
        plugins=killing(tmp_path, THE_BROWSER, before=("playwright.sync_api", "BrowserContext", "close")),
    )

    # The next rule has another browser, or had begun with the one that was about to die.
    closing = CLOSING.fullmatch(ended.stdout.splitlines()[-1])
    assert closing is not None, ended.stdout
    assert (int(closing[1]), int(closing[2])) in [(4, 0), (3, 1)]


@pytest.mark.parametrize("workers", ["0", "2"])
def test_an_app_that_is_gone_ends_the_run_with_what_it_has(tmp_path: Path, marker: str, workers: str) -> None:
    make([SOUND])
    name, _, value = marker.partition("=")
    with serve_bundled_app(SOUND.folder, {name: value}) as app:
        (server,) = processes_with(marker)
        ended = run_pytest(
            *("-q", "-p", "killing", "-n", workers, f"--base-url={app.base_url}", "e2e/test_scenarios.py"),
            *("-k", "permission-denied/ or rejected-after-refresh/ or sign-out/ or wrong-password/"),
            plugins=killing(tmp_path, "True", among=f"[psutil.Process({server})]"),
        )

    closing = re.fullmatch(
        r"reference: (\d+) rules? kept, 0 broken, (\d) could not be asked, [01] do not apply, (\d+) not asked",
        ended.stdout.splitlines()[-1],
    )
    assert closing is not None, ended.stdout[-2000:]
    assert int(closing[2]) <= 4  # the rule in hand of each process, and the next one that it had begun
    assert f"{app.base_url} does not answer any more" in ended.stdout
    assert ended.returncode == INTERRUPTED


@pytest.mark.parametrize("kind", [is_browser, is_server, is_worker])
def test_what_is_killed_at_any_moment_costs_one_rule_at_most(marker: str, kind: Callable[[str], bool]) -> None:
    name, _, value = marker.partition("=")
    printed: list[str] = []
    with subprocess.Popen(
        [*PYTEST, "-v", "-n", "2", "e2e/test_scenarios.py", "-k", " or ".join(f"{name}/" for name in SCENARIOS)],
        cwd=ROOT,
        env={**os.environ, name: value},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as run:
        assert run.stdout is not None
        # After a verdict of each worker: all servers and browsers are up.
        while not all(any("PASSED" in line and worker in line for line in printed) for worker in WORKERS):
            printed.append(run.stdout.readline())
            assert printed[-1], "".join(printed)
        victim = next(pid for pid, command in processes_with(marker).items() if kind(command))
        os.kill(victim, signal.SIGKILL)
        printed += run.stdout

    closing = CLOSING.fullmatch(printed[-1].strip())
    assert closing is not None, "".join(printed[-30:])
    kept, unasked, not_applicable = (int(count) for count in closing.groups())
    assert kept + unasked + not_applicable == len(ASKED), "".join(printed[-60:])
    assert unasked <= 1


def test_rules_that_a_run_leaves_unasked_are_counted() -> None:
    ended = run_pytest("-q", "-x", "e2e/test_scenarios.py", "--defect", "no-single-flight", "-k", "near-expiry-refresh")

    closing = ended.stdout.splitlines()[-1]
    found = re.fullmatch(
        r"reference with no-single-flight: (\d+) rules? kept, 1 broken, "
        r"0 could not be asked, 0 do not apply, (\d+) not asked",
        closing,
    )
    assert found is not None, closing
    assert int(found[1]) + 1 + int(found[2]) == sum(each.scenario == "near-expiry-refresh" for each in rules())


MISTAKE = """
from fixtures.spa.tab import Tab


def open_forbidden(self):
    raise RuntimeError("a mistake of the suite")


Tab.open_forbidden = open_forbidden
"""


def test_what_fails_by_a_mistake_of_the_suite_is_counted_as_such(tmp_path: Path) -> None:
    (tmp_path / "mistaken.py").write_text(MISTAKE, encoding="utf-8")
    ended = run_pytest(
        "-q", "-p", "mistaken", "e2e/test_scenarios.py", "-k", "permission-denied or wrong-password", plugins=tmp_path
    )

    assert ended.stdout.splitlines()[-1] == (
        "reference: 2 rules kept, 0 broken, 0 could not be asked, 0 do not apply, 2 failed by a mistake of the suite"
    )
    assert ended.returncode == TESTS_FAILED


OTHER_TEST = """
def test_other():
    raise RuntimeError("a failure of another test")
"""


def test_failures_are_put_together_in_a_run_of_rules_alone(tmp_path: Path) -> None:
    """What fails beside them has no line in the verdicts, and is listed as pytest does."""
    other = tmp_path / "test_other.py"
    other.write_text(OTHER_TEST, encoding="utf-8")

    ended = run_pytest(
        *("-q", "--defect", "investigation-literal", "e2e/test_scenarios.py", str(other)),
        *("-k", "refresh-rejected/ends-the-session or test_other"),
    )

    assert "a failure of another test" in ended.stdout
    in_full, _, listed = ended.stdout.partition("short test summary info")  # whole messages too, where CI is set
    assert in_full.count("again     ") == 3
    assert listed.count("FAILED") == 4


def test_a_target_file_in_another_repository_is_found_from_here(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    file = folder / "shop.toml"
    file.write_text(f'extends = "{TARGETS / "reference.toml"}"\nname = "shop"\n', encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")

    ended = run_pytest("-q", f"--target={file}", "e2e/test_scenarios.py", "-k", "permission-denied")

    assert ended.stdout.splitlines()[-1] == "shop: 2 rules kept, 0 broken, 0 could not be asked, 0 do not apply"
