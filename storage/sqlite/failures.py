"""What a failed commit means: one append is the cause, the disk is full, or the outcome is unknown."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from seatkeeper.actors.aggregates.journal import NotStored, StreamDamaged
from seatkeeper.storage.errors import StorageFull
from seatkeeper.storage.sqlite.batch import QueuedWrite
from seatkeeper.storage.sqlite.file.reading import SCHEMA_VERSION
from seatkeeper.storage.sqlite.writer import RolledBack, Statement, Writer

logger = logging.getLogger(__name__)

PROBE: list[Statement] = [(f"PRAGMA user_version = {SCHEMA_VERSION}", ())]
"""A transaction that changes nothing, but is written and synced like any other."""

ROOM = 2 * 1024 * 1024
"""Bytes that must be free before a disk that was full is written to again; a large batch needs as many."""

FEW = 5
"""Streams in a row that may need an unreadable page before the problem counts as one of the whole file."""

_CLEAN = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG}
"""Primary result codes after which a rollback undoes everything. After any other, the outcome is unknown."""

_OF_ONE_APPEND = {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG}

_UNREADABLE = {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ}
"""Result codes for a page that the disk cannot read."""

_NO_SPACE = {sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_WRITE}
"""Result codes that can also mean a full disk; the commit may be in the log, where only this connection skips it."""


class BatchRejected(NotStored):
    """One append of the batch cannot be stored, so nothing of the batch was; the others can be stored without it."""


class PageUnreadable(BatchRejected):
    """A page that this append needs cannot be read, but the file can be written: nothing was stored."""


class StreamUnwritable(PageUnreadable, StreamDamaged):
    """A page that this append needs is damaged, but the file can be written: nothing was stored."""


class FailureHistory:
    """The failures since the last commit, which tell a problem of a few streams from one of the whole file."""

    def __init__(self) -> None:
        """Start with none."""
        self._streams: set[str] = set()
        self._failures = 0

    def is_general(self) -> bool:
        """Return whether too many streams were refused since the last commit."""
        return len(self._streams) >= FEW

    def refused(self, writes: Iterable[QueuedWrite], error: NotStored) -> bool:
        """Record refused writes; return whether other writes would be refused too."""
        if isinstance(error, PageUnreadable):
            self._streams.update(write.stream_id for write in writes)
        return self.is_general() or not isinstance(error, BatchRejected)

    def failed(self) -> int:
        """Record a batch of unknown outcome; return how many came before it since the last commit."""
        self._failures += 1
        return self._failures - 1

    def stored(self, writes: Sequence[QueuedWrite]) -> None:
        """Record a commit; a probe, which has no writes, proves nothing about the pages of streams."""
        if writes:
            self._streams.clear()
            self._failures = 0


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


def reason_of(refused: NotStored) -> str:
    """Tell an operator why the last commit was refused."""
    return f"The last commit was refused: {str(refused) or type(refused).__name__}."


def acknowledge(writes: Iterable[QueuedWrite]) -> None:
    """Tell the appends of a batch that they are committed; an answer that fails holds up no other."""
    for write in writes:
        if write.append is not None:
            try:
                write.append.committed(write.position)
            except Exception:
                logger.exception("an answer failed after its commit", extra={"stream_id": write.stream_id})


def fail_all(writes: Iterable[QueuedWrite], error: Exception) -> None:
    """Report this error to all appends."""
    for write in writes:
        if write.append is not None:
            write.append.failed(error)
