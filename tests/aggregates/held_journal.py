"""A journal that commits, refuses, fails, reads slowly and reads damage when the test says so."""

from __future__ import annotations

import asyncio
import copy

from seatkeeper.actors.aggregates.journal import (
    Append,
    DecideAgain,
    History,
    JournalFull,
    NotStored,
    Receipt,
    StreamDamaged,
)
from seatkeeper.actors.aggregates.messages import Event, Refusal


class HeldJournal:
    """A journal in memory. Its appends wait for `commit` or `fail`."""

    def __init__(self) -> None:
        """Make an empty journal without faults."""
        self.waiting: list[Append] = []
        self.stored: list[tuple[str, Event]] = []
        self.receipts: dict[str, Receipt] = {}
        self.milestones: list[int] = []
        self.snapshots: dict[str, tuple[int, object]] = {}
        self.loads: list[str] = []
        self.damaged: set[str] = set()
        self.full = False
        self.page = 10_000
        self.unwritable = 0
        self._held: dict[str, asyncio.Event] = {}
        self._copies: list[tuple[str, int, object]] = []

    def events(self, stream_id: str) -> list[Event]:
        """List the committed events of a stream."""
        return [event for stored_in, event in self.stored if stored_in == stream_id]

    def hold(self, stream_id: str) -> asyncio.Event:
        """Make the loads of a stream wait until the event is set."""
        return self._held.setdefault(stream_id, asyncio.Event())

    def check_capacity(self) -> None:
        """Raise JournalFull while `full`."""
        if self.full:
            raise JournalFull

    def append(self, append: Append) -> None:
        """Take the append; raise NotStored for the next `unwritable` ones."""
        if self.unwritable:
            self.unwritable -= 1
            raise NotStored("cannot be written")
        self.waiting.append(append)

    def commit(self, count: int | None = None) -> None:
        """Commit the first `count` appends (default: all) together, then notify each."""
        some = self._take(count)
        positions = [self._store(append) for append in some]
        self._store_snapshots()
        for append, position in zip(some, positions, strict=True):
            append.committed(position)

    def fail(self, error: Exception, count: int | None = None, *, stored: bool = False) -> None:
        """Fail the first `count` appends (default: all); with `stored` they are committed all the same."""
        some = self._take(count)
        failing = {append.stream_id for append in some}
        self._copies = [saved for saved in self._copies if saved[0] not in failing]
        for append in some:
            if stored:
                self._store(append)
            append.failed(error)

    def refuse(self, refusal: Refusal, after: int = 0) -> None:
        """Refuse the append after so many that go on waiting, and fail those behind it in its stream."""
        refused = self.waiting.pop(after)
        behind = [append for append in self.waiting[after:] if append.stream_id == refused.stream_id]
        self.waiting = [append for append in self.waiting if append not in behind]
        refused.refused(refusal)
        for append in behind:
            append.failed(DecideAgain())

    def _take(self, count: int | None) -> list[Append]:
        some = self.waiting[:count]
        self.waiting = self.waiting[len(some) :]
        return some

    def _store(self, append: Append) -> int:
        if append.receipt is not None:
            self.receipts[append.receipt.key] = append.receipt
        if not append.events:
            return append.stream_position()
        assert append.version == len(self.events(append.stream_id)), f"a gap in {append.stream_id}"
        self.stored += [(append.stream_id, event) for event in append.events]
        return len(self.stored)

    def _store_snapshots(self) -> None:
        due = [saved for saved in self._copies if saved[1] <= len(self.events(saved[0]))]
        self._copies = [saved for saved in self._copies if saved not in due]
        self.snapshots |= {stream_id: (version, state) for stream_id, version, state in due}

    def save_snapshot(self, stream_id: str, version: int, state: object, *, kept: bool = False) -> None:
        """Copy the state, and store it after the appends that lead to it."""
        if kept:
            self.milestones.append(version)
        self._copies.append((stream_id, version, copy.deepcopy(state)))
        self._store_snapshots()

    async def receipt(self, key: str) -> Receipt | None:
        """Find the committed receipt of a key."""
        return self.receipts.get(key)

    async def load(self, stream_id: str, after: int = 0) -> History:
        """Read a page of a stream; raise StreamDamaged while it is in `damaged`."""
        self.loads.append(stream_id)
        await asyncio.sleep(0)
        if stream_id in self._held:
            await self._held[stream_id].wait()
        if stream_id in self.damaged:
            raise StreamDamaged(stream_id)
        version, state = (after, None) if after else self.snapshots.get(stream_id, (0, None))
        events = self.events(stream_id)[version : version + self.page]
        positions = [number for number, (stored_in, _) in enumerate(self.stored, 1) if stored_in == stream_id]
        end = version + len(events)
        position = positions[end - 1] if positions else 0
        return History(copy.deepcopy(state), version, events, position, more=end < len(positions))
