"""An engine that stores in a list, and fails as it is told to."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Mapping, Sequence

from seatkeeper.actors.aggregates.journal import History, NotStored, Receipt
from seatkeeper.storage.errors import StorageLost
from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.journal.batching import BatchingJournal
from seatkeeper.storage.journal.engine import Opened, Stored
from seatkeeper.storage.journal.limits import JournalLimits
from seatkeeper.storage.journal.writes import QueuedWrite, place
from seatkeeper.storage.journal_ids import JournalIdentity
from seatkeeper.storage.kinds import Claim
from tests.accounts.past import after, opened
from tests.storage.stores import NOW, Written, account_id

BEFORE = 100
"""The position of the last event when the engine is opened; other processes may have written it."""


class ScriptedEngine:
    """Each commit takes the next of `faults`, and each opening after the first one the next of `openings`."""

    name = "the scripted database"
    identity = JournalIdentity("scripted", {})

    def __init__(self) -> None:
        self.faults: deque[Exception | None] = deque()
        self.openings: deque[Exception | Opened] = deque()
        self.looks: deque[StorageLost | NotStored] = deque()
        self.batches: list[list[str]] = []
        self.aside: list[Sequence[Statement]] = []
        self.position = BEFORE
        self.room = True
        self.opened = self.released = False

    async def open_first(self) -> Opened:
        self.opened = True
        return Opened(self.position)

    async def open_again(self) -> Opened:
        result = self.openings.popleft() if self.openings else Opened(self.position)
        if isinstance(result, Exception):
            raise result
        self.opened = True
        return result

    async def close(self) -> None:
        self.opened = False

    def release(self) -> None:
        self.released = True

    async def commit(self, writes: Sequence[QueuedWrite]) -> Stored:
        self._fail()
        events = place(writes, self.position)
        self.position += len(events)
        self.batches.append([write.stream_id for write in writes])
        return Stored(len(events), self.position)

    async def commit_aside(self, statements: Sequence[Statement]) -> None:
        self._fail()
        self.aside.append(statements)

    def _fail(self) -> None:
        fault = self.faults.popleft() if self.faults else None
        if fault is not None:
            raise fault

    async def owners(self, claims: Sequence[Claim]) -> Mapping[tuple[str, str], str]:
        return {(claim.view.table, claim.value): claim.owner for claim in claims}

    async def look_after(self) -> None:
        if self.looks:
            raise self.looks.popleft()

    async def rescue(self, error: StorageLost) -> str:
        return f"start again where {type(error).__name__} is no more"

    def has_room(self) -> bool:
        return self.room

    async def load(self, stream_id: str, after: int) -> History:
        raise NotImplementedError

    def receipt(self, key: str) -> Awaitable[Receipt | None]:
        raise NotImplementedError


class Scripted:
    """A journal on a scripted engine, with what it told."""

    def __init__(self, limits: JournalLimits) -> None:
        self.engine = ScriptedEngine()
        self.unknown_outcomes = 0
        self.commits: list[int] = []
        self.positions: list[int] = []
        self.journal = BatchingJournal(
            self.engine,
            now=lambda: NOW,
            on_outcome_unknown=self._on_outcome_unknown,
            committed=lambda events, _seconds: self.commits.append(events),
            limits=limits,
        )
        self.journal.on_commit(self.positions.append)

    def _on_outcome_unknown(self) -> None:
        self.unknown_outcomes += 1

    def append(self, number: int) -> Written:
        """Append what opens an account: two events."""
        opening = opened(account_id=account_id(number))
        written = Written(stream(number), 0, opening, after(opening))
        self.journal.append(written)
        return written

    def append_nothing(self, number: int) -> Written:
        """Append no event to an account that was opened."""
        written = Written(stream(number), 2, [], after(opened()))
        self.journal.append(written)
        return written


def stream(number: int) -> str:
    """Name the stream of an account."""
    return f"account-{account_id(number)}"
