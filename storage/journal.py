"""The one writer: everything that waits is committed together, and answered when it is on the disk."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from seatkeeper.actors.journal import Append, History, JournalFull, NotStored, OutcomeUnknown, Receipt, StreamDamaged
from seatkeeper.storage import batch, records
from seatkeeper.storage.batch import Waiting
from seatkeeper.storage.database import Lock, Readers
from seatkeeper.storage.failures import PROBE, AppendRefused, Blame, StorageFull, has_room, tell, trouble_of, undone
from seatkeeper.storage.opening import JournalLimits, Opened, open_again, open_first
from seatkeeper.storage.receipts import StorageDown, receipt_finder
from seatkeeper.storage.streams import read_history
from seatkeeper.storage.views import project
from seatkeeper.storage.writer import RolledBack

__all__ = ["JournalLimits", "SqliteJournal", "StorageFull"]

logger = logging.getLogger(__name__)

ENOUGH = 128
"""Appends for which a commit is worth its 300 us of the processor, so that it waits for no more."""

SLOW_COMMIT = 5.0
"""Seconds after which a commit that is still under way is told as trouble."""


class SqliteJournal:
    """A journal in an SQLite file, held by this process alone.

    `refused`, `failed` and `reopened` count the batches that were surely not stored, those whose outcome was unknown,
    and how often the file was opened again.
    """

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
        self._receipts = receipt_finder(lambda: self._database.loaders)
        self._position = 0
        self._generation = 0
        self._busy_since: float | None = None
        self._trouble: str | None = None
        self._full = False
        self._blame = Blame()
        self._size = self._limits.batch
        self.refused = 0
        self.failed = 0
        self.reopened = 0

    async def open(self) -> None:
        """Take the file and begin to write; raise DatabaseRefused when it is not to be had.

        The task `writing` ends with `close`, or with an exception when the journal has given up for good.
        """
        self._lock = Lock(self._path)
        try:
            self._take(await open_first(self._path, self._limits))
        except BaseException:
            self._lock.release()
            raise
        self.writing = asyncio.get_running_loop().create_task(self._write())

    def _take(self, opened: Opened) -> None:
        self._database, self._position, refused = opened
        self._trouble = None if refused is None else trouble_of(refused)
        self._full = isinstance(refused, StorageFull)
        self._open.set()
        self._takes = not self._closing

    @property
    def readers(self) -> Readers:
        """The connections for queries; others when the file was opened again."""
        return self._database.readers

    async def close(self) -> None:
        """Write what waits, then let the file go."""
        self._closing = True
        self._takes = False
        self._wake.set()
        try:
            await self.writing
            self._shut()
            await self._database.close()
        finally:
            self._lock.release()

    def _shut(self) -> None:
        self._takes = False
        self._open.clear()

    def __len__(self) -> int:
        """Count what waits to be written."""
        return len(self._queue)

    def ready(self) -> bool:
        """Tell whether the journal takes appends."""
        return self._takes

    def trouble(self) -> str | None:
        """Say why appends are not committed as they should be, None if they are."""
        if not self._takes:
            return self._trouble or "The database is not open."
        if self._busy_since is not None and time.monotonic() - self._busy_since > SLOW_COMMIT:
            return f"A commit has been under way for more than {SLOW_COMMIT:.0f} s."
        return self._trouble

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
            if self._queue or await self._something_to_do():
                await self._gather()
                await self._write_batch()
            elif self._closing:
                return

    async def _something_to_do(self) -> bool:
        """Wait until something does; True also when it is time to try whether the disk takes anything again."""
        if self._closing:
            return False
        self._wake.clear()
        try:
            async with asyncio.timeout(None if self._trouble is None else self._limits.probe_every):
                await self._wake.wait()
        except TimeoutError:
            return True
        return bool(self._queue)

    async def _gather(self) -> None:
        """Let the loop go round for as long as each round brings more: a fifth more sign-ups a second at 64 clients."""
        before = 0
        while before < len(self._queue) < ENOUGH:
            before = len(self._queue)
            await asyncio.sleep(0)

    async def _write_batch(self) -> None:
        some = [self._queue.popleft() for _ in range(min(len(self._queue), self._limits.batch, self._size))]
        started = self._busy_since = time.monotonic()
        try:
            async with asyncio.timeout(self._limits.commit_deadline):
                events = await self._commit(some)
        except NotStored as error:
            self._part(some, error)
        except Exception as error:  # whatever it is, nobody knows what is on the disk
            logger.exception("a commit failed and its outcome is unknown")
            await self._doubt(some, error)
        else:
            self._blame.stored(some)
            if not self._blame.is_on_all():
                self._trouble = None
            self._full = False
            if self._size < self._limits.batch:
                self._size *= 2
            self._committed(events, time.monotonic() - started)
            self._settle(some)
        self._busy_since = None

    async def _commit(self, some: Sequence[Waiting]) -> int:
        if self._full and not has_room(self._path):
            raise StorageFull
        statements, events = batch.statements(some, self._position)
        try:
            await self._database.writer.commit_all(statements or PROBE)
        except (sqlite3.Error, RolledBack) as error:
            raise await undone(self._database.writer, error, self._path) from error
        self._position += events
        return events

    def _settle(self, some: Sequence[Waiting]) -> None:
        for waiting in some:
            if waiting.append is not None:
                try:
                    waiting.append.committed(waiting.position)
                except Exception:
                    logger.exception("an answer failed after its commit", extra={"stream_id": waiting.stream_id})

    def _part(self, some: Sequence[Waiting], error: NotStored) -> None:
        """Try again with half of a batch if one append in it is to blame, until that one is alone."""
        if len(some) > 1 and isinstance(error, AppendRefused):
            self._queue.extendleft(reversed(some))
            self._size = len(some) // 2
        else:
            self._refuse(some, error)

    def _refuse(self, some: Sequence[Waiting], error: NotStored) -> None:
        """Tell a batch that nothing of it was stored, and whatever waits behind it on the same streams."""
        if self._trouble is None or some:  # a probe that fails as the last commit did is no news
            logger.error("a batch was not stored", extra={"appends": len(some), "reason": repr(error)})
        if self._blame.refused(some, error):
            self._trouble = trouble_of(error)
            self._full = isinstance(error, StorageFull)
        self.refused += 1
        streams = {waiting.stream_id for waiting in some if waiting.append is not None}
        behind = [waiting for waiting in self._queue if waiting.stream_id in streams]
        if behind:
            self._queue = deque(waiting for waiting in self._queue if waiting.stream_id not in streams)
        tell(some, error)
        tell(behind, error)

    async def _doubt(self, some: Sequence[Waiting], cause: Exception) -> None:
        """Tell everybody, drop what is in memory, and go on from what is on the disk."""
        self.failed += 1
        self._generation += 1
        self._shut()
        behind, self._queue = self._queue, deque()
        tell(some, OutcomeUnknown(str(cause)))
        tell(behind, StorageDown())
        self._in_doubt()
        await self._database.close()
        closing, doubts = (lambda: self._closing), self._blame.doubted()
        self._take(await open_again(self._path, self._limits, doubts, closing=closing, troubled=self._say_trouble))
        self.reopened += 1
        logger.warning("the database was opened again", extra={"position": self._position})

    def _say_trouble(self, trouble: str) -> None:
        self._trouble = trouble

    def receipt(self, key: str) -> Awaitable[Receipt | None]:
        """Find what is stored under an idempotency key; raise NotStored when that cannot be told now."""
        if not self._open.is_set():
            raise StorageDown
        return self._receipts.find(key)

    async def load(self, stream_id: str, after: int = 0) -> History:
        """Read a page of what is stored of a stream; raise StreamDamaged where it contradicts itself."""
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
        return await read_history(self._database.loaders, stream_id, after)
