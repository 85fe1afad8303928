"""Whether there are API keys in a database, asked before it is taken from the process that has it."""

from __future__ import annotations

import asyncpg

from seatkeeper.storage.postgresql.failures import LOST
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import close, connect, refusal


async def may_hold_keys(address: Address) -> bool:
    """Tell whether there are keys, also ended ones; an older release may have no table for them, or another one.

    Raise DatabaseRefused.
    """
    connection = await connect(address)
    try:
        return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM api_keys)"))
    except asyncpg.UndefinedTableError:
        return False
    except (asyncpg.PostgresError, *LOST) as error:
        raise refusal(address, error) from error
    finally:
        await close(connection)
