"""What an error of SQLite means: one append is the cause, the disk is full, or the outcome is unknown."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.storage.errors import StorageFull
from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.journal.failures import BatchRejected, PageUnreadable, StreamUnwritable
from seatkeeper.storage.sqlite.file.reading import SCHEMA_VERSION
from seatkeeper.storage.sqlite.writer import RolledBack, Writer

PROBE: list[Statement] = [(f"PRAGMA user_version = {SCHEMA_VERSION}", ())]
"""A transaction that changes nothing, but is written and synced like any other."""

ROOM = 2 * 1024 * 1024
"""Bytes that must be free before a disk that was full is written to again; a large batch needs as many."""

_CLEAN = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG}
"""Primary result codes after which a rollback undoes everything. After any other, the outcome is unknown."""

_OF_ONE_APPEND = {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG}

_UNREADABLE = {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ}
"""Result codes for a page that the disk cannot read."""

_NO_SPACE = {sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_WRITE}
"""Result codes that can also mean a full disk; the commit may be in the log, where only this connection skips it."""


def free_bytes(path: Path) -> int | None:
    """Return the free bytes of the disk of this file, None if unknown."""
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return None
    return disk.f_bavail * disk.f_frsize


def has_room(path: Path) -> bool:
    """Return whether the disk of this file has room for a large batch, True if unknown."""
    free = free_bytes(path)
    return free is None or free >= ROOM


async def rejection(writer: Writer, error: sqlite3.Error | RolledBack, path: Path) -> NotStored:
    """Undo the batch and return the error of its appends; raise SQLite's error if the outcome is unknown.

    A page that is "malformed" or cannot be read counts as the problem of one append only if a statement failed before
    the commit was tried, and something else can be committed. When the whole file system fails, SQLite reports the
    same codes.
    """
    cause = error.cause if isinstance(error, RolledBack) else error
    code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    primary = code & 0xFF
    of_one_page = isinstance(error, RolledBack) and (primary == sqlite3.SQLITE_CORRUPT or code in _UNREADABLE)
    no_space = code in _NO_SPACE and not has_room(path)
    if primary not in _CLEAN and not of_one_page and not no_space:
        raise cause
    if writer.in_transaction:
        await writer.execute("ROLLBACK")
    if of_one_page or no_space:
        await _overwrite_failed_commit(writer)
    if primary == sqlite3.SQLITE_CORRUPT:
        return StreamUnwritable(f"nothing was stored: {cause}")
    if no_space or primary == sqlite3.SQLITE_FULL:
        return StorageFull()
    if of_one_page:
        return PageUnreadable(f"nothing was stored: {cause}")
    return (BatchRejected if primary in _OF_ONE_APPEND else NotStored)(f"nothing was stored: {cause}")


async def _overwrite_failed_commit(writer: Writer) -> None:
    """Commit an empty transaction over what a failed commit left in the log, so that no crash brings it back.

    Raise sqlite3.Error. SQLITE_IOERR_SHMSIZE does no harm: the index of the log had no space to grow, and it is written
    after the log.
    """
    await writer.execute("BEGIN IMMEDIATE")
    for sql, _ in PROBE:
        await writer.execute(sql)
    try:
        await writer.execute("COMMIT")
    except sqlite3.Error as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_IOERR_SHMSIZE:
            raise
        if writer.in_transaction:
            await writer.execute("ROLLBACK")
