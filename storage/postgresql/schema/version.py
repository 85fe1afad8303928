"""The version of the tables of a database."""

from __future__ import annotations

import asyncpg

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.postgresql.schema import ddl
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import Connection, close, connect

_TABLES = (
    "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'v', 'm')"
)


async def tables(connection: Connection) -> set[str]:
    """Name the tables, and what else has their names."""
    return {str(name) for (name,) in await connection.fetch(_TABLES)}


async def stored_version(connection: Connection, address: Address) -> int | None:
    """Read the version, None where there are no tables of ours; raise DatabaseRefused if it is newer than ours."""
    if "seatkeeper_schema" not in await tables(connection):
        return None
    try:
        version = int(await connection.fetchval("SELECT version FROM seatkeeper_schema"))
    except (asyncpg.UndefinedColumnError, asyncpg.InsufficientPrivilegeError, TypeError, ValueError):
        message = f"{address} has a table seatkeeper_schema that this program has not made, or cannot read"
        raise DatabaseRefused(message) from None
    if not 1 <= version <= ddl.SCHEMA_VERSION:
        message = f"{address} has schema version {version}, and this program knows versions up to {ddl.SCHEMA_VERSION}"
        raise DatabaseRefused(message)
    return version


async def first_event(address: Address) -> str | None:
    """Return the type of the first event of a database, None if there is none; raise DatabaseRefused."""
    connection = await connect(address)
    try:
        first: str | None = await connection.fetchval("SELECT type FROM events WHERE position = 1")
    except asyncpg.PostgresError:  # there are no tables, or others than ours, which the opening tells
        return None
    else:
        return first
    finally:
        await close(connection)


async def refuse_other_version(connection: Connection, address: Address) -> None:
    """Raise DatabaseRefused unless the tables are those of today."""
    version = await stored_version(connection, address)
    if version is None:
        message = f"{address} has no tables of this program"
        raise DatabaseRefused(message)
    if version != ddl.SCHEMA_VERSION:
        message = (
            f"{address} has schema version {version}: start the service once, which brings it to {ddl.SCHEMA_VERSION}"
        )
        raise DatabaseRefused(message)
