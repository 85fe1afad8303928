"""How many shards the streams of a database belong to: one, or as many as it was divided between at the first start."""

from __future__ import annotations

import logging

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.postgresql.server.connection import Connection
from seatkeeper.storage.postgresql.sharding.alone import FENCE_OFF

logger = logging.getLogger(__name__)

_COUNT = "SELECT shards FROM seatkeeper_schema"

_DIVIDE = "UPDATE seatkeeper_schema SET shards = $1 WHERE shards = 1"


async def refuse_other_count(connection: Connection, name: str, count: int) -> None:
    """Raise DatabaseRefused if the streams of this database belong to another number of shards."""
    stored = await shard_count(connection)
    if stored == count:
        return
    shards = "one shard" if stored == 1 else f"{stored} shards"
    run = "`seatkeeper serve`" if stored == 1 else f"`seatkeeper cluster --shards {stored}`"
    message = f"the streams of {name} belong to {shards}, and not to {count}: use {run}"
    raise DatabaseRefused(message)


async def divide(connection: Connection, name: str, count: int) -> None:
    """Let the streams of a database that had one shard belong to so many; raise DatabaseRefused for any other.

    Whoever has the one shard is fenced off in the same transaction, so that no stream ever has two owners.
    """
    async with connection.transaction():
        if count > 1 and await connection.execute(_DIVIDE, count) == "UPDATE 1":
            await connection.execute(FENCE_OFF)
            logger.info("the streams are divided", extra={"shards": count})
    await refuse_other_count(connection, name, count)


async def shard_count(connection: Connection) -> int:
    """Read how many shards the streams belong to."""
    return int(await connection.fetchval(_COUNT))
