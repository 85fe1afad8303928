"""The tables of the deliveries in a file: read through the readers, written through the journal's one writer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from seatkeeper.storage.sql.deliveries.statements import Lists
from seatkeeper.storage.sql.deliveries.store import SqlDeliveries
from seatkeeper.storage.sql.pieces import Row, Sql, Value
from seatkeeper.storage.sqlite.journal import SqliteJournal
from seatkeeper.storage.sqlite.reading.queries import fetch


class SqliteDeliveries(SqlDeliveries):
    """The tables of the deliveries of a journal's file."""

    lists = Lists("json_each(?) AS listed", "json_each(?) AS listed", "json_extract(value, '$[%d]')")

    def __init__(self, journal: SqliteJournal, *, now: Callable[[], str]) -> None:
        """Read and write through this journal; `now` is the clock by which attempts grow old."""
        super().__init__(now)
        self._journal = journal

    async def _fetch(self, sql: str, *values: Value) -> list[Row]:
        return await fetch(self._journal.readers, sql, values)

    async def _write(self, statements: Sequence[Sql]) -> None:
        await self._journal.write_aside(statements)
