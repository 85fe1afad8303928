"""One state of a database, read step by step in one transaction, by a program that does nothing else meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from functools import cached_property

import asyncpg

from seatkeeper.storage.postgresql.reading.marks import numbered, storable
from seatkeeper.storage.postgresql.schema.version import refuse_other_version
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import refusal
from seatkeeper.storage.postgresql.server.session import PATIENT, READS, Session
from seatkeeper.storage.verify.reading import Dialect, Row
from seatkeeper.storage.verify.replay import EVENTS

AT_ONCE = 2_000
"""Rows that are fetched at once."""

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


class PostgresqlReading(Session):
    """What the open transaction of a connection sees; it returns text as bytes."""

    failures = (asyncpg.PostgresError,)
    dialect = DIALECT

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
        for page in self.pages(select, AT_ONCE):
            yield from map(_as_bytes, page)

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


def _text(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode()
    return storable(value) if isinstance(value, str) else value


def _as_bytes(row: asyncpg.Record) -> Row:
    return tuple([value.encode() if isinstance(value, str) else value for value in row])


def open_reading(address: Address, *, writes: bool = False) -> PostgresqlReading:
    """Begin a transaction, which only reads unless it `writes`, on tables of today; raise DatabaseRefused."""
    reading = PostgresqlReading(address, PATIENT if writes else READS)
    try:
        mode = "READ COMMITTED" if writes else "REPEATABLE READ READ ONLY"
        reading.run(reading.connection.execute(f"BEGIN ISOLATION LEVEL {mode}"))
        reading.run(refuse_other_version(reading.connection, address))
    except BaseException as error:
        reading.close()
        if isinstance(error, asyncpg.PostgresError):
            raise refusal(address, error) from error
        raise
    return reading
