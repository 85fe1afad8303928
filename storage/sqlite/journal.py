"""The journal in an SQLite file, with one writer that commits all waiting appends together."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from seatkeeper.actors.aggregates.journal import (
    Append,
    History,
    JournalFull,
    NotStored,
    OutcomeUnknown,
    Receipt,
    StreamDamaged,
)
from seatkeeper.storage import records
from seatkeeper.storage.errors import DatabaseRefused, FileReplaced, StorageDown, StorageFull
from seatkeeper.storage.journal_ids import JournalIdentity
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.observers import Observed
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite import batch
from seatkeeper.storage.sqlite.aside import AsideQueue, AsideWrite, resolve
from seatkeeper.storage.sqlite.batch import QueuedWrite
from seatkeeper.storage.sqlite.claims import guards, settle, together
from seatkeeper.storage.sqlite.failures import (
    PROBE,
    BatchRejected,
    FailureHistory,
    acknowledge,
    fail_all,
    has_room,
    reason_of,
    rejection,
)
from seatkeeper.storage.sqlite.file.lock import Lock
from seatkeeper.storage.sqlite.queue import WriteQueue
from seatkeeper.storage.sqlite.reading.readers import Readers
from seatkeeper.storage.sqlite.reading.receipts import receipt_loader
from seatkeeper.storage.sqlite.reading.streams import read_history
from seatkeeper.storage.sqlite.recovery import FileOpener, JournalLimits, Opened, rescue
from seatkeeper.storage.sqlite.writer import RolledBack, Statement

__all__ = ["JournalLimits", "SqliteJournal"]

logger = logging.getLogger(__name__)

LONG_LOG = 64 * 1024 * 1024
"""Bytes of the write-ahead log from which on it is reported: a reader keeps it from being shortened."""

SLOW_COMMIT = 5.0
"""Seconds after which a running commit makes the service not ready."""


class SqliteJournal(Observed):
    """A journal in an SQLite file, held by this process alone.

    `refused` counts the batches that were surely not stored, `failed` those of unknown outcome, and `reopened` how
    often the file was opened again.
    """

    def __init__(  # noqa: PLR0913 - each is a part of the service
        self,
        path: Path,
        *,
        now: Callable[[], str],
        on_outcome_unknown: Callable[[], None],
        committed: Callable[[int, float], None] = lambda _events, _seconds: None,
        limits: JournalLimits | None = None,
        kinds: Kinds = KINDS,
    ) -> None:
        """Prepare a journal; `open` opens it.

        `now` is the wall clock. `on_outcome_unknown` is called when the memory of actors may differ from the disk, and
        `committed` after each commit with its events and seconds.
        """
        super().__init__()
        self._path = path.resolve()  # so that a link to the file has the same lock
        self._now = now
        self._on_outcome_unknown = on_outcome_unknown
        self._committed = committed
        self._limits = limits or JournalLimits()
        self._kinds = kinds
        self._opener = FileOpener(self._path, self._limits, kinds)
        self._queue = WriteQueue()
        self._open = asyncio.Event()
        self._accepting = False
        self._closing = False
        self._receipts = receipt_loader(lambda: self._database.loaders)
        self._position = 0
        self._generation = 0
        self._busy_since: float | None = None
        self._reason: str | None = None
        self._full = False
        self._history = FailureHistory()
        self._batch_size = self._limits.batch
        self._look_at = 0.0
        self._aside = AsideQueue()
        self.log_bytes = 0
        self.refused = 0
        self.failed = 0
        self.reopened = 0

    async def open(self) -> None:
        """Open the file and begin to write; raise DatabaseRefused when the file cannot be used.

        The task `writing` ends with `close`, or with an exception when the journal gives up.
        """
        self._lock = Lock(self._path)
        try:
            self._use(await self._opener.open_first(self._lock))
        except BaseException:
            self._lock.release()
            raise
        self.writing = asyncio.get_running_loop().create_task(self._write())

    async def write_aside(self, statements: Sequence[Statement]) -> None:
        """Run statements that no event asks for in a transaction of their own, between commits.

        Keep it short, because commits wait meanwhile. Raise NotStored, JournalFull included, or OutcomeUnknown.
        """
        self.check_capacity()
        done = self._aside.add(statements)
        self._queue.wake()
        await done

    def _use(self, opened: Opened) -> None:
        self._database, self._position, refused = opened
        self._reason = None if refused is None else reason_of(refused)
        self._full = isinstance(refused, StorageFull)
        self._open.set()
        self._accepting = not self._closing

    @property
    def identity(self) -> JournalIdentity:
        """The identity of the journal, once it is open."""
        return self._opener.identity

    @property
    def readers(self) -> Readers:
        """The connections for queries, which are new ones after the file was opened again."""
        return self._database.readers

    async def close(self) -> None:
        """Write what waits, then close and unlock the file."""
        self._closing = True
        self._accepting = False
        self._queue.wake()
        try:
            await self.writing
            self._stop_accepting()
            await self._database.close()
        finally:
            self._lock.release()

    def _stop_accepting(self) -> None:
        self._accepting = False
        self._open.clear()

    def __len__(self) -> int:
        """Count the writes in the queue."""
        return len(self._queue)

    def ready(self) -> bool:
        """Return whether the journal takes appends."""
        return self._accepting

    def unready_reason(self) -> str | None:
        """Return why the journal does not commit as it should, None if it does."""
        if not self._accepting:
            return self._reason or "The database is not open."
        if self._busy_since is not None and time.monotonic() - self._busy_since > SLOW_COMMIT:
            return f"A commit has been under way for more than {SLOW_COMMIT:.0f} s."
        return self._reason

    def check_capacity(self) -> None:
        """Raise JournalFull or StorageDown if an append would not be taken now."""
        if not self._accepting:
            raise StorageDown
        if len(self._queue) >= self._limits.waiting:
            raise JournalFull

    def append(self, append: Append) -> None:
        """Add the append to the queue; raise NotStored if its events or its views cannot be written."""
        if not self._accepting or len(self._queue) >= self._limits.waiting:
            self.check_capacity()
        recorded_at = self._now()
        stream_id, version = append.stream_id, append.version
        try:
            context = None if append.context is None else records.to_json(append.context)
            events = [
                records.event_columns(stream_id, version + count, event, recorded_at, context)
                for count, event in enumerate(append.events, 1)
            ]
            views = self._kinds.project(append.state, version + len(events), append.events) if events else ()
        except (TypeError, ValueError, OverflowError) as error:
            message = f"events of {stream_id} cannot be written: {error}"
            raise NotStored(message) from error
        claim = self._kinds.claim(stream_id, append.events)
        self._queue.add(QueuedWrite(stream_id, append, recorded_at, events, views, claim=claim))

    def save_snapshot(self, stream_id: str, version: int, state: object) -> None:
        """Store the state as of `version`, in the batch of the appends that lead to it or in a later one."""
        snapshot = records.snapshot_row(stream_id, version, state)
        self._queue.add(QueuedWrite(stream_id, None, self._now(), snapshot=snapshot))

    async def _write(self) -> None:
        while True:
            if time.monotonic() >= self._look_at:
                await self._look_after_file()
            if self._aside:
                self._busy_since = time.monotonic()
                await self._write_aside(self._aside.take())
                self._busy_since = None
            if self._queue or await self._wait_for_work():
                await self._queue.gather()
                await self._write_batch()
            elif self._closing and not self._aside:
                await self._look_after_file()
                return

    async def _wait_for_work(self) -> bool:
        """Wait for a write; return True when one is there, or when it is time to probe a disk that refused the last."""
        if self._closing or self._aside:
            return False
        woken = await self._queue.wait(self._limits.probe_every)
        return len(self._queue) > 0 or (not woken and self._reason is not None)

    async def _look_after_file(self) -> None:
        """See that the files lie where they lay, and that the log does not stay long; about once a second."""
        self._look_at = time.monotonic() + self._limits.probe_every
        before = self.log_bytes
        try:
            async with asyncio.timeout(self._limits.commit_deadline):
                self.log_bytes = await self._database.writer.look_after_log()
        except FileReplaced as error:
            await self._give_up((), error)
        except (sqlite3.Error, TimeoutError) as error:
            logger.warning("the write-ahead log was not shortened", extra={"reason": repr(error)})
        if before <= LONG_LOG < self.log_bytes:
            logger.warning("the write-ahead log is long", extra={"bytes": self.log_bytes})

    async def _give_up(self, writes: Sequence[QueuedWrite], error: FileReplaced) -> None:
        """Refuse all writes, save what was acknowledged if it may be lost, and raise DatabaseRefused."""
        self._reason = f"{error}."
        self._stop_accepting()
        self._generation += 1
        behind = self._queue.take_all()
        fail_all(writes, StorageDown(str(error)))
        fail_all(behind, StorageDown(str(error)))
        self._aside.fail_all(StorageDown(str(error)))
        self._on_outcome_unknown()
        logger.critical("another file lies at the path", extra={"reason": str(error)})
        raise DatabaseRefused(f"{error}; {await rescue(self._database.writer, self._path, error)}") from error

    async def _write_aside(self, writes: Sequence[AsideWrite]) -> None:
        """Commit these together; each alone if the storage refuses them, since one may be the cause."""
        error: Exception | None = None
        try:
            async with asyncio.timeout(self._limits.commit_deadline):
                await self._commit_all([statement for write in writes for statement in write.statements])
        except FileReplaced as replaced:
            resolve(writes, StorageDown(str(replaced)))
            await self._give_up((), replaced)
        except NotStored as refused:
            if len(writes) > 1 and isinstance(refused, BatchRejected):
                for write in writes:
                    await self._write_aside([write])
                return
            error = refused
        except Exception as failed:  # of any kind: the outcome is unknown
            logger.exception("a commit failed and its outcome is unknown")
            resolve(writes, OutcomeUnknown(str(failed)))
            await self._recover((), failed)
            return
        resolve(writes, error)

    async def _write_batch(self) -> None:
        writes = self._queue.take(min(self._limits.batch, self._batch_size))
        if (count := together(writes)) < len(writes):
            self._queue.put_back(writes[count:])
            writes = writes[:count]
        started = self._busy_since = time.monotonic()
        try:
            async with asyncio.timeout(self._limits.commit_deadline):
                events = await self._commit(writes)
        except FileReplaced as error:
            await self._give_up(writes, error)
        except NotStored as error:
            if not await self._settle(writes, error):
                self._split(writes, error)
        except Exception as error:  # of any kind: the outcome is unknown
            logger.exception("a commit failed and its outcome is unknown")
            await self._recover(writes, error)
        else:
            self._history.stored(writes)
            if not self._history.is_general():
                self._reason = None
            self._full = False
            if self._batch_size < self._limits.batch:
                self._batch_size *= 2
            self._committed(events, time.monotonic() - started)
            for write in writes:
                self.tell_rows(write.views)
            self.tell_position(self._position)
            acknowledge(writes)
        self._busy_since = None

    async def _commit(self, writes: Sequence[QueuedWrite]) -> int:
        if self._full and not has_room(self._path):
            raise StorageFull
        statements, events = batch.statements(writes, self._position)
        await self._commit_all([*guards(writes), *statements] or PROBE)
        self._position += events
        return events

    async def _commit_all(self, statements: Sequence[Statement]) -> None:
        try:
            await self._database.writer.commit_all(statements)
        except (sqlite3.Error, RolledBack) as error:
            raise await rejection(self._database.writer, error, self._path) from error

    async def _settle(self, writes: Sequence[QueuedWrite], error: NotStored) -> bool:
        """Refuse the appends of a batch that claim what others have; return whether that was the cause."""
        try:
            async with asyncio.timeout(self._limits.commit_deadline):
                return isinstance(error, BatchRejected) and await settle(self._database.writer, self._queue, writes)
        except (sqlite3.Error, TimeoutError):
            return False  # the batch is split, as for any other cause

    def _split(self, writes: Sequence[QueuedWrite], error: NotStored) -> None:
        """Try half of the batch if one append in it is the cause, until that append is alone."""
        if len(writes) > 1 and isinstance(error, BatchRejected):
            self._queue.put_back(writes)
            self._batch_size = len(writes) // 2
        else:
            self._reject(writes, error)

    def _reject(self, writes: Sequence[QueuedWrite], error: NotStored) -> None:
        """Fail the batch, of which nothing was stored, and the writes that wait behind it on the same streams."""
        if self._reason is None or writes:  # a probe that fails again is not logged again
            logger.error("a batch was not stored", extra={"appends": len(writes), "reason": repr(error)})
        if self._history.refused(writes, error):
            self._reason = reason_of(error)
            self._full = isinstance(error, StorageFull)
        self.refused += 1
        behind = self._queue.take_streams({write.stream_id for write in writes if write.append is not None})
        fail_all(writes, error)
        fail_all(behind, error)

    async def _recover(self, writes: Sequence[QueuedWrite], cause: Exception) -> None:
        """Fail all writes, have the actors drop their states, and open the file again."""
        self.failed += 1
        self._generation += 1
        self._stop_accepting()
        behind = self._queue.take_all()
        fail_all(writes, OutcomeUnknown(str(cause)))
        fail_all(behind, StorageDown())
        self._aside.fail_all(StorageDown())
        self._on_outcome_unknown()
        if not isinstance(cause, TimeoutError):
            await self._look_after_file()  # a file that was replaced is saved, and not opened again
        await self._database.close()
        failures = self._history.failed()
        opened = await self._opener.open_again(failures, closing=lambda: self._closing, failed=self._set_reason)
        self._use(opened)
        await self.tell_reopened()
        self.reopened += 1
        logger.warning("the database was opened again", extra={"position": self._position})

    def _set_reason(self, reason: str) -> None:
        self._reason = reason

    def receipt(self, key: str) -> Awaitable[Receipt | None]:
        """Find the receipt of an idempotency key; raise NotStored when the database cannot answer now."""
        if not self._open.is_set():
            raise StorageDown
        return self._receipts.find(key)

    async def load(self, stream_id: str, after: int = 0) -> History:
        """Read a page of a stream; raise StreamDamaged when it has a gap or a changed row."""
        while True:
            await self._open.wait()
            generation = self._generation
            try:
                history = await self._load(stream_id, after)
            except (sqlite3.Error, ValueError, StreamDamaged):
                if generation == self._generation:
                    raise
            else:
                if generation == self._generation:
                    return history

    async def _load(self, stream_id: str, after: int) -> History:
        return await read_history(self._database.loaders, stream_id, after, self._kinds)
