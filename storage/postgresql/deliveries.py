"""The tables of the deliveries in PostgreSQL: read through the readers, written through the journal's one writer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from seatkeeper.storage.postgresql.reading.marks import statement
from seatkeeper.storage.postgresql.reading.queries import fetch
from seatkeeper.storage.postgresql.reading.readers import Readers
from seatkeeper.storage.sql.deliveries.statements import Lists
from seatkeeper.storage.sql.deliveries.store import SqlDeliveries
from seatkeeper.storage.sql.pieces import Row, Sql, Value


class Aside(Protocol):
    """The journal, which writes beside its events."""

    async def write_aside(self, statements: Sequence[tuple[str, Sequence[Value]]]) -> None:
        """Run statements in a transaction of their own, between commits; raise NotStored or OutcomeUnknown."""


class PostgresqlDeliveries(SqlDeliveries):
    """The tables of the deliveries of a journal's database."""

    lists = Lists(
        arrays=(
            "(SELECT value, number - 1 AS key FROM json_array_elements(CAST(? AS json))"
            " WITH ORDINALITY AS one (value, number)) AS listed"
        ),
        texts="json_array_elements_text(CAST(? AS json)) AS listed (value)",
        item="value ->> %d",
    )

    def __init__(self, journal: Aside, readers: Callable[[], Readers], *, now: Callable[[], str]) -> None:
        """Write through this journal and read through these readers; by the clock `now`, attempts grow old."""
        super().__init__(now)
        self._journal = journal
        self._readers = readers

    async def _fetch(self, sql: str, *values: Value) -> list[Row]:
        return await fetch(self._readers(), sql, values)

    async def _write(self, statements: Sequence[Sql]) -> None:
        await self._journal.write_aside([*map(statement, statements)])
