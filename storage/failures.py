"""What a failed commit means: nothing was stored, one append is to blame, the disk is full, or nobody can tell."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from seatkeeper.actors.journal import NotStored, StreamDamaged
from seatkeeper.storage.batch import Waiting
from seatkeeper.storage.schema import SCHEMA_VERSION
from seatkeeper.storage.writer import RolledBack, Statement, Writer

PROBE: list[Statement] = [(f"PRAGMA user_version = {SCHEMA_VERSION}", ())]
"""A transaction that changes nothing, and yet goes the way of all others to the disk."""

ROOM = 2 * 1024 * 1024
"""Bytes that must be free before a disk that was full is written to again: a large batch needs so many."""

FEW = 5
"""Streams in a row that may each need a page that is lost; where so many do, whatever is written may need it."""

_CLEAN = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG}
"""Primary result codes after which a rollback leaves nothing behind. Any other is an unknown outcome."""

_OF_ONE_APPEND = {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG}

_UNREADABLE = {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ}
"""What SQLite says of a page that the disk cannot read."""

_NO_SPACE = {sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_WRITE}
"""What SQLite also says for want of space; the commit may be in the log, where only this connection skips it."""


class StorageFull(NotStored):
    """The disk is full: nothing was stored."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("the disk is full")


class AppendRefused(NotStored):
    """One append of the batch cannot be stored, so nothing of it was; the others can be without that one."""


class PageLost(AppendRefused):
    """A page that this append needs cannot be read, in a file that can be written otherwise: nothing was stored."""


class StreamUnwritable(PageLost, StreamDamaged):
    """A page that this append needs is damaged, in a file that can be written otherwise: nothing was stored."""


class Blame:
    """Tells a fault of one stream from one of all: where several in a row need a lost page, whatever is written may."""

    def __init__(self) -> None:
        """Blame nobody yet."""
        self._streams: set[str] = set()
        self._doubts = 0

    def is_on_all(self) -> bool:
        """Tell whether too many streams were refused since anything was stored."""
        return len(self._streams) >= FEW

    def refused(self, some: Iterable[Waiting], error: NotStored) -> bool:
        """Note whose append was refused; tell whether others would be, too."""
        if isinstance(error, PageLost):
            self._streams.update(waiting.stream_id for waiting in some)
        return self.is_on_all() or not isinstance(error, AppendRefused)

    def doubted(self) -> int:
        """Note a batch of unknown outcome; return how many there were before it since anything was stored."""
        self._doubts += 1
        return self._doubts - 1

    def stored(self, some: Sequence[Waiting]) -> None:
        """Note what was stored: a probe, which is nothing, needs no page of anybody."""
        if some:
            self._streams.clear()
            self._doubts = 0


def free_bytes(path: Path) -> int | None:
    """Count the bytes that are free where this file is; None if that cannot be told."""
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return None
    return disk.f_bavail * disk.f_frsize


def has_room(path: Path) -> bool:
    """Tell whether a large batch has room where this file is; True if that cannot be told."""
    free = free_bytes(path)
    return free is None or free >= ROOM


async def undone(writer: Writer, error: sqlite3.Error | RolledBack, path: Path) -> NotStored:
    """Return how the batch is refused, once all of it is undone; raise SQLite's error if nobody can tell whether it is.

    A page that is "malformed" or cannot be read is the fault of one append only where a statement met it, before its
    commit was so much as tried, and something else can be committed: SQLite says both of the whole file too, when the
    file system is gone.
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
        await _settle(writer)
    if primary == sqlite3.SQLITE_CORRUPT:
        return StreamUnwritable(f"nothing was stored: {cause}")
    if no_space or primary == sqlite3.SQLITE_FULL:
        return StorageFull()
    if of_one_page:
        return PageLost(f"nothing was stored: {cause}")
    return (AppendRefused if primary in _OF_ONE_APPEND else NotStored)(f"nothing was stored: {cause}")


async def _settle(writer: Writer) -> None:
    """Commit nothing, over what a failed commit left in the log, so that no crash brings it back; raise sqlite3.Error.

    The index of the log may be what has no space to grow: it is written last, when the log is on the disk already.
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


def trouble_of(refused: NotStored) -> str:
    """Say to an operator how the last commit was refused."""
    return f"The last commit was refused: {str(refused) or type(refused).__name__}."


def tell(some: Iterable[Waiting], error: Exception) -> None:
    """Tell appends what became of them."""
    for waiting in some:
        if waiting.append is not None:
            waiting.append.failed(error)
