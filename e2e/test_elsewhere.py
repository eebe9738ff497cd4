"""A browser of a Playwright server drives an app on this machine, and what it cannot do is said."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.apps.builds import ROOT
from fixtures.page.browser import find
from fixtures.page.elsewhere import PROGRAM

# Those of tabs that need no browser but the one that is driven elsewhere.
RULES = "expired-on-load/recovers or expired-on-load/sends-no or (several-tabs/shares-one and not between-processes)"


@pytest.fixture(scope="module")
def program() -> Mapping[str, str]:
    """The environment of a run on whose server's machine Playwright has no browser of its own."""
    command = "from playwright.sync_api import sync_playwright as p\nwith p() as q: print(q.chromium.executable_path)"
    own = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout.strip()
    found = find(own, headed=False)
    return {PROGRAM: str(found)} if found else {}


@contextmanager
def running() -> Iterator[str]:
    """The address of a Playwright server, which takes programs and arguments from its clients."""
    command = [str(Path(sys.executable).parent / "playwright"), "run-server", "--host", "127.0.0.1", "--unsafe"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    yield process.stdout.readline().removeprefix("Listening on ").strip()
    os.killpg(process.pid, signal.SIGTERM)  # the command is a program that starts another, which is the server
    process.wait()
    process.stdout.close()


@pytest.fixture
def server() -> Iterator[str]:
    with running() as address:
        yield address


def judged(*arguments: str, program: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, "e2e/test_scenarios.py"],
        cwd=ROOT,
        env={**os.environ, **program},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(360)
@pytest.mark.parametrize("workers", ["0", "2"])
def test_it_judges_an_app_of_this_machine(server: str, program: Mapping[str, str], workers: str) -> None:
    ended = judged("--connect", server, "-n", workers, "-k", RULES, program=program)

    assert ended.stdout.splitlines()[-1].startswith("reference: 4 rules kept, 0 broken, 0 could not be asked"), ended


@pytest.mark.timeout(360)
def test_two_of_them_judge_a_part_each_side_by_side(server: str, program: Mapping[str, str], tmp_path: Path) -> None:
    files = [tmp_path / "1.json", tmp_path / "2.json"]

    def judge(number: int, address: str) -> subprocess.CompletedProcess[str]:
        part = ("--splits", "2", "--group", str(number), "--verdicts", str(files[number - 1]))
        return judged("--connect", address, "-k", RULES, *part, program=program)

    with running() as other, ThreadPoolExecutor() as pool:
        parts = list(pool.map(judge, (1, 2), (server, other)))

    command = [sys.executable, "-m", "fixtures.report", *map(str, files)]
    whole = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert whole.stdout.splitlines()[-1].startswith("reference: 4 rules kept, 0 broken, 0 could not be asked"), parts
    assert not any(" 4 rules kept" in each.stdout for each in parts)
    assert whole.returncode == 0


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("address", "said"),
    [
        (
            "http://of-the-grid@localhost:3000?key=of-the-grid",
            'ERROR: http://localhost:3000: should be the address of a Playwright server, such as "ws://localhost:3000/"',
        ),
        (
            "ws://of-the-grid:of-the-grid@127.0.0.1:9/?key=of-the-grid",
            "ws://127.0.0.1:9/: this Playwright server gives no browser (WebSocket error: connect ECONNREFUSED",
        ),
    ],
    ids=["no-address", "nobody-there"],
)
def test_a_server_that_gives_no_browser_is_said_in_a_line(address: str, said: str, workers: str) -> None:
    ended = judged("--connect", address, "-n", workers, "-k", RULES, program={})

    told = ended.stdout + ended.stderr
    assert said in told
    assert "Traceback" not in told
    assert "of-the-grid" not in told
    assert ended.returncode == pytest.ExitCode.USAGE_ERROR
