"""The one writer: everything that waits is committed together, and answered when it is on the disk."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import aiosqlite
import msgspec

from seatkeeper.actors.journal import (
    Append,
    History,
    JournalFull,
    NotStored,
    OutcomeUnknown,
    Receipt,
    StreamDamaged,
)
from seatkeeper.storage import batch, records
from seatkeeper.storage.database import (
    DatabaseRefused,
    Lock,
    QueryTooSlow,
    Readers,
    Row,
    TooManyQueries,
    open_readers,
    open_writer,
)
from seatkeeper.storage.receipts import ReceiptFinder, StorageDown, receipt_row
from seatkeeper.storage.records import EventRow, SnapshotRow
from seatkeeper.storage.views import ViewRow, project

logger = logging.getLogger(__name__)

_CLEAN = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG}
"""Primary result codes after which a rollback leaves nothing behind. Any other is an unknown outcome."""


SLOW_COMMIT = 5.0
"""Seconds after which a commit that is still under way is told as trouble."""


class StorageFull(NotStored):
    """The disk is full: nothing was stored."""


class JournalLimits(NamedTuple):
    """The bounds of a journal: counts, and deadlines in seconds."""

    waiting: int = 10_000
    batch: int = 500
    commit_deadline: float = 30.0
    readers: int = 2
    queries: int = 1_000
    query_deadline: float = 5.0
    reopenings: int = 5


class Waiting(msgspec.Struct, gc=False):
    """An append or a snapshot in the queue, already in the form in which it is written."""

    stream_id: str
    append: Append | None
    recorded_at: str
    events: Sequence[tuple[str, int, str, str, str, int]] = ()
    views: Sequence[ViewRow] = ()
    snapshot: SnapshotRow | None = None
    position: int = 0
    """The position of the last event of the stream, once it is being committed."""


class SqliteJournal:
    """A journal in an SQLite file, held by this process alone."""

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], str],
        in_doubt: Callable[[], None],
        committed: Callable[[int, float], None] = lambda _events, _seconds: None,
        limits: JournalLimits | None = None,
    ) -> None:
        """Prepare a journal; `open` opens it.

        `now` is the wall clock. `in_doubt` is called when what is in memory may differ from the disk, `committed` with
        the number of events and the seconds that each commit took.
        """
        self._path = path.resolve()  # so that a link to the file has the same lock
        self._now = now
        self._in_doubt = in_doubt
        self._committed = committed
        self._limits = limits or JournalLimits()
        self._queue: deque[Waiting] = deque()
        self._wake = asyncio.Event()
        self._open = asyncio.Event()
        self._takes = False
        self._closing = False
        self._receipts = ReceiptFinder(lambda: self._loaders)
        self._position = 0
        self._generation = 0
        self._busy_since: float | None = None
        self._refused: str | None = None

    async def open(self) -> None:
        """Take the file and begin to write; raise DatabaseRefused when it is not to be had.

        The task `writing` ends with `close`, or with an exception when the journal has given up for good.
        """
        self._lock = Lock(self._path)
        try:
            await self._connect()
        except BaseException:
            self._lock.release()
            raise
        self.writing = asyncio.get_running_loop().create_task(self._write())

    async def _connect(self) -> None:
        limits = self._limits
        self._connection = await open_writer(self._path)
        opened: list[aiosqlite.Connection | Readers] = [self._connection]
        try:
            self.readers = await self._readers(limits.readers)
            opened.append(self.readers)
            self._loaders = await self._readers(1)  # of their own: no search holds up an activation
            opened.append(self._loaders)
            ((position,),) = await self.readers.fetch("SELECT ifnull(max(position), 0) FROM events")
        except BaseException as error:
            await self._close(opened)
            if isinstance(error, sqlite3.Error):
                message = f"{self._path} cannot be read: {error}"
                raise DatabaseRefused(message) from error
            raise
        self._position = int(position or 0)
        self._open.set()
        self._takes = not self._closing

    async def _readers(self, count: int) -> Readers:
        limits = self._limits
        return await open_readers(self._path, count=count, bound=limits.queries, deadline=limits.query_deadline)

    async def _close(self, connections: Sequence[aiosqlite.Connection | Readers]) -> None:
        for connection in connections:
            try:
                async with asyncio.timeout(self._limits.commit_deadline):
                    await connection.close()
            except TimeoutError as error:
                message = f"{self._path} hangs: a connection could not be closed"
                raise DatabaseRefused(message) from error
            except (sqlite3.Error, ValueError):
                logger.exception("closing a connection failed")

    async def _disconnect(self) -> None:
        self._shut()
        await self._close([self.readers, self._loaders, self._connection])

    def _shut(self) -> None:
        self._takes = False
        self._open.clear()

    async def close(self) -> None:
        """Write what waits, then let the file go."""
        self._closing = True
        self._takes = False
        self._wake.set()
        try:
            await self.writing
            await self._disconnect()
        finally:
            self._lock.release()

    def __len__(self) -> int:
        """Count what waits to be written."""
        return len(self._queue)

    def ready(self) -> bool:
        """Tell whether the journal takes appends."""
        return self._takes

    def trouble(self) -> str | None:
        """Say why appends are not committed as they should be, None if they are."""
        if not self.ready():
            return "The database is not open."
        if self._busy_since is not None and time.monotonic() - self._busy_since > SLOW_COMMIT:
            return f"A commit has been under way for more than {SLOW_COMMIT:.0f} s."
        return self._refused

    def admit(self) -> None:
        """Raise JournalFull or StorageDown if an append would not be taken now."""
        if not self._takes:
            raise StorageDown
        if len(self._queue) >= self._limits.waiting:
            raise JournalFull

    def append(self, append: Append) -> None:
        """Take the append into the queue, in order; raise NotStored if its events or its views cannot be written."""
        if not self._takes or len(self._queue) >= self._limits.waiting:
            self.admit()
        recorded_at = self._now()
        stream_id, version = append.stream_id, append.version
        try:
            events = [
                records.event_columns(stream_id, version + count, event, recorded_at)
                for count, event in enumerate(append.events, 1)
            ]
            views = project(append.state, version + len(events), append.events) if events else ()
        except (TypeError, ValueError, OverflowError) as error:
            message = f"events of {stream_id} cannot be written: {error}"
            raise NotStored(message) from error
        self._queue.append(Waiting(stream_id, append, recorded_at, events, views))
        self._wake.set()

    def save_snapshot(self, stream_id: str, version: int, state: object) -> None:
        """Keep the state as of `version`, in or behind the batch of the appends that lead to it."""
        snapshot = records.snapshot_row(stream_id, version, state)
        self._queue.append(Waiting(stream_id, None, self._now(), snapshot=snapshot))
        self._wake.set()

    async def _write(self) -> None:
        while True:
            if not self._queue:
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            some = [self._queue.popleft() for _ in range(min(len(self._queue), self._limits.batch))]
            started = self._busy_since = time.monotonic()
            try:
                async with asyncio.timeout(self._limits.commit_deadline):
                    events = await self._commit(some)
            except NotStored as error:
                self._refused = f"The last commit was refused: {str(error) or type(error).__name__}."
                self._refuse(some, error)
            except Exception as error:  # whatever it is, nobody knows what is on the disk
                logger.exception("a commit failed and its outcome is unknown")
                await self._doubt(some, error)
            else:
                self._refused = None
                self._committed(events, time.monotonic() - started)
                self._settle(some)
            self._busy_since = None

    async def _commit(self, some: Sequence[Waiting]) -> int:
        events = _place(some, self._position)
        views = [row for waiting in some for row in waiting.views]
        receipts = [
            receipt_row(waiting.append.receipt, waiting.position, waiting.recorded_at)
            for waiting in some
            if waiting.append is not None and waiting.append.receipt is not None
        ]
        snapshots = [waiting.snapshot for waiting in some if waiting.snapshot is not None]
        try:
            await self._connection.commit_all(list(batch.statements(events, views, receipts, snapshots)))
        except sqlite3.Error as error:
            await self._roll_back(error)
        self._position += len(events)
        return len(events)

    def _settle(self, some: Sequence[Waiting]) -> None:
        for waiting in some:
            if waiting.append is not None:
                try:
                    waiting.append.committed(waiting.position)
                except Exception:
                    logger.exception("an answer failed after its commit", extra={"stream_id": waiting.stream_id})

    async def _roll_back(self, error: sqlite3.Error) -> None:
        """Raise NotStored if the transaction is surely undone, and the error itself if nobody can tell."""
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code not in _CLEAN:
            raise error
        if self._connection.in_transaction:
            await self._connection.execute("ROLLBACK")
        if code == sqlite3.SQLITE_FULL:
            raise StorageFull from error
        message = f"nothing was stored: {error}"
        raise NotStored(message) from error

    def _refuse(self, some: Sequence[Waiting], error: NotStored) -> None:
        """Tell a batch that nothing of it was stored, and whatever waits behind it on the same streams."""
        logger.error("a batch was not stored", extra={"appends": len(some), "reason": repr(error)})
        streams = {waiting.stream_id for waiting in some}
        behind = [waiting for waiting in self._queue if waiting.stream_id in streams]
        self._queue = deque(waiting for waiting in self._queue if waiting.stream_id not in streams)
        _fail(some, error)
        _fail(behind, error)

    async def _doubt(self, some: Sequence[Waiting], cause: Exception) -> None:
        """Tell everybody, drop what is in memory, and go on from what is on the disk."""
        self._generation += 1
        self._shut()
        behind, self._queue = self._queue, deque()
        _fail(some, OutcomeUnknown(str(cause)))
        _fail(behind, StorageDown())
        self._in_doubt()
        await self._disconnect()
        for attempt in range(self._limits.reopenings):
            try:
                await self._connect()
            except (sqlite3.Error, DatabaseRefused, OSError):
                logger.exception("the database could not be opened again", extra={"attempt": attempt + 1})
                await asyncio.sleep(0.2 * 2**attempt)
            else:
                logger.warning("the database was opened again", extra={"position": self._position})
                return
        message = f"{self._path} could not be opened again in {self._limits.reopenings} tries"
        raise DatabaseRefused(message) from cause

    async def receipt(self, key: str) -> Receipt | None:
        """Find what is stored under an idempotency key; raise NotStored when that cannot be told now."""
        if not self._open.is_set():
            raise StorageDown
        return await self._receipts.find(key)

    async def load(self, stream_id: str) -> History:
        """Read what is stored of a stream; raise StreamDamaged where it contradicts itself."""
        while True:
            await self._open.wait()
            generation = self._generation
            try:
                history = await self._load(stream_id)
            except (TooManyQueries, QueryTooSlow) as error:
                raise JournalFull from error
            except (sqlite3.Error, ValueError):
                if generation == self._generation:
                    raise
            else:
                if generation == self._generation:
                    return history

    async def _load(self, stream_id: str) -> History:
        state, version = None, 0
        saved = await self._loaders.fetch("SELECT * FROM snapshots WHERE stream_id = ?", (stream_id,))
        for row in saved:
            snapshot = SnapshotRow(*row)  # type: ignore[arg-type]
            state = records.read_snapshot(snapshot)
            if state is None:
                logger.warning("a snapshot was ignored", extra={"stream_id": stream_id, "version": snapshot.version})
            else:
                version = snapshot.version
        rows = await self._loaders.fetch(
            "SELECT * FROM events WHERE stream_id = ? AND version >= ? ORDER BY version", (stream_id, version)
        )
        return _history(stream_id, state, version, rows)


def _place(some: Sequence[Waiting], position: int) -> list[tuple[int, str, int, str, str, str, int]]:
    """Give the events their positions, behind this one, and each append that of the last event of its stream."""
    events: list[tuple[int, str, int, str, str, str, int]] = []
    last: dict[str, int] = {}
    for waiting in some:
        for columns in waiting.events:
            position += 1
            events.append((position, *columns))
        if waiting.events:
            last[waiting.stream_id] = waiting.position = position
        elif waiting.append is not None:
            waiting.position = last.get(waiting.stream_id) or waiting.append.stream_position()
    return events


def _history(stream_id: str, state: object, version: int, rows: Sequence[Row]) -> History:
    stored = [EventRow(*row) for row in rows]  # type: ignore[arg-type]
    first = max(version, 1)
    if [row.version for row in stored] != list(range(first, first + len(stored))) or (version and not stored):
        message = f"the versions of {stream_id} from {first} on have a gap"
        raise StreamDamaged(message)
    events = [records.read_event(row) for row in stored if row.version > version]
    return History(state, version, events, stored[-1].position if stored else 0)


def _fail(some: Sequence[Waiting], error: Exception) -> None:
    for waiting in some:
        if waiting.append is not None:
            waiting.append.failed(error)
