"""The engine of a journal, as a port: a database that can store a batch of writes in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import NamedTuple, Protocol

from seatkeeper.actors.aggregates.journal import History, NotStored, Receipt
from seatkeeper.storage.errors import StorageLost
from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.journal.writes import QueuedWrite
from seatkeeper.storage.journal_ids import JournalIdentity
from seatkeeper.storage.kinds import Claim


class Opened(NamedTuple):
    """The last event in the journal, its position and when it was recorded, and the error if a probe was refused."""

    position: int
    recorded_at: str = ""
    refused: NotStored | None = None


class Stored(NamedTuple):
    """The number of events of a commit, and the position of the last event in the journal after it."""

    events: int
    position: int


class Engine(Protocol):
    """A database with one journal, driven by one `BatchingJournal`, which asks for one write at a time.

    Every write raises `NotStored` if surely nothing was stored: `BatchRejected` where one append may be the cause, and
    `StorageFull`. It raises `StorageLost` if the journal has to give up. After any other error the outcome is unknown,
    and the journal closes and opens the engine again. A write that takes too long is cancelled, with the same effect.
    """

    @property
    def name(self) -> str:
        """What messages call the database; there is no secret in it."""

    @property
    def identity(self) -> JournalIdentity:
        """The identity of the journal, once it is open."""

    async def open_first(self) -> Opened:
        """Take the database for this process alone, and open it; raise DatabaseRefused."""

    async def open_again(self) -> Opened:
        """Open it after a failure, and probe it: commit nothing, as any batch is committed.

        Raise DatabaseRefused, or OSError, if it cannot be opened now, and StorageLost if it never can be.
        """

    async def close(self) -> None:
        """Close all connections; raise DatabaseRefused when one hangs."""

    def release(self) -> None:
        """Let other processes take the database."""

    async def commit(self, writes: Sequence[QueuedWrite]) -> Stored:
        """Store these in one transaction, or a probe if there are none, and set the position of each."""

    async def commit_aside(self, statements: Sequence[Statement]) -> None:
        """Run these in one transaction."""

    async def owners(self, claims: Sequence[Claim]) -> Mapping[tuple[str, str], str]:
        """Find who has claimed values, as it is committed, by table and value; raise NotStored if it cannot be read."""

    async def look_after(self) -> None:
        """See that the database is still ours, and do what it needs once a second.

        Raise StorageLost, or NotStored if a commit would not be stored now.
        """

    async def rescue(self, error: StorageLost) -> str:
        """Save what may be lost after this error, log what happened, and tell the operator what to do.

        The engine may be closed by then.
        """

    def has_room(self) -> bool:
        """Tell whether the disk has room for a large batch, True if unknown."""

    async def load(self, stream_id: str, after: int) -> History:
        """Read a page of a stream; raise StreamDamaged, NotStored, or any error while it is being opened again."""

    def receipt(self, key: str) -> Awaitable[Receipt | None]:
        """Find the receipt of an idempotency key; raise NotStored or StreamDamaged."""
