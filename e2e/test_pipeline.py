"""The files for a pipeline: each step of GitHub's action is run as a runner would, on an app that is started by it."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from fixtures.apps.builds import ROOT, SOUND, make
from fixtures.target import TARGETS

# A run that is begun from nothing in one test: two minutes, as pytest.ini gives a test, are few on a busy machine.
pytestmark = pytest.mark.timeout(360)

ACTION = ROOT / ".github" / "actions" / "judge" / "action.yml"
GITLAB = ROOT / "fixtures" / "pipeline" / "gitlab-ci.yml"
BACKEND = ROOT / "fixtures" / "app" / "backend"
EXPRESSION = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Runner:
    """Runs the steps of the action that have a command of their own, in their order, as GitHub's runner does."""

    def __init__(self, folder: Path, given: dict[str, str]) -> None:
        self.action: dict[str, Any] = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
        self.workspace, self.temp = folder / "workspace", folder / "temp"
        for each in (self.workspace, self.temp, folder / "home"):
            each.mkdir()
        inputs = {name: str(each.get("default", "")) for name, each in self.action["inputs"].items()} | given
        self._known = {f"inputs.{name}": value for name, value in inputs.items()}
        self._known["github.action_path"] = str(ACTION.parent)
        self._environment = {
            **os.environ,
            "HOME": str(folder / "home"),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
        }

    def run(self) -> dict[str, subprocess.CompletedProcess[str]]:
        """What has become of each step, by its name. After a failure only those are run that always are."""
        done: dict[str, subprocess.CompletedProcess[str]] = {}
        for step in self.action["runs"]["steps"]:
            condition = str(step.get("if", ""))
            has_failed = any(each.returncode for each in done.values())
            if "run" not in step or (has_failed and "always()" not in condition) or not self._is_wanted(condition):
                continue
            own = {name: self._filled_in(value) for name, value in step.get("env", {}).items()}
            done[step["name"]] = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=self.workspace,
                env={**self._environment, **own},
                capture_output=True,
                text=True,
                check=False,
            )
        return done

    def _is_wanted(self, condition: str) -> bool:
        """Whether the inputs that a condition wants are given."""
        return all(self._known[name] for name in re.findall(r"(inputs\.[\w-]+) != ''", condition))

    def _filled_in(self, value: str) -> str:
        return EXPRESSION.sub(lambda found: self._known[found[1]], value)


def app_at(port: int, folder: Path) -> str:
    """The command that starts the bundled app by hand, over a database of its own."""
    make([SOUND])
    settings = f"APP_SECRET_KEY={'k' * 50} APP_DATABASE={folder / 'db.sqlite3'} APP_FRONTEND={SOUND.folder}"
    manage = f"env {settings} {sys.executable} manage.py"
    return f"cd {BACKEND} && {manage} migrate --verbosity 0 && {manage} serve --port {port}"


def file_of_an_app_at(port: int) -> str:
    """The file of the bundled app, where somebody else serves it."""
    text = (TARGETS / "reference.toml").read_text(encoding="utf-8")
    served, count = re.subn("^bundled = .*$", f'base_url = "http://127.0.0.1:{port}"', text, flags=re.MULTILINE)
    assert count == 1
    return re.sub("^name = .*$", 'name = "shop"', served, count=1, flags=re.MULTILINE)


def test_the_action_starts_an_app_and_judges_it_and_stops_it(tmp_path: Path) -> None:
    port = free_port()
    runner = Runner(
        tmp_path,
        {
            "target": "shop.toml",
            "start": app_at(port, tmp_path),
            "wait-for": f"http://127.0.0.1:{port}",
            "arguments": "-k permission-denied",
        },
    )
    (runner.workspace / "shop.toml").write_text(file_of_an_app_at(port), encoding="utf-8")

    done = runner.run()

    assert [name for name, each in done.items() if each.returncode] == [], done
    assert "shop: 2 rules kept, 0 broken" in done["Judge"].stdout
    assert (runner.workspace / "afresh-report" / "index.html").is_file()
    pid = int((runner.temp / "app.pid").read_text(encoding="utf-8"))
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=30)
    with socket.socket() as left:
        assert left.connect_ex(("127.0.0.1", port)) != 0, "the app still runs"


def test_an_app_that_does_not_come_up_is_told_with_what_it_has_said(tmp_path: Path) -> None:
    port = free_port()
    given = {"target": "shop.toml", "start": "echo the database is missing; exit 1"}
    runner = Runner(tmp_path, {**given, "wait-for": f"http://127.0.0.1:{port}"})
    waiting = next(step for step in runner.action["runs"]["steps"] if step["name"] == "Wait for the app")
    assert waiting["run"].count("--retry 120") == 1
    waiting["run"] = waiting["run"].replace("--retry 120", "--retry 1")  # two minutes are given to an app that builds

    done = runner.run()

    assert "Judge" not in done
    assert done["Wait for the app"].returncode == 1
    assert f"::error::http://127.0.0.1:{port} does not answer." in done["Wait for the app"].stdout
    assert "the database is missing" in done["Wait for the app"].stdout


def test_the_job_for_gitlab_keeps_what_the_action_keeps() -> None:
    job = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))["afresh"]

    assert set(job["variables"]) == {"AFRESH", "TARGET", "START", "WAIT_FOR"}
    assert job["artifacts"]["when"] == "always"
    assert job["artifacts"]["reports"]["junit"].startswith(job["artifacts"]["paths"][0])
