"""The journal port: what the actors need of a journal, and what they pass to it."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Protocol

import msgspec

from seatkeeper.actors.aggregates.messages import Context, Event, Outcome, Refusal


class NotStored(Exception):
    """Nothing was stored and nothing will be: the command can be repeated."""


class JournalFull(NotStored):
    """The queue of the journal is full: try again in a moment."""


class DecideAgain(NotStored):
    """An append before this one, of the same stream, was refused by the journal: the command is decided again."""


class OutcomeUnknown(Exception):
    """The commit failed: the command may be stored or not."""


class StreamDamaged(Exception):
    """The stored stream cannot be read, or contradicts itself."""


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """The answer to a client, stored under its idempotency key in the transaction of the events.

    Only the HTTP server writes and reads its content. `fingerprint` identifies the request, `body` is JSON. `position`
    is 0 until the commit sets it, and None for a refusal.
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
    """The idempotency key of a command. The HTTP server subclasses it and writes the receipt."""

    def receipt(self, outcome: Outcome) -> Receipt:
        """Make the receipt of this outcome."""
        raise NotImplementedError


class Append:
    """Events of one stream and a receipt, to be stored in one transaction; either may be absent.

    The journal calls exactly one of `committed`, `refused` and `failed`, once. `state` is the state after the events:
    it may be read only until `Journal.append` returns, because the aggregate goes on to change it.
    """

    __slots__ = ("context", "events", "receipt", "state", "stream_id", "version")

    def __init__(  # noqa: PLR0913, PLR0917 - what is stored in one transaction
        self,
        stream_id: str,
        version: int,
        events: Sequence[Event],
        state: object,
        receipt: Receipt | None = None,
        context: Context | None = None,
    ) -> None:
        """Hold the events that follow on `version`, the number of events in the stream before them, and their cause."""
        self.stream_id = stream_id
        self.version = version
        self.events = events
        self.state: object = state
        self.receipt = receipt
        self.context = context

    def stream_position(self) -> int:
        """Return the position of the last committed event of the stream, 0 if there is none."""
        return 0

    def committed(self, position: int) -> None:
        """Be called after the commit; the last event of the stream has this position in the journal."""
        raise NotImplementedError

    def refused(self, refusal: Refusal) -> None:
        """Be called instead when a rule that only the journal sees forbids these events, of which nothing is stored."""
        raise NotImplementedError

    def failed(self, error: Exception) -> None:
        """Be called with `NotStored` or `OutcomeUnknown` instead."""
        raise NotImplementedError


class History(msgspec.Struct, frozen=True, gc=False):
    """A page of a stored stream: the state as of `version`, and the events that follow.

    The state is None where there is no snapshot, and on every page but the first.
    """

    state: object
    version: int
    events: Sequence[Event]
    position: int
    """The position of the last event, 0 if there is none."""
    more: bool = False
    """Whether more events may follow."""


class Journal(Protocol):
    """Stores events."""

    def check_capacity(self) -> None:
        """Raise `NotStored` if the journal would refuse an append now, because it is full or cannot write."""

    def append(self, append: Append) -> None:
        """Put the append into the queue, in order; raise `NotStored` if the journal refuses it."""

    def save_snapshot(self, stream_id: str, version: int, state: object, *, kept: bool = False) -> None:
        """Store the state as of `version` later, together with the appends that lead to it or after them.

        It replaces the snapshot before it; one that is `kept` is stored as a milestone besides, which stays.
        """

    async def load(self, stream_id: str, after: int = 0) -> History:
        """Read a page of a stream, the events after a version; raise `StreamDamaged` or `NotStored`."""

    def receipt(self, key: str) -> Awaitable[Receipt | None]:
        """Find the receipt of an idempotency key; raise `NotStored` if it cannot be read now."""
