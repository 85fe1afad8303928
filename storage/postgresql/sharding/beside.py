"""A database beside the shards that own its streams: what is read of it, and what is written that no shard owns."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial

import asyncpg

from seatkeeper.actors.aggregates.journal import OutcomeUnknown, Receipt
from seatkeeper.storage.errors import DatabaseRefused, StorageDown
from seatkeeper.storage.journal_ids import JournalIdentity
from seatkeeper.storage.postgresql.database import Limits
from seatkeeper.storage.postgresql.deliveries import PostgresqlDeliveries
from seatkeeper.storage.postgresql.failures import LOST, rejection
from seatkeeper.storage.postgresql.key_uses import save_uses
from seatkeeper.storage.postgresql.reading.queries import PostgresqlQueries
from seatkeeper.storage.postgresql.reading.readers import Readers, open_readers
from seatkeeper.storage.postgresql.schema.identity import journal_identity
from seatkeeper.storage.postgresql.schema.prepare import prepare
from seatkeeper.storage.postgresql.server import check
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import Connection, close, connect, refusal
from seatkeeper.storage.postgresql.sharding.count import divide, shard_count
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sql.pieces import Row, Value
from seatkeeper.storage.sql.receipts import receipt_loader

WRITE_DEADLINE = 10.0
"""Seconds for a transaction beside the shards."""


async def prepare_for_shards(address: Address, count: int | None) -> int:
    """Prepare the schema, and let the streams belong to so many shards, None for as many as they do.

    Return the number; raise DatabaseRefused where they belong to another number already.
    """
    connection = await connect(address)
    try:
        await check.refuse_unfit(connection, address)
        await prepare(connection, address, KINDS)
        await journal_identity(connection)
        stored = await shard_count(connection)
        wanted = stored if count is None else count
        await divide(connection, str(address), wanted)
    except (asyncpg.PostgresError, *LOST) as error:
        raise refusal(address, error) from error
    else:
        return wanted
    finally:
        await close(connection)


class PostgresqlBeside:
    """A database without a shard of it."""

    def __init__(self, address: Address, *, now: Callable[[], str], limits: Limits | None = None) -> None:
        """Prepare to read and write."""
        self.name = str(address)
        self._address = address
        self._limits = limits or Limits()
        self._writing = asyncio.Lock()
        self._writer: Connection | None = None
        self._receipts = receipt_loader(self._load)
        self.queries = PostgresqlQueries(lambda: self.readers)
        self.deliveries = PostgresqlDeliveries(self, lambda: self.readers, now=now)

    readers: Readers
    identity: JournalIdentity
    shards: int

    async def open(self) -> None:
        """Open the connections of a database that is prepared; raise DatabaseRefused."""
        self.readers, self._loaders = [await self._open_readers(count) for count in (self._limits.readers, 1)]
        connection = await self._connected()
        try:
            self.shards = await shard_count(connection)
        except (asyncpg.PostgresError, *LOST) as error:
            raise refusal(self._address, error) from error

    async def _open_readers(self, count: int) -> Readers:
        bound, deadline = self._limits.queries, self._limits.query_deadline
        return await open_readers(partial(connect, self._address), count=count, bound=bound, deadline=deadline)

    async def close(self) -> None:
        """Close all connections."""
        await self.readers.close()
        await self._loaders.close()
        if self._writer is not None:
            await close(self._writer)

    def receipt(self, key: str) -> Awaitable[Receipt | None]:
        """Find the receipt of an idempotency key; raise NotStored or StreamDamaged."""
        return self._receipts.find(key)

    async def save_key_uses(self, uses: Sequence[tuple[str, str]]) -> None:
        """Store these API keys with the time of their last use; raise NotStored or OutcomeUnknown."""
        await save_uses(self, uses)

    async def write_aside(self, statements: Sequence[tuple[str, Sequence[Value]]]) -> None:
        """Run statements that no event asks for in a transaction; raise NotStored or OutcomeUnknown."""
        async with self._writing:
            connection: Connection | None = None
            try:
                async with asyncio.timeout(WRITE_DEADLINE):
                    connection = await self._connected()
                    async with connection.transaction():
                        for sql, values in statements:
                            await connection.execute(sql, *values)
            except asyncpg.PostgresError as error:
                raise rejection(error) from error
            except DatabaseRefused as error:
                raise StorageDown(str(error)) from error
            except (TimeoutError, *LOST) as error:
                if connection is not None:
                    connection.terminate()
                message = "the connection was lost in a transaction"
                raise OutcomeUnknown(message) from error

    async def _connected(self) -> Connection:
        if self._writer is None or self._writer.is_closed():
            connection = await connect(self._address)
            try:
                self.identity = await journal_identity(connection)  # it may be a standby that was promoted
            except (asyncpg.PostgresError, *LOST) as error:
                await close(connection)
                raise refusal(self._address, error) from error
            self._writer = connection
        return self._writer

    async def _load(self, sql: str, values: Iterable[Value]) -> list[Row]:
        return await self._loaders.fetch(sql, values)
