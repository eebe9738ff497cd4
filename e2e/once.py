"""What takes long and is the same for each process of a run: done by the first that needs it, read by the others."""

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest


def folder_of_run(config: pytest.Config, factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this run share, and no other run."""
    own = factory.getbasetemp()
    return own.parent if hasattr(config, "workerinput") else own


def once(file: Path, make: Callable[[], str]) -> str:
    """The text of a file, which is made where there is none yet. A process that comes meanwhile waits for it."""
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            file.write_text(make(), encoding="utf-8")
    return file.read_text(encoding="utf-8")
