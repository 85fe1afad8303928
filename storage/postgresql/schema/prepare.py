"""The start on a database: the schema is created or brought up to date, or what this program cannot use is refused."""

from __future__ import annotations

import asyncio
import logging
import re
from importlib import metadata

import asyncpg

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.postgresql.schema import ddl
from seatkeeper.storage.postgresql.schema.migrating import is_old, migrate
from seatkeeper.storage.postgresql.schema.version import stored_version, tables
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import Connection, refusal

logger = logging.getLogger(__name__)

_EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"


async def prepare(connection: Connection, address: Address, kinds: Kinds) -> None:
    """Create the schema in an empty database, or bring an older one up to date.

    Only one process does this at a time, and each of the two is one transaction. Raise DatabaseRefused for a database
    that this program cannot use, before any write.
    """
    if not await _is_prepared(connection, address, kinds):
        await asyncio.to_thread(migrate, address, kinds)
        if not await _is_prepared(connection, address, kinds):
            message = f"{address} cannot be brought up to date: something changes its tables meanwhile"
            raise DatabaseRefused(message)


async def _is_prepared(connection: Connection, address: Address, kinds: Kinds) -> bool:
    """Create the schema in an empty database; return False, and change nothing, for an older one."""
    try:
        async with connection.transaction():
            await connection.execute(ddl.PATIENCE)
            await connection.execute(f"SELECT pg_advisory_xact_lock({ddl.LOCK})")
            return await _prepare(connection, address, kinds)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise refusal(address, error) from None


async def _prepare(connection: Connection, address: Address, kinds: Kinds) -> bool:
    version = await stored_version(connection, address)
    found = await tables(connection)
    if version is None:
        statements = ddl.schema_text(kinds)
        _refuse_others(address, found & set(re.findall(r"CREATE TABLE (\w+)", statements)))
        await connection.execute(statements)
    await _refuse_unknown_events(connection, address, kinds)
    if version is not None and is_old(version, kinds, found):
        return False
    await _index_unknown_events(connection, kinds)
    await _index_parts_of_names(connection, kinds)
    return True


def _refuse_others(address: Address, taken: set[str]) -> None:
    if taken:
        message = (
            f"{address} is a database of another application: it has {', '.join(sorted(taken))}."
            " Make a database, or a schema, for Seatkeeper alone"
        )
        raise DatabaseRefused(message)


async def _refuse_unknown_events(connection: Connection, address: Address, kinds: Kinds) -> None:
    """Refuse events that only a newer release can read."""
    row = await connection.fetchrow(
        f"SELECT type, position, stream_id, version FROM events WHERE {ddl.unknown(kinds.known_types)} LIMIT 1"  # noqa: S608 - our own tags
    )
    if row is not None:
        message = (
            f"{address} has an event of type {row['type']!r} (position {row['position']}, {row['stream_id']},"
            f" version {row['version']}), which is unknown to this program: seatkeeper"
            f" {metadata.version('seatkeeper')}, schema version {ddl.SCHEMA_VERSION}"
        )
        raise DatabaseRefused(message)


async def _index_unknown_events(connection: Connection, kinds: Kinds) -> None:
    """Keep the index that finds events of unknown types without reading the others."""
    known = " ".join(kinds.known_types)
    if await connection.fetchval("SELECT known_types FROM seatkeeper_schema") != known:
        schema = await connection.fetchval("SELECT quote_ident(current_schema())")  # others may have one of this name
        await connection.execute(f"DROP INDEX IF EXISTS {schema}.events_unknown; {ddl.unknown_events_index(kinds)}")
        await connection.execute("UPDATE seatkeeper_schema SET known_types = $1", known)


async def _index_parts_of_names(connection: Connection, kinds: Kinds) -> None:
    """Make the index of trigrams if this role may; without it, a search for a part of a name reads all names."""
    there = await connection.fetchval(
        "SELECT to_regclass(quote_ident(current_schema()) || '.accounts_by_part_of_name') IS NOT NULL"
    )
    if there or not ddl.has_accounts(kinds.views):
        return
    try:
        async with connection.transaction():
            await connection.execute(_EXTENSION)
            await connection.execute(ddl.text("trigrams.sql"))
    except asyncpg.PostgresError as error:
        reason = f"{error}. A superuser can run: {_EXTENSION}"
        logger.warning("a search for a part of a name will read all names", extra={"reason": reason})
