"""The schema: creating it in an empty database, and refusing what this program cannot use."""

from __future__ import annotations

import logging
import re
from importlib import metadata

import asyncpg

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.postgresql.schema import ddl
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import Connection, refusal

logger = logging.getLogger(__name__)

_LOCK = 0x5EA7CEE9
"""The advisory lock of who prepares a database: SQLite's application id of our files."""

_PATIENCE = "SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = 0"
"""For another process that prepares the database, and for indexes of many rows."""

_TABLES = (
    "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'v', 'm')"
)

_EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"


async def prepare(connection: Connection, address: Address, kinds: Kinds) -> None:
    """Create the schema in an empty database; raise DatabaseRefused for one that this program cannot use.

    Only one process does this at a time, and it is one transaction.
    """
    try:
        async with connection.transaction():
            await connection.execute(_PATIENCE)
            await connection.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
            await _prepare(connection, address, kinds)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise refusal(address, error) from None


async def _prepare(connection: Connection, address: Address, kinds: Kinds) -> None:
    found = {name for (name,) in await connection.fetch(_TABLES)}
    version = await _version(connection, address) if "seatkeeper_schema" in found else None
    if version is None:
        statements = ddl.schema_text(kinds)
        _refuse_others(address, found & set(re.findall(r"CREATE TABLE (\w+)", statements)))
        await connection.execute(statements)
    elif not 1 <= version <= ddl.SCHEMA_VERSION:
        message = f"{address} has schema version {version}, and this program knows versions up to {ddl.SCHEMA_VERSION}"
        raise DatabaseRefused(message)
    await _find_unknown_events(connection, address, kinds)
    await _index_parts_of_names(connection, kinds)


async def _version(connection: Connection, address: Address) -> int:
    try:
        async with connection.transaction():
            return int(await connection.fetchval("SELECT version FROM seatkeeper_schema"))
    except (asyncpg.UndefinedColumnError, asyncpg.InsufficientPrivilegeError, TypeError, ValueError):
        message = f"{address} has a table seatkeeper_schema that this program has not made, or cannot read"
        raise DatabaseRefused(message) from None


def _refuse_others(address: Address, taken: set[str]) -> None:
    if taken:
        message = (
            f"{address} is a database of another application: it has {', '.join(sorted(taken))}."
            " Make a database, or a schema, for Seatkeeper alone"
        )
        raise DatabaseRefused(message)


async def _find_unknown_events(connection: Connection, address: Address, kinds: Kinds) -> None:
    """Refuse events that only a newer release can read; keep the index that finds them without reading the others."""
    known = " ".join(kinds.known_types)
    indexed = await connection.fetchval("SELECT known_types FROM seatkeeper_schema")
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
    if indexed != known:
        schema = await connection.fetchval("SELECT quote_ident(current_schema())")  # others may have one of this name
        await connection.execute(f"DROP INDEX IF EXISTS {schema}.events_unknown; {ddl.unknown_events_index(kinds)}")
        await connection.execute("UPDATE seatkeeper_schema SET known_types = $1", known)


async def _index_parts_of_names(connection: Connection, kinds: Kinds) -> None:
    """Make the index of trigrams if this role may; without it, a search for a part of a name reads all names."""
    there = await connection.fetchval(
        "SELECT to_regclass(quote_ident(current_schema()) || '.accounts_by_part_of_name') IS NOT NULL"
    )
    if there or not ddl.has_accounts(kinds):
        return
    try:
        async with connection.transaction():
            await connection.execute(_EXTENSION)
            await connection.execute(ddl.text("trigrams.sql"))
    except asyncpg.PostgresError as error:
        reason = f"{error}. A superuser can run: {_EXTENSION}"
        logger.warning("a search for a part of a name will read all names", extra={"reason": reason})
