"""Several apps in one command: each is judged, whatever becomes of the others, and each has a row."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from fixtures.apps.builds import ROOT
from fixtures.fleet.__main__ import status_of
from fixtures.fleet.files import NoTargets, targets_in
from fixtures.fleet.rows import Row, table
from fixtures.report.outcome import Outcome, Verdict
from fixtures.report.tallied import Tallied
from fixtures.target import TARGETS


def judged(*verdicts: Verdict, planned: int = 0) -> Tallied:
    rules = [f"sign-out/{number}" for number in range(len(verdicts))]
    return Tallied(
        target="shop",
        outcomes=[Outcome("shop", "sign-out", rule, each, "") for rule, each in zip(rules, verdicts, strict=True)],
        planned=[*rules, *(f"sign-out/later-{number}" for number in range(planned))],
        asked=rules,
        sign_ins=7,
    )


def test_each_app_has_a_row() -> None:
    rows = [
        Row(Path("shop.toml"), 0, 61.4, judged(Verdict.KEPT, Verdict.KEPT, Verdict.DOES_NOT_APPLY)),
        Row(Path("shop.toml"), 1, 8.0, judged(Verdict.KEPT, Verdict.BROKEN, Verdict.COULD_NOT_ASK, planned=2)),
        Row(Path("shop.toml"), 1, 9.0, judged(Verdict.KEPT, Verdict.COULD_NOT_ASK)),
        Row(Path("till.toml"), 4, 0.3, None, "base URL http://localhost:9: no answer"),
    ]

    assert table(rows, of=5) == [
        "           kept  broken  could not ask  do not apply  not asked  sign-ins  time",
        "shop          2       0              0             1          0         7  61 s",
        "shop          1       1              1             0          2         7   8 s",
        "shop          1       0              1             0          0         7   9 s",
        "till.toml  no run: base URL http://localhost:9: no answer",
        "5 apps: 1 without a broken rule, 1 with one, 1 not wholly asked, 1 without a run, 1 not come to",
    ]


def test_a_folder_means_the_target_files_in_it(tmp_path: Path) -> None:
    names = ("b.toml", "a.toml", "a.found.toml", "a.known.toml", "notes.md")
    for name in names:
        (tmp_path / name).touch()

    assert targets_in([tmp_path / "b.toml", tmp_path]) == [tmp_path / "b.toml", tmp_path / "a.toml"]


@pytest.mark.parametrize(
    ("named", "words"), [("", "no target file (*.toml) in this folder"), ("nothing", "no such file or folder")]
)
def test_where_there_is_nothing_to_judge_it_is_said(tmp_path: Path, named: str, words: str) -> None:
    with pytest.raises(NoTargets) as said:
        targets_in([tmp_path / named])

    assert str(said.value) == f"{tmp_path / named if named else tmp_path}: {words}"


def test_a_run_that_was_killed_is_no_success() -> None:
    assert [status_of(code) for code in (0, 1, -9)] == [0, 1, 137]


def fleet(*arguments: str) -> subprocess.CompletedProcess[str]:
    command: Sequence[str] = [sys.executable, "-m", "fixtures.fleet", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.timeout(360)  # two whole runs
def test_one_app_that_cannot_be_judged_keeps_no_other_from_it(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('name = "a"\n', encoding="utf-8")
    (tmp_path / "b.toml").write_text((TARGETS / "reference.toml").read_text(encoding="utf-8"), encoding="utf-8")

    ended = fleet(str(tmp_path), "--", "-k", "keeps-the-deep-link", "-n", "0")

    *_, gone, judged_well, last = ended.stdout.splitlines()
    assert gone.startswith("a.toml     no run: "), ended.stdout
    assert judged_well.split()[:3] == ["reference", "1", "0"]
    assert last == "2 apps: 1 without a broken rule, 1 without a run"
    assert ended.returncode == 4
    assert "Traceback" not in ended.stderr


def test_a_folder_is_no_target_of_one_run(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "e2e/test_scenarios.py", f"--target={tmp_path}"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.stderr.strip() == (
        f"ERROR: --target {tmp_path}: a folder. Several apps: python -m fixtures.fleet {tmp_path}"
    )
