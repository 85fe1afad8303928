"""The journal: a bounded queue, and one writer that commits all waiting appends together, whatever the engine."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import NoReturn

from seatkeeper.actors.aggregates.journal import Append, History, JournalFull, NotStored, OutcomeUnknown, Receipt
from seatkeeper.storage import records
from seatkeeper.storage.errors import DatabaseRefused, StorageDown, StorageFull, StorageLost
from seatkeeper.storage.journal.aside import AsideQueue, AsideWrite, Statement, resolve
from seatkeeper.storage.journal.claims import claims_of, settle, together
from seatkeeper.storage.journal.engine import Engine, Opened, Stored
from seatkeeper.storage.journal.failures import BatchRejected, acknowledge, fail_all
from seatkeeper.storage.journal.health import Health
from seatkeeper.storage.journal.limits import JournalLimits
from seatkeeper.storage.journal.queue import WriteQueue
from seatkeeper.storage.journal.reopening import reopen
from seatkeeper.storage.journal.times import RecordedTimes
from seatkeeper.storage.journal.writes import QueuedWrite, encode
from seatkeeper.storage.journal_ids import JournalIdentity
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.observers import Observed
from seatkeeper.storage.registry import KINDS

logger = logging.getLogger(__name__)


class BatchingJournal(Observed):
    """A journal on an engine, written by this process alone.

    `refused` counts the batches that were surely not stored, `failed` those of unknown outcome, and `reopened` how
    often the engine was opened again.
    """

    def __init__(  # noqa: PLR0913 - each is a part of the service
        self,
        engine: Engine,
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
        self._engine = engine
        self._recorded_at = RecordedTimes(now)
        self._on_outcome_unknown = on_outcome_unknown
        self._committed = committed
        self._limits = limits or JournalLimits()
        self._kinds = kinds
        self._queue = WriteQueue()
        self._aside = AsideQueue()
        self._open = asyncio.Event()
        self._accepting = False
        self._closing = False
        self._generation = 0
        self._health = Health()
        self._batch_size = self._limits.batch
        self._look_at = 0.0
        self.refused = 0
        self.failed = 0
        self.reopened = 0

    async def open(self) -> None:
        """Open the engine and begin to write; raise DatabaseRefused when it cannot be used.

        The task `writing` ends with `close`, or with an exception when the journal gives up.
        """
        self._use(await self._engine.open_first())
        self.writing = asyncio.get_running_loop().create_task(self._write())

    def _use(self, opened: Opened) -> None:
        self._recorded_at.begin_after(opened.recorded_at)
        self._health.opened(opened.refused)
        self._open.set()
        self._accepting = not self._closing

    @property
    def identity(self) -> JournalIdentity:
        """The identity of the journal, once it is open."""
        return self._engine.identity

    async def close(self) -> None:
        """Write what waits, then close the engine and let others have it."""
        self._closing = True
        self._accepting = False
        self._queue.wake()
        try:
            await self.writing
            self._stop_accepting()
            await self._engine.close()
        finally:
            self._engine.release()

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
            return self._health.reason or "The database is not open."
        return self._health.unready_reason()

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
        self._queue.add(encode(append, self._recorded_at(), self._kinds))

    def save_snapshot(self, stream_id: str, version: int, state: object, *, kept: bool = False) -> None:
        """Store the state as of `version`, in the batch of the appends that lead to it or in a later one."""
        snapshot = records.snapshot_row(stream_id, version, state)
        self._queue.add(QueuedWrite(stream_id, None, self._recorded_at(), snapshot=snapshot, milestone=kept))

    async def write_aside(self, statements: Sequence[Statement]) -> None:
        """Run statements that no event asks for in a transaction of their own, between commits.

        Keep it short, because commits wait meanwhile. Raise NotStored, JournalFull included, or OutcomeUnknown.
        """
        self.check_capacity()
        done = self._aside.add(statements)
        self._queue.wake()
        await done

    def receipt(self, key: str) -> Awaitable[Receipt | None]:
        """Find the receipt of an idempotency key; raise NotStored when the database cannot answer now."""
        if not self._open.is_set():
            raise StorageDown
        return self._engine.receipt(key)

    async def load(self, stream_id: str, after: int = 0) -> History:
        """Read a page of a stream; raise StreamDamaged when it has a gap or a changed row."""
        while True:
            await self._open.wait()
            generation = self._generation
            try:
                history = await self._engine.load(stream_id, after)
            except Exception as error:  # of any kind: it may be closed by now, to be opened again
                if generation == self._generation or isinstance(error, NotStored):
                    raise
            else:
                if generation == self._generation:
                    return history

    async def _write(self) -> None:
        while True:
            if time.monotonic() >= self._look_at:
                await self._look_after()
            if self._aside:
                self._health.busy_since = time.monotonic()
                await self._write_aside(self._aside.take())
                self._health.busy_since = None
            if self._queue or await self._wait_for_work():
                await self._queue.gather()
                await self._write_batch()
            elif self._closing and not self._aside:
                await self._look_after()
                return

    async def _wait_for_work(self) -> bool:
        """Wait for a write; return True when one is there, or when it is time to probe a disk that refused the last."""
        if self._closing or self._aside:
            return False
        woken = await self._queue.wait(self._limits.probe_every)
        return len(self._queue) > 0 or (not woken and self._health.reason is not None)

    async def _look_after(self) -> None:
        """Have the engine looked after, about once a second."""
        self._look_at = time.monotonic() + self._limits.probe_every
        try:
            await self._engine.look_after()
        except StorageLost as error:
            await self._give_up((), error)
        except NotStored as error:
            self._health.reason = f"{str(error).capitalize()}."  # so a probe follows

    async def _give_up(self, writes: Sequence[QueuedWrite], error: StorageLost) -> NoReturn:
        """Refuse all writes, save what was acknowledged if it may be lost, and raise DatabaseRefused."""
        self._health.reason = f"{error}."
        self._drop_all(writes, NotStored(str(error)), StorageDown(str(error)))
        raise DatabaseRefused(f"{error}; {await self._engine.rescue(error)}") from error

    def _drop_all(self, writes: Sequence[QueuedWrite], error: Exception, behind: StorageDown) -> None:
        """Take no more, fail these writes and all that wait behind them, and have the actors drop their states."""
        self._generation += 1
        self._stop_accepting()
        waiting = self._queue.take_all()
        fail_all(writes, error)
        fail_all(waiting, behind)
        self._aside.fail_all(behind)
        self._on_outcome_unknown()

    async def _write_aside(self, writes: Sequence[AsideWrite]) -> None:
        """Commit these together; each alone if the storage refuses them, since one may be the cause."""
        error: Exception | None = None
        try:
            async with asyncio.timeout(self._limits.commit_deadline):
                await self._engine.commit_aside([statement for write in writes for statement in write.statements])
        except StorageLost as lost:
            resolve(writes, NotStored(str(lost)))
            await self._give_up((), lost)
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
        started = self._health.busy_since = time.monotonic()
        try:
            async with asyncio.timeout(self._limits.commit_deadline):
                if self._health.full and not self._engine.has_room():
                    raise StorageFull  # noqa: TRY301 - as the engine would
                stored = await self._engine.commit(writes)
        except StorageLost as error:
            await self._give_up(writes, error)
        except NotStored as error:
            if not await self._settle(writes, error):
                self._split(writes, error)
        except Exception as error:  # of any kind: the outcome is unknown
            logger.exception("a commit failed and its outcome is unknown")
            await self._recover(writes, error)
        else:
            self._succeed(writes, stored, time.monotonic() - started)
        self._health.busy_since = None

    def _succeed(self, writes: Sequence[QueuedWrite], stored: Stored, seconds: float) -> None:
        """Tell everybody of a commit: the observers first, so that an answer finds what follows from it."""
        self._health.stored(writes)
        if self._batch_size < self._limits.batch:
            self._batch_size *= 2
        self._committed(stored.events, seconds)
        for write in writes:
            self.tell_rows(write.views)
        self.tell_position(stored.position)
        self.tell_stored((write.append for write in writes if write.append is not None), seconds)
        acknowledge(writes)

    async def _settle(self, writes: Sequence[QueuedWrite], error: NotStored) -> bool:
        """Refuse the appends of a batch that claim what others have; return whether that was the cause."""
        if not isinstance(error, BatchRejected):
            return False
        try:
            async with asyncio.timeout(self._limits.commit_deadline):
                owners = await self._engine.owners(claims_of(writes))
        except (NotStored, TimeoutError):
            return False  # the batch is split, as for any other cause
        return settle(writes, owners, self._queue)

    def _split(self, writes: Sequence[QueuedWrite], error: NotStored) -> None:
        """Try half of the batch if one append in it is the cause, until that append is alone."""
        if len(writes) > 1 and isinstance(error, BatchRejected):
            self._queue.put_back(writes)
            self._batch_size = len(writes) // 2
        else:
            self._reject(writes, error)

    def _reject(self, writes: Sequence[QueuedWrite], error: NotStored) -> None:
        """Fail the batch, of which nothing was stored, and the writes that wait behind it on the same streams."""
        if self._health.reason is None or writes:  # a probe that fails again is not logged again
            logger.error("a batch was not stored", extra={"appends": len(writes), "reason": repr(error)})
        self._health.refused(writes, error)
        self.refused += 1
        behind = self._queue.take_streams({write.stream_id for write in writes if write.append is not None})
        fail_all(writes, error)
        fail_all(behind, error)

    async def _recover(self, writes: Sequence[QueuedWrite], cause: Exception) -> None:
        """Fail all writes, have the actors drop their states, and open the engine again."""
        self.failed += 1
        self._drop_all(writes, OutcomeUnknown(str(cause)), StorageDown())
        if not isinstance(cause, TimeoutError):
            await self._look_after()  # what was replaced is saved, and not opened again
        await self._engine.close()
        tries, most = self._health.failed(), self._limits.reopenings
        try:
            opened = await reopen(self._engine, tries, most, closing=lambda: self._closing, failed=self._not_reopened)
        except StorageLost as error:
            await self._give_up((), error)
        self._use(opened)
        await self.tell_reopened()
        self.reopened += 1
        logger.warning("the database was opened again", extra={"position": opened.position})

    def _not_reopened(self, reason: str) -> None:
        self._health.reason = reason
