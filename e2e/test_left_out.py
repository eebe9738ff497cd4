"""A target file may leave out what can be found: that is found once, and kept beside the file, which goes before it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.apps import forms
from fixtures.apps.builds import ROOT
from fixtures.apps.servers import RunningApp
from fixtures.page.accounts import sign_up
from fixtures.target import found_beside, is_left_to_be_found, read_target

# A whole run in one test: two minutes, as pytest.ini gives a test, are few on a busy machine.
pytestmark = pytest.mark.timeout(360)

USAGE_ERROR = 4
TELLS = "leaves out what a visit can find"


@pytest.fixture
def app() -> Iterator[RunningApp]:
    with forms.serve("without-jti") as served:
        yield served


@pytest.fixture
def poor_file(tmp_path: Path, app: RunningApp, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that says where the app is and who signs in."""
    account = sign_up(app.base_url, "/register")
    monkeypatch.setenv("SHOP_USER", account.user)
    monkeypatch.setenv("SHOP_PASSWORD", account.password)
    file = tmp_path / "shop.toml"
    file.write_text(
        f'name = "shop"\napp = {{ base_url = "{app.base_url}" }}\n'
        'account = { user = "${SHOP_USER}", password = "${SHOP_PASSWORD}" }\n',
        encoding="utf-8",
    )
    return file


def judge(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "e2e/test_scenarios.py"]
    command += [f"--target={file}", "-k", "concurrent-401s and one-refresh"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_what_is_left_out_is_found_once_and_kept_beside_the_file(poor_file: Path) -> None:
    assert is_left_to_be_found(poor_file)

    first, again = judge(poor_file), judge(poor_file)

    assert first.stdout.splitlines()[-1] == "shop: 1 rule kept, 0 broken, 0 could not be asked, 0 do not apply"
    assert TELLS in first.stdout
    assert TELLS not in again.stdout
    assert again.stdout.splitlines()[-1] == first.stdout.splitlines()[-1]
    assert os.environ["SHOP_USER"] not in found_beside(poor_file).read_text(encoding="utf-8")


def test_the_file_goes_before_what_was_found(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    found_beside(file).write_text((ROOT / "fixtures/targets/reference.toml").read_text("utf-8"), encoding="utf-8")
    file.write_text('name = "shop"\n[policy]\nearly_renewal = 30\n', encoding="utf-8")

    target = read_target(file)

    assert (target.name, target.policy.early_renewal) == ("shop", 30)
    assert str(target.refresh.request) == "POST /auth/refresh/"


def test_who_signs_in_must_be_said(poor_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_PASSWORD")

    ended = judge(poor_file)

    assert ended.returncode == USAGE_ERROR
    said = (ended.stdout + ended.stderr).replace(str(poor_file), "shop.toml").strip().splitlines()
    assert said == [
        "shop.toml leaves out what a visit can find. This is done once.",
        "target file shop.toml: a visit needs to know where the app is and who signs in",
        "  account.password: the environment has no SHOP_PASSWORD",
        "ERROR: target file shop.toml: what it leaves out could not be found",
    ]
    assert not found_beside(poor_file).exists()
