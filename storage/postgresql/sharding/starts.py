"""The starts of services and clusters: each comes after those before it, and takes no shard back from a later one.

A process that Ray starts again belongs to the start of its cluster. So of two clusters on one database, the one that
was started last keeps it, in whatever order their shards die and come back.
"""

from __future__ import annotations

import secrets

import asyncpg

from seatkeeper.storage.postgresql.failures import LOST
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import Connection, close, connect, refusal

_LAST = """
SELECT coalesce(max(split_part(holder, '.', 2)), '') AS start, extract(epoch FROM clock_timestamp())::bigint AS now
FROM shards
"""


async def new_start(connection: Connection) -> str:
    """Make the id of a start: a number above that of all that have a shard, and 64 random bits for those of a moment.

    The number is a time in seconds where that is higher, so that it also is above those that a promoted standby lacks.
    """
    ((last, now),) = await connection.fetch(_LAST)
    number = max(int(now), 1 + int(last.partition("-")[0] or 0))
    return f"{number:012}-{secrets.token_hex(8)}"


async def new_start_on(address: Address) -> str:
    """Make the id of a start on a database that is prepared; raise DatabaseRefused."""
    connection = await connect(address)
    try:
        return await new_start(connection)
    except (asyncpg.PostgresError, *LOST) as error:
        raise refusal(address, error) from error
    finally:
        await close(connection)


def holder_of(process: str, start: str) -> str:
    """Name the holder of a shard."""
    return f"{process}.{start}"


def start_of(holder: str) -> str:
    """Return the start that a holder belongs to, "" where it is not known."""
    return holder.partition(".")[2]
