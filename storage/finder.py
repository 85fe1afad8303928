"""Rows found by their key: whoever asks in the same turns of the loop shares a query."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from seatkeeper.actors.futures import running_loop
from seatkeeper.storage.database import Row

Query: TypeAlias = Callable[[Sequence[str]], Awaitable[Sequence[Row]]]
"""Brings the rows with these keys, each with its key as the first column."""


class Finder:
    """Finds rows, many with one query: a visit to SQLite's thread costs 60 us, whatever is asked in it."""

    MOST = 64
    """Keys of one query."""

    def __init__(self, query: Query) -> None:
        """Find with this query; when it fails, all who wait hear it, so that nobody waits for more than two."""
        self._query = query
        self._wanted: list[tuple[str, asyncio.Future[Row | None]]] = []
        self._finding: asyncio.Task[None] | None = None

    def find(self, key: str) -> asyncio.Future[Row | None]:
        """Return what brings the row with this key, None where there is none, or raises what the query raised."""
        loop = running_loop() or asyncio.get_running_loop()
        found: asyncio.Future[Row | None] = loop.create_future()
        self._wanted.append((key, found))
        if self._finding is None:
            self._finding = loop.create_task(self._find())
        return found

    async def _find(self) -> None:
        while self._wanted:
            before = 0
            while before < len(self._wanted) < self.MOST:
                before = len(self._wanted)
                await asyncio.sleep(0)
            some, self._wanted = self._wanted[: self.MOST], self._wanted[self.MOST :]
            try:
                rows = {row[0]: row for row in await self._query([key for key, _ in some])}
            except Exception as error:  # noqa: BLE001 - it is told to everybody who asked
                some, self._wanted = some + self._wanted, []
                for _, found in some:
                    if not found.done():
                        found.set_exception(error)
            else:
                for key, found in some:
                    if not found.done():
                        found.set_result(rows.get(key))
        self._finding = None
