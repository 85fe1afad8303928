"""What the server at the other end must be."""

from __future__ import annotations

import logging

import asyncpg

from seatkeeper.storage.errors import DatabaseRefused, StorageAway
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import POOLED, Connection, refusal

logger = logging.getLogger(__name__)

OLDEST = 15
"""The oldest release of PostgreSQL that the tests run on."""

_FACTS = """
SELECT pg_backend_pid() AS pid, pg_is_in_recovery() AS standby, current_setting('server_encoding') AS encoding,
    current_setting('transaction_read_only') AS read_only
"""

_SYNCHRONOUS = """
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""
"""Other settings than `off` wait for the disk of this server, and differ in which standbys they wait for."""

_RISKS = "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY name"


async def refuse_unfit(connection: Connection, address: Address) -> None:
    """Raise DatabaseRefused when the server is none to write to: StorageAway if that may change by itself."""
    if connection.get_server_version().major < OLDEST:
        version = connection.get_server_version()
        message = f"{address} is PostgreSQL {version.major}.{version.minor}, and this program needs {OLDEST} or newer"
        raise DatabaseRefused(message)
    try:
        await connection.execute("BEGIN")  # so that a pooler takes all of it to one server
        facts = await connection.fetchrow(_FACTS)
        await connection.execute("COMMIT")
    except (asyncpg.DuplicatePreparedStatementError, asyncpg.InvalidSQLStatementNameError):
        message = f"{address} cannot be used: {POOLED}"
        raise DatabaseRefused(message) from None
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise refusal(address, error) from None
    assert facts is not None  # noqa: S101 - it has no FROM
    if facts["pid"] != connection.get_server_pid():  # a pooler makes up the one that it tells its clients
        message = f"{address} cannot be used: {POOLED}"
        raise DatabaseRefused(message)
    if facts["standby"] or facts["read_only"] == "on":
        message = f"{address} is a standby, which takes no writes: give the address of the primary, or promote it"
        raise StorageAway(message)
    if facts["encoding"] != "UTF8":
        message = f"{address} has the encoding {facts['encoding']}: make a database with ENCODING 'UTF8'"
        raise DatabaseRefused(message)


async def make_durable(connection: Connection) -> None:
    """Have commits of this connection wait for the disk, and warn of what makes that a lie; raise PostgresError."""
    if await connection.fetch(_SYNCHRONOUS):
        logger.info("the server has synchronous_commit = off, which this program overrides")
    for (name,) in await connection.fetch(_RISKS):
        logger.warning("the server may lose commits in a crash", extra={"setting": f"{name} = off"})
