"""What a run leaves behind: no process, however it ended, and no secret in what it printed."""

import os
import re
import secrets
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from fixtures.apps.builds import ROOT

# A whole run in one test: two minutes, as pytest.ini gives a test, are few on a busy machine.
pytestmark = pytest.mark.timeout(360)

PATIENCE_MS = 20_000
JWT = re.compile(r"eyJ[\w-]{8,}\.")


def processes_with(marker: str) -> dict[int, str]:
    """The processes that have the marker in their environment, with their command lines."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if marker.encode() in (folder / "environ").read_bytes():
                found[int(folder.name)] = (
                    (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
    return found


def those_that_stay(marker: str) -> list[str]:
    """Wait for each process that has the marker to end; the command lines of those that do not.

    Those that are seen first may have started others since: only when there are none left to be seen have all ended.
    """
    while found := processes_with(marker):
        if left := [command for pid, command in found.items() if not ends(pid)]:
            return left
    return []


def ends(pid: int) -> bool:
    """Wait for a process to end. False where it goes on for longer than it may."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return bool(poll.poll(PATIENCE_MS))
    finally:
        os.close(handle)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "crash"])
def test_whatever_a_run_has_started_ends_with_it(end: signal.Signals) -> None:
    marker = f"AFRESH_MARKER={secrets.token_hex(8)}"
    name, _, value = marker.partition("=")
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-v", "-n", "2", "-p", "no:cacheprovider", "e2e/test_scenarios.py"],
        cwd=ROOT,
        env={**os.environ, name: value},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert run.stdout is not None
    # The first verdict: servers and browsers are up in at least one worker.
    assert any("PASSED" in line for line in iter(run.stdout.readline, "")), "the run ended without a verdict"
    started = processes_with(marker)
    assert any("fixtures.apps.serving" in command for command in started.values())
    assert any("type=renderer" in command or "headless" in command for command in started.values())

    if end is signal.SIGINT:
        os.killpg(run.pid, end)  # as a terminal does
    else:
        os.kill(run.pid, end)
    run.stdout.close()
    run.wait()

    assert those_that_stay(marker) == []


CARELESS_TEST = """
def test_careless(spa):
    spa.sign_in()
    stored = spa.storage.browser.values()
    password = spa.account.password
    raise RuntimeError(f"{stored} and {password}")
"""


def test_nothing_secret_is_printed_however_much_is_asked_for(tmp_path: Path) -> None:
    careless = tmp_path / "test_careless.py"
    careless.write_text(CARELESS_TEST, encoding="utf-8")
    options = ["-vv", "--showlocals", "--tb=long", "-p", "no:cacheprovider", "--defect", "no-single-flight"]

    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            *options,
            "e2e/test_scenarios.py",
            str(careless),
            "-k",
            "near-expiry-refresh/shares-one-refresh or careless",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    printed = ended.stdout + ended.stderr
    assert re.search(r"^\d+ refreshes were sent; expected 1\.$", printed, re.MULTILINE)
    assert "<access token A>" in printed
    assert "and <secret>" in printed
    assert JWT.findall(printed) == []
