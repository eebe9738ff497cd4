"""The command line: bad input ends in one message, and each way for a rule to end has its own words."""

import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.apps.builds import DEFECTS, ROOT
from fixtures.target import TARGETS

# A whole run in one test: two minutes, as pytest.ini gives a test, are few on a busy machine.
pytestmark = pytest.mark.timeout(360)

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
        (["--report", ""], "ERROR: --report: names no folder"),
        (
            ["--base-url", "localhost:3000"],
            'ERROR: base URL localhost:3000: should be an origin such as "http://localhost:3000"',
        ),
        (
            ["--base-url", "http://localhost:abc"],
            'ERROR: base URL http://localhost:abc: should be an origin such as "http://localhost:3000"',
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
        (
            ["--defect", "credentials-omitted"],
            (
                "ERROR: --defect credentials-omitted: a mistake of the app in another configuration: "
                "add --target fixtures/targets/reference-cookie.toml"
            ),
        ),
    ],
    ids=[
        *("no-such-target", "no-folder", "no-scheme", "no-port", "unreachable"),
        *("defect-of-another-app", "no-such-defect", "defect-of-another-configuration"),
    ],
)
def test_bad_input_ends_in_one_message(arguments: list[str], message: str, workers: tuple[str, ...]) -> None:
    ended = run_pytest(*arguments, *workers, "e2e/test_scenarios.py")

    assert ended.returncode == USAGE_ERROR
    assert (ended.stdout + ended.stderr).strip() == message


@pytest.mark.parametrize(
    ("name", "asked", "fact"),
    [
        pytest.param(
            *("rotation-response-lost", "network-failure/survives-a-lost-refresh-response"),
            "The user was redirected to /login, but should have stayed signed in.",
            id="settings-of-the-backend",
        ),
        pytest.param(
            *("strict-mode-double-boot", "expired-on-load/recovers-with-one-refresh"),
            "2 refreshes were sent; expected 1.",
            id="development-build",
        ),
    ],
)
def test_a_defect_is_judged_with_all_that_makes_it(name: str, asked: str, fact: str) -> None:
    ended = run_pytest("-q", "-n", "0", "e2e/test_scenarios.py", "--defect", name, "-k", asked)

    assert fact in ended.stdout.splitlines(), ended.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["serial", "parallel"])
def test_a_target_that_fails_the_doctor_is_not_judged(tmp_path: Path, workers: tuple[str, ...]) -> None:
    target = tmp_path / "wrong-button.toml"
    base = TARGETS / "reference.toml"
    target.write_text(
        f'extends = "{base}"\nname = "wrong button"\n[sign_in]\nsubmit = {{ role = "button", name = "Enter" }}\n',
        encoding="utf-8",
    )

    ended = run_pytest("e2e/test_scenarios.py", *workers, "--target", str(target))

    assert ended.returncode == USAGE_ERROR
    assert (ended.stdout + ended.stderr).strip().splitlines() == [
        "ERROR: nothing was judged:",
        'ok    sign-in page  /login shows button "Sign in"',
        'WRONG sign-in       expected  signing in shows button "Sign out"',
        (
            '                    actual    Signing in did not work: sign_in.submit: there is no button "Enter" on '
            "the page at /login, with “Sign in”."
        ),
        f"                    change    sign_in.submit, line 4 of {target}",
        f"{target}: the app is not as described",
    ]


def test_a_setting_that_the_server_refuses_is_said_in_its_words(tmp_path: Path) -> None:
    target = tmp_path / "wrong.toml"
    target.write_text(
        f'extends = "{TARGETS / "reference.toml"}"\n[app.environment]\nAPP_ACCESS_TOKEN_SECONDS = "abc"\n',
        encoding="utf-8",
    )

    ended = run_pytest("e2e/test_scenarios.py", "-n", "2", "-k", "sends-nobody-away", "--target", str(target))

    assert ended.returncode == USAGE_ERROR
    assert "APP_ACCESS_TOKEN_SECONDS='abc' must be a whole number" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_rule_without_its_subject_does_not_apply(tmp_path: Path) -> None:
    target = tmp_path / "reactive.toml"
    base = TARGETS / "reference.toml"
    target.write_text(f'extends = "{base}"\nname = "reactive"\n[policy]\nearly_renewal = 0\n', encoding="utf-8")

    ended = run_pytest("e2e/test_scenarios.py", "-k", "keeps-refreshing-in-the-background", "--target", str(target))

    assert ended.returncode == 0
    assert "does not apply: keeps-refreshing-in-the-background: policy.early_renewal is 0" in ended.stdout
    assert ended.stdout.splitlines()[-1] == "reactive: 0 rules kept, 0 broken, 0 could not be asked, 1 do not apply"
