"""The search index follows the journal: in small transactions, when nothing else is written or it is far behind."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Sequence
from typing import Protocol

import msgspec

from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown
from seatkeeper.storage.errors import QueryTooSlow, TooManyQueries
from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.sqlite.reading.readers import Readers
from seatkeeper.storage.sqlite.search.entries import CHANGED, POSITIONS, Changed, statements

logger = logging.getLogger(__name__)

EVENTS_AT_ONCE = 300
"""Events that are taken in by one transaction, in about 4 ms for 150 sign-ups: commits wait as long."""

MOST_BEHIND = 50_000
"""Events from which on it takes in some between any two commits: a query looks at their accounts one by one."""

QUIET = 0.05
"""Seconds without a commit after which it takes in some."""

EVERY = 0.5
"""Seconds after which it takes in some although commits do not pause: 1 % of the time of the writer."""

REST = 30.0
"""Seconds for which it takes in nothing after the index could not be read or written."""


class Journal(Protocol):
    """What is followed."""

    @property
    def readers(self) -> Readers:
        """The connections for queries."""

    async def write_aside(self, statements: Sequence[Statement]) -> None:
        """Run statements in a transaction of their own, between commits."""


class Follower:
    """Takes what was committed into the search index, in a task of its own."""

    def __init__(self, journal: Journal, *, rest: float = REST) -> None:
        """Follow this journal, which calls `committed`, from where its file says that the index is."""
        self._journal = journal
        self._rest = rest
        self._grown = asyncio.Event()
        self._position: int | None = None
        self._last = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def behind(self) -> int:
        """Count the events that are not taken in."""
        return max(self._last - (self._position or 0), 0)

    def committed(self, position: int) -> None:
        """Note that the journal has grown to this position."""
        self._last = position
        self._grown.set()

    def start(self) -> None:
        """Begin to follow; the journal is open."""
        self._task = asyncio.get_running_loop().create_task(self._follow())

    async def stop(self) -> None:
        """Stop where it is; the next start goes on from there."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _follow(self) -> None:
        while True:
            try:
                await self._take_all_in()
            except (NotStored, OutcomeUnknown, TooManyQueries, QueryTooSlow, sqlite3.Error, ValueError) as error:
                # What it could not do now is left for later: queries look at these accounts one by one.
                logger.warning("the search index was not updated", extra={"reason": repr(error), "behind": self.behind})
                self._position = None
                await asyncio.sleep(self._rest)
            else:
                self._grown.clear()
                if not self.behind:
                    await self._grown.wait()

    async def _take_all_in(self) -> None:
        """Take in one transaction after the other, until nothing is left: at once, or when commits pause."""
        loop = asyncio.get_running_loop()
        due, seen = loop.time() + EVERY, -1
        while self._position is None or self.behind:
            if self._last != seen and self.behind < MOST_BEHIND and loop.time() < due:
                seen = self._last
                await asyncio.sleep(QUIET)
                continue
            await self.step()
            due = loop.time() + EVERY

    async def step(self) -> None:
        """Take in the next events, in one transaction; raise what the journal raises."""
        fetch = self._journal.readers.fetch
        if self._position is None:
            ((position, last),) = await fetch(POSITIONS)
            self._position, self._last = int(position or 0), max(int(last or 0), self._last)
        position = min(self._position + EVENTS_AT_ONCE, self._last)
        if position > self._position:
            ((text,),) = await fetch(CHANGED, (self._position, position))
            changed = msgspec.json.decode(str(text), type=list[Changed])
            await self._journal.write_aside(list(statements(changed, position)))
            self._position = position
