"""The epochs of shards: who takes a shard raises its epoch, so that no commit of an earlier owner comes later.

Each commit locks the row of its shard in a way that commits share and a take-over does not. So a take-over waits for
the commits that are under way, and those that come to the lock after it find another epoch, and store nothing. This
holds for an owner that hangs, and for a connection of our own that was given up: its commit has ended, or never will.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import NamedTuple

import asyncpg

from seatkeeper.storage.errors import DatabaseRefused, StorageLost
from seatkeeper.storage.postgresql.server.connection import IDLE_IN_TRANSACTION, Connection
from seatkeeper.storage.postgresql.sharding.count import refuse_other_count

logger = logging.getLogger(__name__)

TAKE_DEADLINE = 3.0 * IDLE_IN_TRANSACTION
"""Seconds for a take-over: the server ends the transaction of an owner that hangs before."""

_FIRST = """
INSERT INTO shards (shard, epoch, holder) VALUES ($1, 1, $2)
ON CONFLICT (shard) DO UPDATE SET epoch = shards.epoch + 1, holder = excluded.holder RETURNING epoch
"""

_AGAIN = """
UPDATE shards SET epoch = greatest(epoch, $3) + 1, holder = $2
WHERE shard = $1 AND (holder = $2 OR epoch < $3) RETURNING epoch
"""
"""A lower epoch is that of a standby that lacks the last commits."""


WRITTEN = f"{0x5EA7CEE9}, 'shards'::regclass::oid::int"
"""The advisory lock that each process shares while it is connected to write; a rebuild wants it alone."""


_PATIENCE = "SET LOCAL lock_timeout = '2s'"
"""For a process that has just ended, and whose connection the server is about to close."""


async def be_alone(connection: Connection, name: str) -> None:
    """Keep writers out until the transaction ends; raise DatabaseRefused while another process is one."""
    await connection.execute(_PATIENCE)
    try:
        await connection.execute(f"SELECT pg_advisory_xact_lock({WRITTEN})")
    except asyncpg.LockNotAvailableError as error:
        message = f"{name} is in use by another process"
        raise DatabaseRefused(message) from error


class TakenOver(StorageLost):
    """Another process has taken the journal over: nothing was stored, and this process ends."""

    def __init__(self, name: str) -> None:
        """Name the database."""
        super().__init__(f"another process has taken {name} over")


class Place(NamedTuple):
    """Which shard a process is, of how many."""

    number: int
    shards: int


ONLY_SHARD = Place(0, 1)
"""The shard of a service of one process."""


class CommitsLost(StorageLost):
    """The server that answers now lacks commits that were acknowledged: what is in memory is ahead of it."""

    def __init__(self, name: str, position: int, last: int) -> None:
        """Name the database, the position of its last event, and that of the last one that was acknowledged."""
        super().__init__(f"{name} is at position {position} now, and {last} was acknowledged")


class Fence(NamedTuple):
    """What every commit asks for: that a shard has this epoch."""

    shard: int
    epoch: int


class Shard:
    """A shard that this process takes: from anybody the first time, and then only from itself."""

    def __init__(self, place: Place, name: str, *, take_over: bool = True) -> None:
        """Name the database for messages; without `take_over`, no other process may be connected to write."""
        self._number = place.number
        self._count = place.shards
        self._take_over = take_over
        self._holder = secrets.token_hex(16)
        self.name = name
        self.epoch = 0
        """The highest one that was ours, 0 before the first."""

    async def take(self, connection: Connection) -> Fence:
        """Take the shard with a new epoch; raise TakenOver if it is another's by now, and PostgresError.

        Raise DatabaseRefused if it may not be taken over and another process has the database, and if the streams
        belong to another number of shards.
        """
        await refuse_other_count(connection, self.name, self._count)
        if not (self._take_over or self.epoch or await connection.fetchval(f"SELECT pg_try_advisory_lock({WRITTEN})")):
            message = f"{self.name} is in use by another process"
            raise DatabaseRefused(message)
        statement = _AGAIN if self.epoch else _FIRST
        parameters = (self._number, self._holder, *([self.epoch] if self.epoch else ()))
        end = asyncio.get_running_loop().time() + TAKE_DEADLINE
        while True:
            try:
                await connection.execute(f"SELECT pg_advisory_lock_shared({WRITTEN})")
                epoch: int | None = await connection.fetchval(statement, *parameters)
            except asyncpg.LockNotAvailableError:
                logger.warning("a commit of the owner before is still under way", extra={"shard": self._number})
                if asyncio.get_running_loop().time() > end:
                    raise
            else:
                if epoch is None:
                    raise TakenOver(self.name)
                self.epoch = epoch
                return Fence(self._number, epoch)
