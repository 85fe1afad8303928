"""What the actors need of a journal, and what they hand to it."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Protocol

import msgspec

from seatkeeper.actors.messages import Event, Outcome


class NotStored(Exception):
    """Nothing was stored and nothing will be: the command can be sent again."""


class JournalFull(NotStored):
    """More appends are waiting than the journal takes: try again in a moment."""


class OutcomeUnknown(Exception):
    """The commit failed half-way: the command may be stored or not."""


class StreamDamaged(Exception):
    """What is stored of this stream cannot be read, or contradicts itself."""


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """What a client was answered, kept under its idempotency key in the transaction of the events.

    The edge writes it and reads it again; in between it is only carried. `fingerprint` is of the request, `body` is
    JSON. `position` is 0 until the commit tells it, and None of a refusal.
    """

    key: str
    fingerprint: bytes
    status: int
    version: int | None
    position: int | None
    location: str | None
    body: str
    recorded_at: str = ""


class IdempotencyKey:
    """What a command comes with that its sender may send again: the edge knows how its receipt is written."""

    def receipt(self, outcome: Outcome) -> Receipt:
        """Write down what became of the command."""
        raise NotImplementedError


class Append:
    """Events of one stream, and perhaps a receipt, on their way into the journal; a receipt may come without events.

    The journal calls `committed` once they are on the disk, or `failed`; an append hears exactly one of them, once.
    `state` is what the events lead to: it may be read until `Journal.append` returns, and not after, for it goes on.
    """

    __slots__ = ("events", "receipt", "state", "stream_id", "version")

    def __init__(
        self, stream_id: str, version: int, events: Sequence[Event], state: object, receipt: Receipt | None = None
    ) -> None:
        """Hold the events that follow on `version`, the number of events that the stream had before."""
        self.stream_id = stream_id
        self.version = version
        self.events = events
        self.state: object = state
        self.receipt = receipt

    def stream_position(self) -> int:
        """Return the position of the last event of the stream that is on the disk, 0 if there is none."""
        return 0

    def committed(self, position: int) -> None:
        """Hear that all is on the disk, the last event of the stream at this position of the journal."""
        raise NotImplementedError

    def failed(self, error: Exception) -> None:
        """Hear `NotStored` or `OutcomeUnknown`."""
        raise NotImplementedError


class History(msgspec.Struct, frozen=True, gc=False):
    """A page of what is stored of one stream: a state as of `version`, and the events since.

    Without a snapshot, and behind the first page, there is no state.
    """

    state: object
    version: int
    events: Sequence[Event]
    position: int
    """The position of the last event, 0 where there is none."""
    more: bool = False
    """Whether the stream may go on behind these events."""


class Journal(Protocol):
    """Where events are kept."""

    def admit(self) -> None:
        """Raise `NotStored` if an append would not be taken now: `JournalFull`, or what is wrong with the storage."""

    def append(self, append: Append) -> None:
        """Take the append into the queue, in order; raise `NotStored` if it cannot be taken."""

    def save_snapshot(self, stream_id: str, version: int, state: object) -> None:
        """Keep the state as of `version`, some time, with or behind the appends that lead to it."""

    async def load(self, stream_id: str, after: int = 0) -> History:
        """Read a page of a stream: the first, or the one behind a version; raise `StreamDamaged` or `NotStored`."""

    def receipt(self, key: str) -> Awaitable[Receipt | None]:
        """Find what is stored under an idempotency key; raise `NotStored` when that cannot be told now."""
