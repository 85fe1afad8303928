"""Consistent copies of a database, made while somebody else writes to it."""

from __future__ import annotations

import itertools
import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

logger = logging.getLogger(__name__)

PAGES_A_STEP = 256
"""Pages that are copied at a time: 1 MiB."""

STEPS_A_SYNC = 16
"""Steps after which the disk has to follow: much that it has not written yet would hold up the commits of a service."""


def copy_to(
    source: sqlite3.Connection, destination: Path, *, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> None:
    """Copy what the open read transaction of `source` sees, and replace `destination` when the copy is on the disk.

    A reader holds no writer up in WAL mode; and as the transaction stays open over all steps, no commit makes SQLite
    begin the copy anew. `progress` hears how many pages are done, and of how many. Raises sqlite3.Error or OSError.
    """
    _look_for_leftovers(destination)
    unfinished = destination.with_name(f"{destination.name}.{os.getpid()}.unfinished")
    try:
        with closing(sqlite3.connect(unfinished, isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode = OFF")
            copy.execute("PRAGMA synchronous = OFF")  # it counts for nothing until it is whole, and synced below
            steps = itertools.count(1)

            def follow(_: int, left: int, count: int) -> None:
                progress(count - left, count)
                if next(steps) % STEPS_A_SYNC == 0:
                    sync(unfinished)

            source.backup(copy, pages=PAGES_A_STEP, progress=follow)
        sync(unfinished)
        unfinished.replace(destination)
        sync(destination.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def _look_for_leftovers(destination: Path) -> None:
    """Remove copies to this place whose process is gone, so that they will never be finished; tell of others."""
    for left in destination.parent.glob("*.unfinished"):
        name, _, process = left.name.removesuffix(".unfinished").rpartition(".")
        if not process.isdecimal() or Path("/proc", process).exists():
            continue
        if name == destination.name:
            left.unlink(missing_ok=True)
        else:
            logger.warning("a copy that was never finished, by a process that is gone: %s", left)


def sync(path: Path) -> None:
    """Have the disk confirm a file or a folder; raise OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
