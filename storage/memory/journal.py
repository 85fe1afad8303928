"""The journal in memory, for tests and simulations."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from seatkeeper.actors.aggregates.journal import Append, DecideAgain, History, JournalFull, NotStored, Receipt
from seatkeeper.actors.aggregates.messages import Refusal
from seatkeeper.storage import records
from seatkeeper.storage.journal.times import RecordedTimes
from seatkeeper.storage.journal.writes import QueuedWrite, encode
from seatkeeper.storage.journal_ids import JournalIdentity, new_journal_id
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.memory.queries import MemoryQueries
from seatkeeper.storage.observers import Observed
from seatkeeper.storage.receipts import ReceiptRow, read_receipt, receipt_row
from seatkeeper.storage.records import EventRow, SnapshotRow
from seatkeeper.storage.registry import KINDS

PAGE = 2_000
"""Events of a page."""


class MemoryJournal(Observed):
    """A journal that commits one turn of the loop later; appends of the same turn share the commit."""

    def __init__(self, *, now: Callable[[], str], waiting: int = 10_000, kinds: Kinds = KINDS) -> None:
        """Start empty; at most `waiting` appends wait for their commit."""
        super().__init__()
        self.queries = MemoryQueries(kinds)
        self.identity = JournalIdentity(new_journal_id(), {})
        self._recorded_at = RecordedTimes(now)
        self._bound = waiting
        self._kinds = kinds
        self._queue: list[tuple[Append, QueuedWrite]] = []
        self._receipts: dict[str, ReceiptRow] = {}
        self._snapshots: dict[str, SnapshotRow] = {}
        self._streams: dict[str, list[EventRow]] = {}

    def check_capacity(self) -> None:
        """Raise JournalFull if the queue is full."""
        if len(self._queue) >= self._bound:
            raise JournalFull

    def append(self, append: Append) -> None:
        """Add the append to the queue; raise NotStored if its events or its views cannot be written."""
        self.check_capacity()
        write = encode(append, self._recorded_at(), self._kinds)
        if not self._queue:
            asyncio.get_running_loop().call_soon(self._commit)
        self._queue.append((append, write))

    def _commit(self) -> None:
        queue, self._queue = self._queue, []
        refused: set[str] = set()
        results = [(append, self._store(append, write, refused)) for append, write in queue]
        self.tell_position(len(self.queries.events))
        self.tell_stored((append for append, result in results if isinstance(result, int)), 0.0)
        for append, result in results:
            if isinstance(result, int):
                append.committed(result)
            elif isinstance(result, Refusal):
                append.refused(result)
            else:
                append.failed(result)

    def _store(self, append: Append, write: QueuedWrite, refused: set[str]) -> int | Refusal | NotStored:
        """Store an append; return the position of the last event of its stream, or why it is not stored."""
        if append.stream_id in refused:
            return DecideAgain("an earlier append of the stream was refused")
        claim = write.claim
        if claim is not None and self.queries.is_taken(claim):
            refused.add(append.stream_id)
            return claim.unique.refusal(claim.value)
        gap = write.events and append.version != len(self._streams.get(append.stream_id, ()))
        if gap or (append.receipt is not None and append.receipt.key in self._receipts):
            return NotStored("the stream has another version, or the key a receipt")
        for columns in write.events:
            event = EventRow(len(self.queries.events) + 1, *columns)
            self.queries.events.append(event)
            self._streams.setdefault(append.stream_id, []).append(event)
        for view in write.views:
            self.queries.put(view)
        self.tell_rows(write.views)
        stored = self._streams.get(append.stream_id)
        position = stored[-1].position if stored else 0
        if append.receipt is not None:
            self._receipts[append.receipt.key] = receipt_row(append.receipt, position, write.recorded_at)
        return position

    def save_snapshot(self, stream_id: str, version: int, state: object, *, kept: bool = False) -> None:  # noqa: ARG002 - all events are in memory
        """Store the state as of `version`."""
        self._snapshots[stream_id] = records.snapshot_row(stream_id, version, state)

    async def receipt(self, key: str) -> Receipt | None:
        """Find what is stored under an idempotency key."""
        await asyncio.sleep(0)
        row = self._receipts.get(key)
        return None if row is None else read_receipt(row)

    async def load(self, stream_id: str, after: int = 0) -> History:
        """Read a page of a stream."""
        await asyncio.sleep(0)
        rows = self._streams.get(stream_id, [])
        state, version = (None, after) if after else self._snapshot(stream_id, len(rows))
        page = rows[version : version + PAGE]
        more = len(rows) > version + len(page)
        position = rows[version + len(page) - 1].position if rows else 0
        return History(state, version, [records.read_event(row, self._kinds) for row in page], position, more=more)

    def _snapshot(self, stream_id: str, last_version: int) -> tuple[object, int]:
        snapshot = self._snapshots.get(stream_id)
        if snapshot is None or snapshot.version > last_version:
            return None, 0
        state = records.read_snapshot(snapshot, self._kinds)
        return state, 0 if state is None else snapshot.version
