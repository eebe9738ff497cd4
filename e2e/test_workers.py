"""How many processes judge where that is left to the suite."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.apps.builds import ROOT
from fixtures.given.workers import (
    BYTES_OF_A_PROCESS,
    pytest_xdist_auto_num_workers,
    quota_below,
    usable_cores,
    workers,
)

ENOUGH = 100 * BYTES_OF_A_PROCESS


@pytest.mark.parametrize(("cores", "are"), [(0.5, 1), (1, 1), (2, 2), (4, 3), (8, 6)])
def test_one_process_keeps_more_than_a_core_busy(cores: float, are: int) -> None:
    assert workers(cores, ENOUGH) == are


def test_there_are_no_more_than_there_is_memory_for() -> None:
    assert workers(8, 2 * BYTES_OF_A_PROCESS) == 2
    assert workers(8, 0) == 1


@pytest.mark.parametrize(
    ("quota", "usable"), [("", 8), ("max 100000", 8), ("-1 100000", 8), ("150000 100000", 1.5), ("1600000 100000", 8)]
)
def test_a_container_may_use_less_than_there_is(quota: str, usable: float) -> None:
    assert usable_cores(8, quota) == usable


@pytest.mark.parametrize(
    "files", [{"cpu.max": "150000 100000\n"}, {"cpu.cfs_quota_us": "150000\n", "cpu.cfs_period_us": "100000\n"}]
)
def test_both_versions_of_control_groups_say_so(tmp_path: Path, files: dict[str, str]) -> None:
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / ("" if name == "cpu.max" else "cpu") / name).write_text(text, encoding="ascii")

    assert quota_below(tmp_path) == "150000 100000"
    assert quota_below(tmp_path / "none") == ""


def test_n_auto_is_that_many() -> None:
    run = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-n",
        "auto",
        "e2e/test_workers.py",
        "-k",
        "memory",
    ]
    ended = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)

    assert re.findall(r"(\d+) workers? \[", ended.stdout) == [str(pytest_xdist_auto_num_workers())]
