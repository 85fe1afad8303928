"""Writes beside the journal: transactions that no event asks for, on the one connection that writes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from seatkeeper.actors.aggregates.journal import JournalFull
from seatkeeper.storage.sqlite.writer import Statement

BOUND = 64
"""Transactions that may wait for the writer."""


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

    def take(self) -> AsideWrite:
        """Take the first one out; raise IndexError where there is none."""
        return self._writes.popleft()

    def fail_all(self, error: Exception) -> None:
        """Take all of them out, and fail them with this."""
        writes, self._writes = self._writes, deque()
        for write in writes:
            write.resolve(error)
