"""Backups: consistent copies of a database, also while it is served."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.sqlite.file.copies import copy_to
from seatkeeper.storage.sqlite.file.identity import refuse_mismatch
from seatkeeper.storage.sqlite.file.reading import open_snapshot
from seatkeeper.storage.sqlite.file.wal import log_bytes, log_of, refuse_damaged_log


def backup(path: Path, destination: Path, *, progress: Callable[[int, int], None] = lambda _done, _all: None) -> int:
    """Copy the database to a new file as of this moment; return its size in bytes.

    The file appears when the whole copy is on the disk. `progress` is called with the pages done and their total. Raise
    DatabaseRefused, which leaves no file.
    """
    refuse_taken(destination)
    refuse_mismatch(path)
    refuse_damaged_log(path)
    with closing(open_snapshot(path)) as source:
        try:
            copy_to(source, destination, progress=progress)
        except (sqlite3.Error, OSError) as error:
            message = f"{path} cannot be copied to {destination}: {error}"
            raise DatabaseRefused(message) from error
    return destination.stat().st_size


def refuse_taken(destination: Path) -> None:
    """Raise DatabaseRefused unless a new database can be put at this path."""
    if not destination.parent.is_dir():
        message = f"the folder {destination.parent} is not there"
        raise DatabaseRefused(message)
    if destination.exists() or destination.is_symlink():
        message = f"{destination} already exists"
        raise DatabaseRefused(message)
    if log_bytes(destination):
        log = log_of(destination)
        message = f"{log} exists, and SQLite would take it for the log of the copy: move it away"
        raise DatabaseRefused(message)
