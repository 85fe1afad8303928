"""Who must be alone on a database: no process may be connected to write, and none that nobody sees may come back."""

from __future__ import annotations

import asyncpg

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.postgresql.server.connection import Connection

WRITTEN = f"{0x5EA7CEE9}, 'shards'::regclass::oid::int"
"""The advisory lock that each process shares while it is connected to write; who must be alone wants it alone."""

FENCE_OFF = "UPDATE shards SET epoch = epoch + 1, holder = gen_random_uuid()"
"""Lets nobody who has a shard store anything more, also one whose connection was not noticed as lost."""

_PATIENCE = "SET LOCAL lock_timeout = '2s'"
"""For a process that has just ended, and whose connection the server is about to close."""


async def be_alone(connection: Connection, name: str) -> None:
    """Keep all others out until the transaction ends; raise DatabaseRefused while another process is a writer."""
    await _lock(connection, name, "pg_advisory_xact_lock")
    await connection.execute(FENCE_OFF)


async def stay_alone(connection: Connection, name: str) -> None:
    """Keep all others out until the connection ends; raise DatabaseRefused while another process is a writer."""
    async with connection.transaction():
        await _lock(connection, name, "pg_advisory_lock")
        await connection.execute(FENCE_OFF)


async def _lock(connection: Connection, name: str, lock: str) -> None:
    await connection.execute(_PATIENCE)
    try:
        await connection.execute(f"SELECT {lock}({WRITTEN})")
    except asyncpg.LockNotAvailableError as error:
        message = f"{name} is in use by another process"
        raise DatabaseRefused(message) from error
