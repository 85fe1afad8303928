"""The engine in an SQLite file: one connection that writes and checkpoints, several that read."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path

from seatkeeper.actors.aggregates.journal import History, Receipt
from seatkeeper.storage.errors import FileReplaced, StorageDown, StorageLost
from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.journal.claims import claims_of
from seatkeeper.storage.journal.engine import Opened, Stored
from seatkeeper.storage.journal.writes import QueuedWrite
from seatkeeper.storage.journal_ids import JournalIdentity
from seatkeeper.storage.kinds import Claim, Kinds
from seatkeeper.storage.sqlite import batch
from seatkeeper.storage.sqlite.claims import find_owners, guards
from seatkeeper.storage.sqlite.database import Database, Limits
from seatkeeper.storage.sqlite.failures import PROBE, has_room, rejection
from seatkeeper.storage.sqlite.file.lock import Lock
from seatkeeper.storage.sqlite.reading.receipts import receipt_loader
from seatkeeper.storage.sqlite.reading.streams import read_history
from seatkeeper.storage.sqlite.recovery import FileOpener, OpenedFile, rescue
from seatkeeper.storage.sqlite.writer import RolledBack

logger = logging.getLogger(__name__)

LONG_LOG = 64 * 1024 * 1024
"""Bytes of the write-ahead log from which on it is reported: a reader keeps it from being shortened."""


class SqliteEngine:
    """A file, held by this process alone, and what it is to the journal."""

    database: Database
    """The connections, which are new ones after the file was opened again."""

    def __init__(self, path: Path, kinds: Kinds, limits: Limits, commit_deadline: float) -> None:
        """Prepare to open this file; `commit_deadline` seconds are for a probe, and for a look at the log."""
        self._path = path.resolve()  # so that a link to the file has the same lock
        self._kinds = kinds
        self._commit_deadline = commit_deadline
        self._opener = FileOpener(self._path, kinds, limits, commit_deadline)
        self._receipts = receipt_loader(lambda: self.database.loaders)
        self._position = 0
        self.log_bytes = 0

    @property
    def name(self) -> str:
        """The path of the file."""
        return str(self._path)

    @property
    def identity(self) -> JournalIdentity:
        """The identity of the journal, once it is open."""
        return self._opener.identity

    async def open_first(self) -> Opened:
        """Lock the file and open it; raise DatabaseRefused."""
        self._lock = Lock(self._path)
        try:
            return self._use(await self._opener.open_first(self._lock))
        except BaseException:
            self._lock.release()
            raise

    async def open_again(self) -> Opened:
        """Open the file after a failure, and probe it; raise DatabaseRefused, or TimeoutError."""
        return self._use(await self._opener.open_again())

    def _use(self, opened: OpenedFile) -> Opened:
        self.database, self._position, recorded_at, refused = opened
        return Opened(self._position, recorded_at, refused)

    async def close(self) -> None:
        """Close all connections; raise DatabaseRefused when one hangs."""
        await self.database.close()

    def release(self) -> None:
        """Unlock the file."""
        self._lock.release()

    async def commit(self, writes: Sequence[QueuedWrite]) -> Stored:
        """Store these in one transaction, or a probe if there are none."""
        statements, events = batch.statements(writes, self._position)
        await self.commit_aside([*guards(claims_of(writes)), *statements] or PROBE)
        self._position += events
        return Stored(events, self._position)

    async def commit_aside(self, statements: Sequence[Statement]) -> None:
        """Run these in one transaction."""
        try:
            await self.database.writer.commit_all(statements)
        except (sqlite3.Error, RolledBack) as error:
            raise await rejection(self.database.writer, error, self._path) from error

    async def owners(self, claims: Sequence[Claim]) -> Mapping[tuple[str, str], str]:
        """Find who has claimed values, by table and value; raise StorageDown."""
        try:
            return await find_owners(self.database.writer, claims)
        except sqlite3.Error as error:
            raise StorageDown from error

    async def look_after(self) -> None:
        """See that the files lie where they lay, and that the log does not stay long; raise FileReplaced."""
        before = self.log_bytes
        try:
            async with asyncio.timeout(self._commit_deadline):
                self.log_bytes = await self.database.writer.look_after_log()
        except (sqlite3.Error, TimeoutError) as error:
            logger.warning("the write-ahead log was not shortened", extra={"reason": repr(error)})
        if before <= LONG_LOG < self.log_bytes:
            logger.warning("the write-ahead log is long", extra={"bytes": self.log_bytes})

    async def rescue(self, error: StorageLost) -> str:
        """Save what was acknowledged if it may be lost with a file that was replaced; say what to do."""
        logger.critical("another file lies at the path", extra={"reason": str(error)})
        holds_commits = isinstance(error, FileReplaced) and error.holds_commits
        return await rescue(self.database.writer, self._path, holds_commits=holds_commits)

    def has_room(self) -> bool:
        """Tell whether the disk has room for a large batch, True if unknown."""
        return has_room(self._path)

    async def load(self, stream_id: str, after: int) -> History:
        """Read a page of a stream; raise StreamDamaged, NotStored, or sqlite3.Error or ValueError if it is closed."""
        return await read_history(self.database.loaders, stream_id, after, self._kinds)

    def receipt(self, key: str) -> Awaitable[Receipt | None]:
        """Find the receipt of an idempotency key; raise NotStored or StreamDamaged."""
        return self._receipts.find(key)
