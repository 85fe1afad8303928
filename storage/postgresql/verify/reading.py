"""One state of a database, read step by step in one transaction, by a program that does nothing else meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from functools import cached_property
from typing import TypeVar

import asyncpg

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.postgresql.failures import LOST
from seatkeeper.storage.postgresql.reading.marks import numbered, storable
from seatkeeper.storage.postgresql.schema import ddl
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import Connection, close, connect, refusal
from seatkeeper.storage.verify.reading import Dialect, Row
from seatkeeper.storage.verify.replay import EVENTS

T = TypeVar("T")

AT_ONCE = 2_000
"""Rows that are fetched at once."""

_SETTINGS = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0", "jit": "off"}
"""For queries that read all there is, with pauses between their pages."""

_TABLES = "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"

_BLOCKS = (
    "SELECT 'type ' || type AS what, position >> 10 AS block FROM events"
    " UNION SELECT 'actor ' || (CAST(context AS json) ->> 'actor'), position >> 10 FROM events"
    " WHERE context IS NOT NULL"
)

DIALECT = Dialect(
    engine="PostgreSQL",
    events_by_stream=f"{EVENTS} ORDER BY stream_id, version",
    positions="events AS one",
    blocks=_BLOCKS,
    numbers_without_gaps=False,  # those of a transaction that was rolled back are not given again
)


class PostgresqlReading:
    """What the open transaction of a connection sees; it returns text as bytes."""

    failures = (asyncpg.PostgresError,)
    dialect = DIALECT

    def __init__(self, address: Address, *, writes: bool = False) -> None:
        """Connect and begin a transaction, which only reads unless it `writes`; raise DatabaseRefused."""
        self.address = address
        self._loop = asyncio.Runner()
        try:
            settings: Mapping[str, str] = _SETTINGS if writes else {**_SETTINGS, "default_transaction_read_only": "on"}
            self.connection: Connection = self.run(connect(address, settings))
            try:
                mode = "READ COMMITTED" if writes else "REPEATABLE READ READ ONLY"
                self.run(self.connection.execute(f"BEGIN ISOLATION LEVEL {mode}"))
                self._check_schema()
            except BaseException as error:
                self.run(close(self.connection))
                if isinstance(error, asyncpg.PostgresError):
                    raise refusal(address, error) from error
                raise
        except BaseException:
            self._loop.close()
            raise

    def _check_schema(self) -> None:
        if "seatkeeper_schema" not in self.tables:
            message = f"{self.address} has no tables of this program"
            raise DatabaseRefused(message)
        ((version,),) = self.fetch("SELECT version FROM seatkeeper_schema")
        if version != ddl.SCHEMA_VERSION:
            message = (
                f"{self.address} has schema version {version}, and this program knows version {ddl.SCHEMA_VERSION}"
            )
            raise DatabaseRefused(message)

    def run(self, work: Coroutine[object, object, T]) -> T:
        """Wait for something that the server does; raise DatabaseRefused if it is gone."""
        try:
            return self._loop.run(work)
        except (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, *LOST) as error:
            raise refusal(self.address, error) from error

    @cached_property
    def tables(self) -> AbstractSet[str]:
        """The names of the tables."""
        return {name for (name,) in self.run(self.connection.fetch(_TABLES))}

    @cached_property
    def has_one_writer(self) -> bool:
        """Whether the streams belong to one shard."""
        return self.fetch("SELECT shards FROM seatkeeper_schema")[0][0] == 1

    def rows(self, select: str) -> Iterator[Row]:
        """Go through the rows of a query, many at once."""
        cursor = self.run(_open(self.connection, select))
        while found := self.run(cursor.fetch(AT_ONCE)):
            yield from map(_as_bytes, found)

    def fetch(self, select: str, values: Sequence[object] = ()) -> Sequence[Row]:
        """Return the few rows of a query."""
        texts = [_text(value) for value in values]
        return [*map(_as_bytes, self.run(self.connection.fetch(numbered(select), *texts)))]

    def stored(self, value: object) -> object:
        """Return text as it is stored, in bytes, and other values as they are."""
        return str(storable(value)).encode() if isinstance(value, str) else value

    @contextmanager
    def part(self) -> Iterator[None]:
        """Set a savepoint, to which an error brings the transaction back."""
        self.run(self.connection.execute("SAVEPOINT part"))
        try:
            yield
        except asyncpg.PostgresError:
            self.run(self.connection.execute("ROLLBACK TO SAVEPOINT part"))
            raise
        self.run(self.connection.execute("RELEASE SAVEPOINT part"))

    def close(self) -> None:
        """End the transaction and the connection."""
        try:
            self.run(close(self.connection))
        finally:
            self._loop.close()


async def _open(connection: Connection, select: str) -> asyncpg.cursor.Cursor[asyncpg.Record]:
    return await connection.cursor(select)


def _text(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode()
    return storable(value) if isinstance(value, str) else value


def _as_bytes(row: asyncpg.Record) -> Row:
    return tuple([value.encode() if isinstance(value, str) else value for value in row])
