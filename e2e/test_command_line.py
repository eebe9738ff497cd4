"""The command line: bad input ends in one message, and each way for a rule to end has its own words."""

import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.builds import DEFECTS, ROOT
from fixtures.target import TARGETS

USAGE_ERROR = 4


def run_pytest(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["serial", "parallel"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target", "none.toml"], "ERROR: target file none.toml: No such file or directory"),
        (
            ["--base-url", "localhost:3000"],
            'ERROR: base URL localhost:3000: should begin with "http://" or "https://", and have a host',
        ),
        (
            ["--base-url", "http://localhost:abc"],
            'ERROR: base URL http://localhost:abc: should begin with "http://" or "https://", and have a host',
        ),
        (
            ["--base-url", "http://127.0.0.1:9"],
            "ERROR: base URL http://127.0.0.1:9: no answer ([Errno 111] Connection refused)",
        ),
        (
            ["--defect", "no-single-flight", "--base-url", "http://127.0.0.1:9"],
            "ERROR: --defect no-single-flight: only the bundled app has defects to be judged by",
        ),
        (
            ["--defect", "gremlins"],
            "ERROR: --defect gremlins: there is none of that name; there are "
            + ", ".join(sorted(folder.name for folder in DEFECTS.iterdir() if folder.is_dir())),
        ),
    ],
    ids=["no-such-target", "no-scheme", "no-port", "unreachable", "defect-of-another-app", "no-such-defect"],
)
def test_bad_input_ends_in_one_message(arguments: list[str], message: str, workers: tuple[str, ...]) -> None:
    ended = run_pytest(*arguments, *workers, "e2e/test_scenarios.py")

    assert ended.returncode == USAGE_ERROR
    assert (ended.stdout + ended.stderr).strip() == message


def test_a_target_whose_sign_in_does_not_work_could_not_be_asked(tmp_path: Path) -> None:
    target = tmp_path / "wrong-button.toml"
    base = TARGETS / "reference.toml"
    target.write_text(
        f'extends = "{base}"\nname = "wrong button"\n[sign_in]\nsubmit = {{ role = "button", name = "Enter" }}\n',
        encoding="utf-8",
    )

    ended = run_pytest("e2e/test_scenarios.py", "-k", "recovers-with-one-refresh", "--target", str(target))

    assert ended.returncode == 1
    lines = ended.stdout.splitlines()
    assert any(line.startswith("Could not ask: Signing in did not work: ") for line in lines), ended.stdout
    assert lines[-1] == "wrong button: 0 rules kept, 0 broken, 1 could not be asked, 0 do not apply"
    assert "Traceback" not in ended.stdout


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        ('[tokens]\nrefresh_token = "rt"', "After signing in, the browser keeps nothing under rt (see tokens)."),
        (
            '[sign_in]\nrequest = "POST /auth/enter/"',
            "Signing in sent no POST /auth/enter/, which sign_in.request names.",
        ),
        (
            '[pages.calls]\ncontrol = { role = "button", name = "Nope" }',
            '/notes has no button "Nope", which its target names.',
        ),
    ],
    ids=["storage-key", "sign-in-request", "control"],
)
def test_a_target_that_is_not_as_described_could_not_be_asked(tmp_path: Path, mistake: str, words: str) -> None:
    target = tmp_path / "wrong.toml"
    target.write_text(f'extends = "{TARGETS / "reference.toml"}"\nname = "wrong"\n{mistake}\n', encoding="utf-8")

    ended = run_pytest("e2e/test_scenarios.py", "-k", "sends-nobody-away", "--target", str(target))

    assert f"Could not ask: {words}" in ended.stdout
    assert ended.stdout.splitlines()[-1] == "wrong: 0 rules kept, 0 broken, 1 could not be asked, 0 do not apply"


def test_a_setting_that_the_server_refuses_is_said_in_its_words(tmp_path: Path) -> None:
    target = tmp_path / "wrong.toml"
    target.write_text(
        f'extends = "{TARGETS / "reference.toml"}"\n[app.environment]\nAPP_ACCESS_TOKEN_SECONDS = "abc"\n',
        encoding="utf-8",
    )

    ended = run_pytest("e2e/test_scenarios.py", "-k", "sends-nobody-away", "--target", str(target))

    assert ended.returncode == USAGE_ERROR
    assert "APP_ACCESS_TOKEN_SECONDS='abc' must be a whole number" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_rule_without_its_subject_does_not_apply(tmp_path: Path) -> None:
    target = tmp_path / "reactive.toml"
    base = TARGETS / "reference.toml"
    target.write_text(f'extends = "{base}"\nname = "reactive"\n[policy]\nearly_renewal = 0\n', encoding="utf-8")

    ended = run_pytest("e2e/test_scenarios.py", "-k", "renews-in-the-background", "--target", str(target))

    assert ended.returncode == 0
    assert "does not apply: renews-in-the-background: policy.early_renewal is 0" in ended.stdout
    assert ended.stdout.splitlines()[-1] == "reactive: 0 rules kept, 0 broken, 0 could not be asked, 1 do not apply"
