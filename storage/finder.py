"""Rows found by their key: whoever asks in the same turns of the loop shares a query."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from seatkeeper.actors.futures import running_loop
from seatkeeper.storage.database import QueryTooSlow, Row

T = TypeVar("T")


class Finder(Generic[T]):
    """Finds what rows say, many with one query: a visit to SQLite's thread costs 60 us, whatever is asked in it."""

    MOST = 64
    """Keys of one query."""

    PATIENCE = 5.0
    """Seconds for which a key waits for its query to begin; behind slow ones it would wait for each of them."""

    def __init__(
        self,
        query: Callable[[Sequence[str]], Awaitable[Sequence[Row]]],
        read: Callable[[Row], T],
        late: type[Exception] = QueryTooSlow,
    ) -> None:
        """Find with a query that brings the rows of these keys, each with its key as the first column."""
        self._query = query
        self._read = read
        self._late = late
        self._wanted: list[tuple[str, asyncio.Future[T | None], float]] = []
        self._finding: asyncio.Task[None] | None = None

    def find(self, key: str) -> asyncio.Future[T | None]:
        """Return what brings the row with this key as it is read, or None where there is none.

        It raises what the query or the reading raised, or `late`.
        """
        loop = running_loop() or asyncio.get_running_loop()
        found: asyncio.Future[T | None] = loop.create_future()
        self._wanted.append((key, found, loop.time()))
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
                if some[0][2] < asyncio.get_running_loop().time() - self.PATIENCE:
                    raise self._late  # noqa: TRY301 - told as any other failure
                rows = {row[0]: row for row in await self._query([key for key, _, _ in some])}
            except Exception as error:  # noqa: BLE001 - it is told to everybody who asked
                for _, found, _ in some:
                    if not found.done():
                        found.set_exception(error)
            else:
                for key, found, _ in some:
                    if not found.done():
                        self._tell(found, rows.get(key))
        self._finding = None

    def _tell(self, found: asyncio.Future[T | None], row: Row | None) -> None:
        try:
            found.set_result(None if row is None else self._read(row))
        except Exception as error:  # noqa: BLE001 - of this row, so it is told to who asked for it
            found.set_exception(error)
