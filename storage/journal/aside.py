"""Writes beside the journal: transactions that no event asks for, by the one who writes the journal."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from seatkeeper.actors.aggregates.journal import JournalFull

Statement: TypeAlias = tuple[str, Sequence[object]]
"""SQL in the dialect of the engine, and its parameters."""

BOUND = 1_000
"""Transactions that may wait for the writer: more than there can be webhooks, each with one."""

TOGETHER = 64
"""Transactions that are committed as one, if none of them fails."""


class AsideWrite(NamedTuple):
    """A transaction, and the future that is resolved when it is committed."""

    statements: Sequence[Statement]
    done: asyncio.Future[None]

    def resolve(self, error: Exception | None = None) -> None:
        """Tell who waits for it, unless they were cancelled."""
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)


class AsideQueue:
    """The transactions that wait for the writer."""

    def __init__(self) -> None:
        """Start empty."""
        self._writes: deque[AsideWrite] = deque()

    def __len__(self) -> int:
        """Count them."""
        return len(self._writes)

    def add(self, statements: Sequence[Statement]) -> asyncio.Future[None]:
        """Add a transaction behind all others; raise JournalFull."""
        if len(self._writes) >= BOUND:
            raise JournalFull
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._writes.append(AsideWrite(statements, done))
        return done

    def take(self) -> list[AsideWrite]:
        """Take the first ones out, as many as are committed together."""
        return [self._writes.popleft() for _ in range(min(len(self._writes), TOGETHER))]

    def fail_all(self, error: Exception) -> None:
        """Take all of them out, and fail them with this."""
        writes, self._writes = self._writes, deque()
        resolve(writes, error)


def resolve(writes: Iterable[AsideWrite], error: Exception | None = None) -> None:
    """Tell who waits for these what became of them."""
    for write in writes:
        write.resolve(error)
