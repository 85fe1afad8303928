"""Opening the file, and opening it again after a commit whose outcome nobody knows."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from seatkeeper.actors.journal import NotStored
from seatkeeper.storage.database import Database, DatabaseRefused, Limits
from seatkeeper.storage.failures import PROBE, free_bytes, has_room, undone
from seatkeeper.storage.writer import RolledBack

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 5.0
"""Seconds between two tries to open the file again, at most."""


class JournalLimits(NamedTuple):
    """The bounds of a journal: counts, and times in seconds. A batch that is tried again may wait beside the others."""

    waiting: int = 10_000
    batch: int = 500
    commit_deadline: float = 30.0
    reopenings: int = 5
    probe_every: float = 1.0
    files: Limits = Limits()


class Opened(NamedTuple):
    """An open file, the position of its last event, and what the disk said against a probe."""

    database: Database
    position: int
    refused: NotStored | None = None


async def open_first(path: Path, limits: JournalLimits) -> Opened:
    """Open the file; raise DatabaseRefused.

    On a full disk too: SQLite cannot even read without an index of the log beside the file, which needs 32 KiB. Who
    starts the service shall hear that at once; only a service that runs already waits for space.
    """
    try:
        return await _open(path, limits)
    except DatabaseRefused as error:
        if has_room(path):
            raise
        message = f"{error}; the disk is full: {free_bytes(path):,} bytes are free, make room and start again"
        raise DatabaseRefused(message) from error


async def open_again(
    path: Path, limits: JournalLimits, doubts: int, *, closing: Callable[[], bool], troubled: Callable[[str], None]
) -> Opened:
    """Open the file until it takes a commit; raise DatabaseRefused after some tries.

    As many as `doubts` count as made: so often it took a probe before, and then nothing else. A disk that is full is
    waited for, however long that takes, unless the journal is closing. `troubled` hears why a try failed.
    """
    tries = doubts if has_room(path) else 0
    while tries < limits.reopenings:
        try:
            return await _open(path, limits, probe=True)
        except (sqlite3.Error, DatabaseRefused, OSError) as error:
            full = not has_room(path)
            if not full or closing():
                tries += 1
            reason = "the disk is full" if full else str(error) or "too slow"
            said = "the database could not be opened again: %s"
            logger.log(logging.ERROR, said, reason, exc_info=not full, extra={"tries": tries})
            troubled(f"The database cannot be opened: {reason}.")
            await asyncio.sleep(min(LONGEST_PAUSE, 0.2 * 2 ** max(tries - 1, 0)))
    message = f"{path} could not be opened again in {limits.reopenings} tries"
    raise DatabaseRefused(message)


async def _open(path: Path, limits: JournalLimits, *, probe: bool = False) -> Opened:
    database = await Database.open(path, limits.files)
    try:
        position = await database.position()
        refused = await _probed(database, path, limits.commit_deadline) if probe else None
    except BaseException:
        await database.close()
        raise
    return Opened(database, position, refused)


async def _probed(database: Database, path: Path, deadline: float) -> NotStored | None:
    """Commit nothing; return what the disk says against it, or raise an error if nobody can tell whether it worked."""
    try:
        async with asyncio.timeout(deadline):
            await database.writer.commit_all(PROBE)
    except (sqlite3.Error, RolledBack) as error:
        return await undone(database.writer, error, path)
    return None
