"""What one webhook still has to deliver, and in which order. No clock, no I/O.

The events of a stream are delivered one after the other; streams do not wait for each other. What was read from the
journal is `pending`. What failed is `waiting`, and so is all behind it on its stream: a row of the store each. So
everything up to `position`, the one before the oldest pending event, is delivered or is in the store.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from seatkeeper.storage.queries import StoredEvent


@dataclass(eq=False, slots=True)
class Entry:
    """An event that is to be delivered. One that waits is read again from the journal when its time has come."""

    position: int
    stream_id: str
    event: StoredEvent | None = None
    attempts: int = 0
    before: int = 0
    """Attempts before the last change of the webhook: they do not count for when the next one is."""
    first_at: float = 0.0
    """When it failed first, or began to wait behind another."""
    next_at: float = 0.0
    stored: bool = False
    """Whether the store has a row of it."""


class Changes(NamedTuple):
    """What the store has to be told, in one transaction."""

    position: int
    waiting: list[Entry]
    done: list[int]


@dataclass(eq=False, slots=True)
class Backlog:
    """The entries of one webhook. `read_to` is the position up to which the journal was read."""

    read_to: int
    pending: dict[int, Entry] = field(default_factory=dict)
    waiting: dict[int, Entry] = field(default_factory=dict)
    _streams: dict[str, deque[Entry]] = field(default_factory=dict)
    _ready: deque[Entry] = field(default_factory=deque)
    _due: list[tuple[float, int]] = field(default_factory=list)
    _delivered: dict[str, int] = field(default_factory=dict)
    _delivered_until: int = 0
    _changed: dict[int, Entry] = field(default_factory=dict)
    _done: list[int] = field(default_factory=list)

    def restore(self, entries: Iterable[Entry]) -> None:
        """Take in what waits in the store, in the order of the journal.

        A stream whose event waits has had everything before it delivered, also beyond `read_to`: what is read of it up
        to the last one that waits is not delivered again, as it would come after that.
        """
        for entry in entries:
            entry.stored = True
            self.waiting[entry.position] = entry
            self._delivered[entry.stream_id] = self._delivered_until = entry.position
            if self._append(entry):
                heapq.heappush(self._due, (entry.next_at, entry.position))

    def _append(self, entry: Entry) -> bool:
        """Put the entry behind those of its stream; return whether it is the first."""
        stream = self._streams.get(entry.stream_id)
        if stream is None:
            self._streams[entry.stream_id] = deque((entry,))
            return True
        stream.append(entry)
        return False

    def read(self, events: Iterable[StoredEvent], read_to: int, now: float) -> None:
        """Take in what was read from the journal, up to this position."""
        for event in events:
            if event.position <= self._delivered.get(event.stream_id, 0):
                continue
            entry = Entry(event.position, event.stream_id, event)
            first = self._append(entry)
            if first or self._streams[event.stream_id][0].position not in self.waiting:
                self.pending[entry.position] = entry
                if first:
                    self._ready.append(entry)
            else:
                self._wait(entry, now)
        self.read_to = max(self.read_to, read_to)
        if self._delivered and self.read_to >= self._delivered_until:
            self._delivered.clear()

    def _wait(self, entry: Entry, now: float) -> None:
        self.pending.pop(entry.position, None)
        entry.event = None
        if not entry.first_at:
            entry.first_at = entry.next_at = now
        self.waiting[entry.position] = self._changed[entry.position] = entry

    def take(self) -> Entry | None:
        """Take an entry that may be sent now; None when there is none."""
        return self._ready.popleft() if self._ready else None

    def delivered(self, entry: Entry) -> None:
        """Let the next one of the stream be sent."""
        self.pending.pop(entry.position, None)
        if self.waiting.pop(entry.position, None) is not None:
            self._changed.pop(entry.position, None)
            if entry.stored:
                self._done.append(entry.position)
        stream = self._streams[entry.stream_id]
        stream.popleft()
        if stream:
            self._ready.append(stream[0])
        else:
            del self._streams[entry.stream_id]

    def failed(self, entry: Entry, first_at: float, next_at: float) -> None:
        """Have the entry wait, and all behind it."""
        waited = entry.position in self.waiting
        entry.first_at, entry.next_at = first_at, next_at
        self._wait(entry, first_at)
        heapq.heappush(self._due, (next_at, entry.position))
        if not waited:
            for behind in self._streams[entry.stream_id]:
                if behind is not entry:
                    self._wait(behind, first_at)

    def move_due(self, now: float) -> float | None:
        """Make ready what is due; return when the next one is, None when nothing waits for a time."""
        while self._due and self._due[0][0] <= now:
            _, position = heapq.heappop(self._due)
            self._ready.append(self.waiting[position])
        return self._due[0][0] if self._due else None

    def hurry(self, now: float) -> None:
        """Make everything due at once: the endpoint is back."""
        self._due = [(now, position) for _, position in sorted(self._due)]

    def changes(self) -> Changes:
        """Return what the store has not been told yet; the caller tells it, before it asks again."""
        changes = Changes(self.position, list(self._changed.values()), self._done)
        for entry in changes.waiting:
            entry.stored = True
        self._changed, self._done = {}, []
        return changes

    @property
    def position(self) -> int:
        """The position up to which each event is delivered or waits."""
        return next(iter(self.pending)) - 1 if self.pending else self.read_to

    @property
    def is_ready(self) -> bool:
        """Whether an entry may be sent now."""
        return bool(self._ready)

    @property
    def has_changes(self) -> bool:
        """Whether the store has to be told of what waits."""
        return bool(self._changed or self._done)
