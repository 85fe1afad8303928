"""T1: a process is killed at each of its steps on the disk; an event and its timer are both there, or neither."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from seatkeeper.storage.sqlite.verify.verify import verify
from tests import suite
from tests.service import clean_environment
from tests.storage.stores import run
from tests.torture.rig.machinery import need

DEADLINE = 120.0

STEPS = [
    *(("pwrite64", step) for step in suite.pick(short=(40, 150), middle=range(1, 240, 24), long=range(1, 240))),
    *(("fdatasync", step) for step in suite.pick(short=(7,), middle=range(1, 22, 4), long=range(1, 22))),
]
"""Of some 220 writes and 20 syncs, those of the first start and of the close among them."""

EVENTS = ["account.opened", "member.added", "trial.ended", "account.suspended"]


def process(database: Path, *before: str) -> int:
    """Run the process to its end, or to its death; return the status."""
    command = [*before, sys.executable, "-m", "tests.timers.crashing", str(database)]
    done = subprocess.run(command, env=clean_environment(), check=False, capture_output=True, timeout=DEADLINE)
    return done.returncode


def findings(database: Path) -> list[str]:
    """What verify finds: a timer without its event, or an event without its timer, among all else."""
    found: list[str] = []
    verify(database, on_finding=found.append)
    return found


def has_begun(database: Path) -> bool:
    """Whether there is a file with tables, which the first commit makes."""
    return database.exists() and bool(run(database, "SELECT 1 FROM sqlite_schema"))


@pytest.mark.parametrize(("call", "step"), STEPS)
def test_an_event_and_its_timer_are_both_there_or_neither(tmp_path: Path, call: str, step: int) -> None:
    need("strace", root=True)
    database = tmp_path / "seatkeeper.db"
    killing = ["-e", f"trace={call}", "-e", "signal=none", "-e", f"inject={call}:signal=SIGKILL:when={step}"]
    process(database, "strace", "-f", "-qq", "-o", "/dev/null", *killing)
    if has_begun(database):
        assert findings(database) == []
    assert process(database) == 0
    assert [kind for (kind,) in run(database, "SELECT type FROM events ORDER BY position")] == EVENTS
    assert run(database, "SELECT * FROM timers") == []
    assert findings(database) == []
