"""The connection that writes: one transaction at a time, whose end is known, or is said to be unknown."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import asyncpg

from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.storage.errors import StorageDown
from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.journal.engine import Stored
from seatkeeper.storage.journal.writes import QueuedWrite, place
from seatkeeper.storage.postgresql import batch
from seatkeeper.storage.postgresql.failures import LOST, Deadlocked, rejection
from seatkeeper.storage.postgresql.server.connection import Connection
from seatkeeper.storage.postgresql.shards import Fence, TakenOver

logger = logging.getLogger(__name__)

T = TypeVar("T")

DEADLOCKS = 3
"""How often a transaction is tried again, each time after the second in which the server finds a deadlock."""


class Writer:
    """A connection of the owner of a shard, in one of its epochs."""

    def __init__(self, connection: Connection, name: str, fence: Fence) -> None:
        """Write through this connection, behind this fence; `name` is that of the database."""
        self.connection = connection
        self._name = name
        self._fence = fence

    @property
    def is_lost(self) -> bool:
        """Tell whether the connection is closed, so that another has to be opened."""
        return self.connection.is_closed()

    async def commit(self, writes: Sequence[QueuedWrite]) -> Stored:
        """Store these in one transaction, and set the position of each.

        Raise TakenOver or NotStored if surely nothing was stored. After any other error the outcome is unknown.
        """
        count, arrays = batch.events_parameters(writes)

        async def store() -> Stored:
            await self._run(batch.first_statements(writes))
            base: int | None = await self.connection.fetchval(batch.EVENTS, *self._fence, count, *arrays)
            if base is None:
                raise TakenOver(self._name)
            place(writes, base)
            await self._run(batch.receipt_statements(writes))
            return Stored(count, base + count)

        return await self._finish(self._again(store))

    async def commit_aside(self, statements: Sequence[Statement]) -> None:
        """Run these in one transaction; raise as `commit` does."""

        async def store() -> None:
            await self._run(statements)
            if not await self.connection.fetch(batch.FENCE, *self._fence):
                raise TakenOver(self._name)

        await self._finish(self._again(store))

    async def _run(self, statements: Sequence[Statement]) -> None:
        for sql, parameters in statements:
            await self.connection.execute(sql, *parameters)

    async def _finish(self, transaction: Awaitable[T]) -> T:
        """Wait for a transaction; cut the connection off when the caller waits no longer.

        asyncpg would ask the server to cancel what runs, and PostgreSQL acknowledges a commit that waits for a standby
        when it is cancelled, although the standby lacks it.
        """
        running = asyncio.ensure_future(transaction)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            self.cut_off()
            running.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise

    async def _again(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run a transaction, and again if the server has rolled it back because of a deadlock with another shard.

        Two that claim the same external ids in another order wait for each other. By the next time, the other one has
        committed or not, and that decides.
        """
        for _ in range(DEADLOCKS):
            try:
                return await self._transaction(work)
            except Deadlocked:
                logger.warning("a commit met one of another shard, and is tried again")
        return await self._transaction(work)

    async def _transaction(self, work: Callable[[], Awaitable[T]]) -> T:
        try:
            await self.connection.execute("BEGIN")
            result = await work()
        except TakenOver:
            await self._roll_back()
            raise
        except (asyncpg.PostgresError, *LOST) as error:
            await self._roll_back()
            raise rejection(error) from error
        await self._commit()
        return result

    async def _commit(self) -> None:
        """Commit; raise what leaves the outcome unknown: anything but an error after which the server goes on."""
        try:
            done = await self.connection.execute("COMMIT")
        except asyncpg.PostgresError as error:
            if error.severity_en != "ERROR" or self.connection.is_closed():
                raise
            raise rejection(error) from error
        if done != "COMMIT":
            message = f"nothing was stored: the server answered {done}"
            raise NotStored(message)

    async def _roll_back(self) -> None:
        """Undo what was done; if that fails, cut the connection off: the server undoes it when it notices."""
        try:
            await self.connection.execute("ROLLBACK")
        except (asyncpg.PostgresError, *LOST):
            self.cut_off()

    async def look_at_fence(self) -> None:
        """Raise TakenOver if another process has taken the shard, and StorageDown."""
        if not await self.fetch(batch.LOOK, *self._fence):
            raise TakenOver(self._name)

    async def fetch(self, sql: str, *parameters: object) -> list[asyncpg.Record]:
        """Read between two transactions; raise StorageDown."""
        try:
            return await self.connection.fetch(sql, *parameters)
        except (asyncpg.PostgresError, *LOST) as error:
            message = "the connection to the server was lost" if self.is_lost else rejection(error).args[0]
            raise StorageDown(message) from error

    def cut_off(self) -> None:
        """Close the connection without a word to the server."""
        self.connection.terminate()
