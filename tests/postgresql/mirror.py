"""A store whose journal is in memory, and whose queries find what it has committed in PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import asyncpg

from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.storage.memory.journal import MemoryJournal
from seatkeeper.storage.postgresql import ddl
from seatkeeper.storage.postgresql.deliveries import PostgresqlDeliveries
from seatkeeper.storage.postgresql.reading.queries import PostgresqlQueries
from seatkeeper.storage.postgresql.reading.readers import Connection, Readers, open_readers
from seatkeeper.storage.projections.view import View
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sql.pieces import Row, Value
from seatkeeper.storage.sqlite import blocks
from tests.storage.stores import NOW, Store


class Mirror(MemoryJournal):
    """The journal, whose rows are copied before each query."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(now=lambda: NOW)
        self._connection = connection
        self._copied = 0
        self._turn = asyncio.Lock()

    async def copy(self) -> None:
        """Copy what is new."""
        async with self._turn:
            events = self.queries.events[self._copied :]
            if not events:
                return
            self._copied += len(events)
            async with self._connection.transaction():
                await self._insert("events", events)
                await self._insert("event_blocks", blocks.rows(events))
                for view, rows in self.queries.tables.items():
                    await self._connection.execute(f"DELETE FROM {view.table}")
                    await self._insert(view.table, _numbered(view, list(rows.values())))

    async def _insert(self, table: str, rows: Sequence[Sequence[Value]]) -> None:
        if rows:
            names = await self._connection.fetch(
                "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 ORDER BY attnum",
                table,
            )
            columns = [name for (name,) in names if table != "events" or name != "one"]
            marks = ", ".join(f"${number}" for number in range(1, len(rows[0]) + 1))
            sql = f"INSERT INTO {table} ({', '.join(columns)}) OVERRIDING SYSTEM VALUE VALUES ({marks})"
            await self._connection.executemany(f"{sql} ON CONFLICT DO NOTHING", rows)

    async def write_aside(self, statements: Sequence[tuple[str, Sequence[object]]]) -> None:
        """Run these in a transaction."""
        await self.copy()
        try:
            async with self._turn, self._connection.transaction():
                for sql, values in statements:
                    await self._connection.execute(sql, *values)
        except asyncpg.PostgresError as error:
            raise NotStored(str(error)) from error


def _numbered(view: View, rows: Sequence[Sequence[Value]]) -> Sequence[Sequence[Value]]:
    return [(number, *row) for number, row in enumerate(rows, 1)] if view.ordered else rows


class MirroredQueries(PostgresqlQueries):
    """The queries, of which each finds what was committed before."""

    def __init__(self, journal: Mirror, readers: Readers) -> None:
        super().__init__(lambda: readers)
        self._journal = journal

    async def _fetch(self, sql: str, *values: Value) -> list[Row]:
        await self._journal.copy()
        return await super()._fetch(sql, *values)


class MirroredDeliveries(PostgresqlDeliveries):
    """The deliveries, the same way."""

    async def _fetch(self, sql: str, *values: Value) -> list[Row]:
        assert isinstance(self._journal, Mirror)
        await self._journal.copy()
        return await super()._fetch(sql, *values)


@asynccontextmanager
async def mirrored_store(url: str) -> AsyncIterator[Store]:
    """A store in this empty database."""
    connection = await asyncpg.connect(url)
    await connection.execute(ddl.schema_text(KINDS))

    async def connect(settings: Mapping[str, str]) -> Connection:
        return await asyncpg.connect(url, server_settings=dict(settings))

    readers = await open_readers(connect, count=2, bound=1_000, deadline=5.0)
    journal = Mirror(connection)
    deliveries = MirroredDeliveries(journal, lambda: readers, now=lambda: NOW)
    yield Store(journal, MirroredQueries(journal, readers), deliveries)
    await readers.close()
    await connection.close()
