"""Copying a journal from a file into an empty database: every event at its position, and all that belongs to them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import asyncpg

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.postgresql.failures import LOST
from seatkeeper.storage.postgresql.reading.marks import storable
from seatkeeper.storage.postgresql.schema.prepare import prepare
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.check import make_durable, refuse_unfit
from seatkeeper.storage.postgresql.server.connection import Connection, close, connect, refusal
from seatkeeper.storage.postgresql.shards import be_alone
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sql.deliveries import statements
from seatkeeper.storage.sqlite.file.identity import refuse_mismatch
from seatkeeper.storage.sqlite.file.lock import Lock
from seatkeeper.storage.sqlite.file.reading import SCHEMA_VERSION, open_snapshot
from seatkeeper.storage.sqlite.file.wal import refuse_damaged_log

TABLES = ("events", "event_blocks", "receipts", "snapshots", "key_uses", "journal_ids", *statements.TABLES)
"""What is copied beside the views."""

_NUMBERED = ("receipts", "journal_ids")
"""Tables, beside the ordered views, in which the database counts on where the file stopped."""

_SETTINGS = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}

Progress = Callable[[int, int], None]


def copy(path: Path, address: Address, *, progress: Progress, kinds: Kinds = KINDS) -> int:
    """Copy a file that is not served into an empty database, in one transaction; return the number of the events.

    `progress` is called with the events done and their total. Raise DatabaseRefused, which leaves the database empty.
    Call it where no event loop runs.
    """
    lock = Lock(path)
    try:
        refuse_mismatch(path)
        refuse_damaged_log(path)
        with closing(open_snapshot(path)) as source:
            ((version,),) = source.execute("PRAGMA user_version")
            if version != SCHEMA_VERSION:
                message = f"{path} has schema version {version}: serve it once with this release, then copy it"
                raise DatabaseRefused(message)
            source.text_factory = str
            try:
                return asyncio.run(_copy(source, address, progress, kinds))
            except sqlite3.Error as error:
                message = f"{path} cannot be read: {error}. `seatkeeper verify` says more"
                raise DatabaseRefused(message) from error
    finally:
        lock.release()


async def _copy(source: sqlite3.Connection, address: Address, progress: Progress, kinds: Kinds) -> int:
    connection = await connect(address, _SETTINGS)
    try:
        await refuse_unfit(connection, address)
        await make_durable(connection)
        await prepare(connection, address, kinds)
        async with connection.transaction():
            await _refuse_used(connection, address)
            count = await _copy_tables(source, connection, progress, kinds)
        await connection.execute("ANALYZE")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, *LOST) as error:
        raise refusal(address, error) from error
    finally:
        await close(connection)
    return count


async def _refuse_used(connection: Connection, address: Address) -> None:
    """Raise DatabaseRefused where a service runs, or where there is something already."""
    await be_alone(connection, str(address))
    if await connection.fetchval("SELECT position > 0 OR EXISTS (SELECT FROM journal_ids) FROM journal_head"):
        message = f"{address} has a journal already: make an empty database"
        raise DatabaseRefused(message)


async def _copy_tables(source: sqlite3.Connection, connection: Connection, progress: Progress, kinds: Kinds) -> int:
    ((count, last),) = source.execute("SELECT count(*), ifnull(max(position), 0) FROM events").fetchall()
    if count != last:
        message = f"the file has {count} events, and the last one at position {last}: `seatkeeper verify` says more"
        raise DatabaseRefused(message)
    for table in (*TABLES, *(view.table for view in kinds.views)):
        columns = [name for _, name, *_ in source.execute(f"PRAGMA table_info({table})")]
        rows = _rows(source, table, columns)
        if table == "events":
            rows = _counted(rows, count, progress)
        await connection.copy_records_to_table(table, columns=columns, records=rows)
    for table in (*_NUMBERED, *(view.table for view in kinds.views if view.ordered)):
        await connection.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'number'), max(number)) FROM {table}"  # noqa: S608 - our names
        )
    await connection.execute("UPDATE journal_head SET position = $1", count)
    # Where it is served, it gets an id of its own, and this one is where it was until here.
    await connection.execute("UPDATE journal_ids SET last_shared = $1 WHERE last_shared IS NULL", count)
    return int(count)


def _rows(source: sqlite3.Connection, table: str, columns: list[str]) -> Iterator[tuple[object, ...]]:
    names = ", ".join(columns)
    for row in source.execute(f"SELECT {names} FROM {table} ORDER BY {columns[0]}"):  # noqa: S608 - our own names
        yield tuple([storable(value) if isinstance(value, str) else value for value in row])


def _counted(rows: Iterator[tuple[object, ...]], total: int, progress: Progress) -> Iterator[tuple[object, ...]]:
    for done, row in enumerate(rows, 1):
        yield row
        if done % 5_000 == 0 or done == total:
            progress(done, total)
