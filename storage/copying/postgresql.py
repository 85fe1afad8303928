"""A database of a server, as the source or the destination of a copy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager

import asyncpg

from seatkeeper.storage.copying.copying import Row
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.postgresql.failures import LOST
from seatkeeper.storage.postgresql.reading.marks import storable
from seatkeeper.storage.postgresql.schema.identity import close_off
from seatkeeper.storage.postgresql.schema.prepare import prepare
from seatkeeper.storage.postgresql.schema.version import refuse_other_version
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.check import make_durable, refuse_unfit
from seatkeeper.storage.postgresql.server.connection import refusal
from seatkeeper.storage.postgresql.server.session import PATIENT, Session
from seatkeeper.storage.postgresql.sharding.alone import be_alone, stay_alone

_COLUMNS = """
SELECT attname::text FROM pg_attribute
WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""


class ServerSource:
    """A database on which no service runs, in a transaction that only reads."""

    def __init__(self, session: Session) -> None:
        """Read through this connection."""
        self.name = str(session.address)
        self._session = session

    def columns(self, table: str) -> Sequence[str]:
        """Name the columns of a table."""
        session = self._session
        with _told(session.address):
            return [name for (name,) in session.run(session.connection.fetch(_COLUMNS, table))]

    def chunks(self, select: str, size: int) -> Iterator[Sequence[Row]]:
        """Go through the rows of a query, so many at once."""
        with _told(self._session.address):
            for page in self._session.pages(select, size):
                yield [tuple(row) for row in page]


@contextmanager
def server_source(address: Address) -> Iterator[ServerSource]:
    """Read one state of a database, of which no process may be a writer; raise DatabaseRefused.

    A writer whose connection was not noticed as lost is fenced off before, so that nothing comes behind what is read.
    """
    with closing(Session(address, PATIENT)) as session:
        run, connection = session.run, session.connection
        with _told(address):
            run(refuse_unfit(connection, address))
            run(refuse_other_version(connection, address))
            run(stay_alone(connection, str(address)))
            run(connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        yield ServerSource(session)


class ServerDestination:
    """An empty database, in the transaction that fills it."""

    def __init__(self, session: Session) -> None:
        """Write through this connection."""
        self._session = session
        self.name = str(session.address)

    def write(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Write rows."""
        session = self._session
        records = [tuple([storable(value) if isinstance(value, str) else value for value in row]) for row in rows]
        with _told(session.address):
            session.run(session.connection.copy_records_to_table(table, columns=columns, records=records))

    def finish(self, events: int, numbered: Iterable[str]) -> None:
        """Commit."""
        run, connection = self._session.run, self._session.connection
        with _told(self._session.address):
            for table in numbered:
                sequence = f"pg_get_serial_sequence('{table}', 'number')"
                run(connection.execute(f"SELECT setval({sequence}, max(number)) FROM {table}"))  # noqa: S608 - our names
            run(connection.execute("UPDATE journal_head SET position = $1", events))
            run(close_off(connection))
        try:
            run(connection.execute("COMMIT"))
        except (DatabaseRefused, asyncpg.PostgresError, KeyboardInterrupt) as error:
            message = f"{self.name} may have the whole copy, or nothing of it: `seatkeeper verify` tells"
            raise DatabaseRefused(message) from error
        with _told(self._session.address):
            run(connection.execute("ANALYZE"))


@contextmanager
def server_destination(address: Address, kinds: Kinds) -> Iterator[ServerDestination]:
    """Write an empty database in one transaction; raise DatabaseRefused."""
    with closing(Session(address, PATIENT)) as session:
        run, connection = session.run, session.connection
        with _told(address):
            run(refuse_unfit(connection, address))
            run(make_durable(connection))
            run(prepare(connection, address, kinds))
            run(connection.execute("BEGIN"))
            run(be_alone(connection, str(address)))
            run(_refuse_used(session))
        yield ServerDestination(session)


async def _refuse_used(session: Session) -> None:
    sql = "SELECT position > 0 OR EXISTS (SELECT FROM journal_ids) FROM journal_head"
    if await session.connection.fetchval(sql):
        message = f"{session.address} has a journal already: make an empty database"
        raise DatabaseRefused(message)


@contextmanager
def _told(address: Address) -> Iterator[None]:
    """Say which database failed."""
    try:
        yield
    except (asyncpg.PostgresError, *LOST) as error:
        raise refusal(address, error) from error
