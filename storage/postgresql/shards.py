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
from seatkeeper.storage.postgresql.sharding.alone import FENCE_OFF, WRITTEN
from seatkeeper.storage.postgresql.sharding.count import refuse_other_count
from seatkeeper.storage.postgresql.sharding.starts import holder_of, new_start, start_of

logger = logging.getLogger(__name__)

TAKE_DEADLINE = 3.0 * IDLE_IN_TRANSACTION
"""Seconds for a take-over: the server ends the transaction of an owner that hangs before."""

LOOK_EVERY = 0.5
"""Seconds between two looks of a standby."""

_OWNER = "SELECT epoch, holder FROM shards WHERE shard = $1 FOR UPDATE"

_FIRST = """
INSERT INTO shards (shard, epoch, holder) VALUES ($1, 1, $2)
ON CONFLICT (shard) DO UPDATE SET epoch = shards.epoch + 1, holder = excluded.holder RETURNING epoch
"""

_AGAIN = """
UPDATE shards SET epoch = greatest(epoch, $3) + 1, holder = $2
WHERE shard = $1 AND (holder = $2 OR (epoch = $4 AND holder = $5)) RETURNING epoch
"""
"""Takes the shard from nobody but this process, and from the owner that it has taken it from: a standby may lack the
last take-over. A lower epoch alone says nothing, as a process that was started on such a standby has one too."""


class TakenOver(StorageLost):
    """Another process has taken the journal over: nothing was stored, and this process ends."""

    def __init__(self, name: str) -> None:
        """Name the database."""
        super().__init__(f"another process has taken {name} over")


class Place(NamedTuple):
    """Which shard a process is, of how many, and for which start."""

    number: int
    shards: int
    start: str | None = ""
    """That of a cluster, None for one of its own; with "" it takes its shard from any, and any takes it back."""


ONLY_SHARD = Place(0, 1, None)
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
    """A shard that this process takes: the first time from all but a later start, and then only from itself."""

    def __init__(self, place: Place, name: str, *, take_over: bool = True, standby: bool = False) -> None:
        """Name the database for messages.

        Without `take_over`, no other process may be connected to write; a `standby` waits until none is. Who neither
        takes over nor waits works on a stopped cluster too: alone, it has all shards for that time.
        """
        self._number = place.number
        self._count = place.shards
        self._alone = standby or not take_over
        self._any = not (standby or take_over)
        self._standby = standby
        self._start = "" if self._any else place.start
        self._process = self._holder = secrets.token_hex(16)
        self.name = name
        self._before: asyncpg.Record | None = None
        self.epoch = 0
        """The highest one that was ours, 0 before the first."""

    async def take(self, connection: Connection) -> Fence:
        """Take the shard with a new epoch; raise TakenOver if it is that of another, or of a later start.

        Raise DatabaseRefused if it may not be taken over and another process has the database, and otherwise if the
        streams belong to another number of shards; raise PostgresError.
        """
        if not self._any:
            await refuse_other_count(connection, self.name, self._count)
        if self._alone and not self.epoch:
            await self._be_alone(connection)
        if self._any and not self.epoch:
            await connection.execute(FENCE_OFF)
        end = asyncio.get_running_loop().time() + TAKE_DEADLINE
        while True:
            try:
                await connection.execute(f"SELECT pg_advisory_lock_shared({WRITTEN})")
                self.epoch = await self._raise_epoch(connection)
            except asyncpg.LockNotAvailableError:
                logger.warning("a commit of the owner before is still under way", extra={"shard": self._number})
                if asyncio.get_running_loop().time() > end:
                    raise
            else:
                break
        if self._standby:
            await connection.execute(f"SELECT pg_advisory_unlock({WRITTEN})")  # others may take over from it, or wait
        return Fence(self._number, self.epoch)

    async def _be_alone(self, connection: Connection) -> None:
        """Be the only process that is connected to write, at once or as soon as that may be."""
        waiting = False
        while not await connection.fetchval(f"SELECT pg_try_advisory_lock({WRITTEN})"):
            if not self._standby:
                message = f"{self.name} is in use by another process"
                raise DatabaseRefused(message)
            if not waiting:
                logger.info("waiting for the process that has the database", extra={"database": self.name})
            waiting = True
            await asyncio.sleep(LOOK_EVERY)

    async def _raise_epoch(self, connection: Connection) -> int:
        if not self.epoch:
            async with connection.transaction():
                return await self._take_first(connection)
        before = self._before or (None, None)
        epoch: int | None = await connection.fetchval(_AGAIN, self._number, self._holder, self.epoch, *before)
        if epoch is None:
            raise TakenOver(self.name)
        return epoch

    async def _take_first(self, connection: Connection) -> int:
        before = self._before = await connection.fetchrow(_OWNER, self._number)
        start = await new_start(connection) if self._start is None else self._start
        if start and before is not None and start_of(before["holder"]) > start:
            raise TakenOver(self.name)
        self._holder = holder_of(self._process, start)
        return int(await connection.fetchval(_FIRST, self._number, self._holder))
