"""Consistent copies of a database that may be written meanwhile."""

from __future__ import annotations

import itertools
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from seatkeeper.storage.sqlite.file import identity, journal_ids

logger = logging.getLogger(__name__)

PAGES_A_STEP = 256
"""Pages that are copied at a time: 1 MiB."""

STEPS_A_SYNC = 16
"""Steps between two syncs; more unwritten pages would delay the commits of a running service."""


def copy_to(
    source: sqlite3.Connection, destination: Path, *, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> None:
    """Copy what the open read transaction of `source` sees, and replace `destination` when the copy is on the disk.

    In WAL mode the copy delays no writer. The transaction stays open over all steps, so SQLite does not restart the
    copy after a commit. `progress` is called with the pages done and their total. Raise sqlite3.Error or OSError.
    """
    with whole_or_not(destination) as unfinished:
        with closing(sqlite3.connect(unfinished, isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode = OFF")
            copy.execute("PRAGMA synchronous = OFF")  # the whole copy is synced in the end
            steps = itertools.count(1)

            def after_step(_: int, left: int, count: int) -> None:
                progress(count - left, count)
                if next(steps) % STEPS_A_SYNC == 0:
                    sync(unfinished)

            source.backup(copy, pages=PAGES_A_STEP, progress=after_step)
        with closing(sqlite3.connect(unfinished, isolation_level=None)) as copy:
            copy.execute("PRAGMA synchronous = OFF")
            identity.remove(copy)
            journal_ids.close_off(copy)


@contextmanager
def whole_or_not(destination: Path) -> Iterator[Path]:
    """Give a path for a new database, which replaces `destination` on the disk unless making it fails.

    Raise OSError.
    """
    _remove_leftovers(destination)
    unfinished = destination.with_name(f"{destination.name}.{os.getpid()}.unfinished")
    try:
        yield unfinished
        sync(unfinished)
        unfinished.replace(destination)
        sync(destination.parent)
    finally:
        for leftover in ("", "-wal", "-shm"):
            unfinished.with_name(unfinished.name + leftover).unlink(missing_ok=True)


def _remove_leftovers(destination: Path) -> None:
    """Remove unfinished copies to this destination whose process has ended; log those to other destinations."""
    for left in destination.parent.glob("*.unfinished"):
        name, _, process = left.name.removesuffix(".unfinished").rpartition(".")
        if not process.isdecimal() or Path("/proc", process).exists():
            continue
        if name == destination.name:
            left.unlink(missing_ok=True)
        else:
            logger.warning("an unfinished copy of a process that has ended: %s", left)


def sync(path: Path) -> None:
    """Sync a file or a folder to the disk; raise OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
