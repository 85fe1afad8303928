"""Backups: a consistent copy of a database, whether it is being served or not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from seatkeeper.storage.copies import copy_to
from seatkeeper.storage.schema import DatabaseRefused, log_of, open_snapshot, refuse_damaged_log


def backup(path: Path, destination: Path, *, progress: Callable[[int, int], None] = lambda _done, _all: None) -> int:
    """Copy the database as it is at this moment to a file that is not there yet; return its size in bytes.

    The name is there once the whole copy is on the disk. `progress` hears how many pages are done, and of how many.
    Raises DatabaseRefused, and leaves nothing behind then.
    """
    if destination.exists() or destination.is_symlink():
        message = f"{destination} is there already"
        raise DatabaseRefused(message)
    log = log_of(destination)
    if log.exists() and log.stat().st_size:
        message = f"{log} is there, and would be taken for the log of the copy"
        raise DatabaseRefused(message)
    refuse_damaged_log(path)
    with closing(open_snapshot(path)) as source:
        try:
            copy_to(source, destination, progress=progress)
        except (sqlite3.Error, OSError) as error:
            message = f"{path} cannot be copied to {destination}: {error}"
            raise DatabaseRefused(message) from error
    return destination.stat().st_size
