"""Rows found by their keys: lookups of the same turns of the loop share one query."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from seatkeeper.actors.runtime.futures import running_loop
from seatkeeper.storage.errors import QueryTooSlow
from seatkeeper.storage.sql.pieces import Row

T = TypeVar("T")


class RowLoader(Generic[T]):
    """Finds many rows with one query, because each visit to SQLite's thread costs 60 us."""

    MOST = 64
    """Keys of one query."""

    PATIENCE = 5.0
    """Seconds for which a key waits for its query to begin, behind slow ones."""

    def __init__(
        self,
        query: Callable[[Sequence[str]], Awaitable[Sequence[Row]]],
        read: Callable[[Row], T],
        late: type[Exception] = QueryTooSlow,
    ) -> None:
        """Find rows with `query`, which returns the rows of these keys, each with its key as the first column."""
        self._query = query
        self._read = read
        self._late = late
        self._wanted: list[tuple[str, asyncio.Future[T | None], float]] = []
        self._finding: asyncio.Task[None] | None = None

    def find(self, key: str) -> asyncio.Future[T | None]:
        """Find the row with this key, read by `read`; None if there is none.

        The future raises what the query or `read` raises, or `late`.
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
                    raise self._late  # noqa: TRY301 - reported as any other failure
                rows = {row[0]: row for row in await self._query([key for key, _, _ in some])}
            except Exception as error:  # noqa: BLE001 - it is reported to all callers
                for _, found, _ in some:
                    if not found.done():
                        found.set_exception(error)
            else:
                for key, found, _ in some:
                    if not found.done():
                        self._resolve(found, rows.get(key))
        self._finding = None

    def _resolve(self, found: asyncio.Future[T | None], row: Row | None) -> None:
        try:
            found.set_result(None if row is None else self._read(row))
        except Exception as error:  # noqa: BLE001 - of this row, so it is reported to its caller
            found.set_exception(error)
