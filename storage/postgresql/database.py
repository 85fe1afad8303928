"""The connections to a database: one that writes, those for queries, and one that loads streams and receipts."""

from __future__ import annotations

import logging
from functools import partial
from typing import NamedTuple

import asyncpg

from seatkeeper.storage.journal_ids import JournalIdentity
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.postgresql.failures import LOST
from seatkeeper.storage.postgresql.reading.readers import Readers, open_readers
from seatkeeper.storage.postgresql.schema.identity import journal_identity
from seatkeeper.storage.postgresql.schema.prepare import prepare
from seatkeeper.storage.postgresql.server import check
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import Connection, close, connect, refusal
from seatkeeper.storage.postgresql.shards import CommitsLost, Shard
from seatkeeper.storage.postgresql.writer import Writer

logger = logging.getLogger(__name__)

_RECORDED_AT = "SELECT recorded_at FROM events ORDER BY position DESC LIMIT 1"


class Limits(NamedTuple):
    """The bounds of the connections: counts, and deadlines in seconds."""

    readers: int = 2
    queries: int = 1_000
    query_deadline: float = 5.0


class ServerChanged(Exception):
    """The server that answers now may lack commits that another one has acknowledged."""


class Database:
    """The connections of the owner of a shard, which can be opened again."""

    writer: Writer
    readers: Readers
    loaders: Readers
    identity: JournalIdentity

    def __init__(self, address: Address, kinds: Kinds, limits: Limits, shard: Shard) -> None:
        """Prepare to take this shard."""
        self._address = address
        self._kinds = kinds
        self._limits = limits
        self._shard = shard
        self._readers: list[Readers] = []
        self.position = 0
        """Of the last event in the journal that this process knows of."""
        self.recorded_at = ""
        """When the last event was recorded that was there at the last connection; "" if there was none."""

    async def open(self) -> None:
        """Prepare the schema the first time, take the shard and open the connections; raise DatabaseRefused.

        Raise TakenOver if another process has taken the shard since it was ours.
        """
        await self.connect_writer(first=not self._shard.epoch)
        try:
            for count in (self._limits.readers, 1):
                self._readers.append(await self._open_readers(count))
        except BaseException:
            await self.close()
            raise
        self.readers, self.loaders = self._readers

    async def connect_writer(self, *, first: bool = False) -> None:
        """Take the shard on a new connection; raise DatabaseRefused, TakenOver or CommitsLost."""
        last = self.position
        connection = await self._connect()
        try:
            if first:
                await prepare(connection, self._address, self._kinds)
            self.writer = Writer(connection, self._shard.name, await self._shard.take(connection))
            self.identity = await journal_identity(connection)
            self.position = int(await connection.fetchval("SELECT position FROM journal_head"))
            self.recorded_at = await connection.fetchval(_RECORDED_AT) or ""
            if self.position < last:
                raise CommitsLost(self._shard.name, self.position, last)  # noqa: TRY301 - the connection is closed below
        except BaseException as error:
            await self._fail(connection, error)
            raise

    async def _connect(self) -> Connection:
        """Open a connection that commits durably, to a server that takes writes; raise DatabaseRefused."""
        connection = await connect(self._address)
        try:
            await check.refuse_unfit(connection, self._address)
            await check.make_durable(connection)
        except BaseException as error:
            await self._fail(connection, error)
            raise
        return connection

    async def _fail(self, connection: Connection, error: BaseException) -> None:
        """Close the connection; raise DatabaseRefused if it or the server failed."""
        await close(connection)
        if isinstance(error, (asyncpg.PostgresError, *LOST)):
            raise refusal(self._address, error) from error

    async def _open_readers(self, count: int) -> Readers:
        bound, deadline = self._limits.queries, self._limits.query_deadline
        try:
            return await open_readers(partial(connect, self._address), count=count, bound=bound, deadline=deadline)
        except (asyncpg.PostgresError, *LOST) as error:
            raise refusal(self._address, error) from error

    async def close(self) -> None:
        """Close all connections; those that do not close in a few seconds are cut off."""
        while self._readers:
            await self._readers.pop().close()
        await close(self.writer.connection)
