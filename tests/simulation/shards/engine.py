"""The engine of a shard's journal on the shared server, behind the port that PostgreSQL has."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Protocol, cast

from seatkeeper.actors.aggregates.journal import History, NotStored, Receipt
from seatkeeper.storage.errors import DatabaseRefused, StorageDown, StorageFull, StorageLost
from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.journal.engine import Opened, Stored
from seatkeeper.storage.journal.writes import QueuedWrite
from seatkeeper.storage.journal_ids import JournalIdentity
from seatkeeper.storage.kinds import Claim, Kinds
from seatkeeper.storage.postgresql.shards import Fence
from seatkeeper.storage.sql.history import read_history
from seatkeeper.storage.sql.pieces import Row, Value
from seatkeeper.storage.sql.receipts import receipt_loader
from seatkeeper.storage.sqlite.claims import find_owners
from seatkeeper.storage.sqlite.reading.readers import Readers
from seatkeeper.storage.sqlite.writer import Writer
from tests.simulation.faults import Fault
from tests.simulation.shards.server import NAME, Connection, ConnectionLost

IDENTITY = JournalIdentity("simulated", {})


class Strikes(Protocol):
    """Does to the process of a shard what a fault says."""

    def __call__(self, fault: Fault) -> Awaitable[None]:
        """Strike before a commit leaves."""


class SharedEngine:
    """A server, one shard of which is written by this process alone."""

    name = NAME
    identity = IDENTITY

    def __init__(self, connection: Connection, shard: int, holder: str, kinds: Kinds, strike: Strikes) -> None:
        self._connection = connection
        self._server = connection.server
        self._shard = shard
        self._holder = holder
        self._kinds = kinds
        self._strike = strike
        self._fence: Fence | None = None
        self._receipts = receipt_loader(self._load)

    readers: Readers

    async def open_first(self) -> Opened:
        return Opened(await self._open())

    async def open_again(self) -> Opened:
        position = await self._open()
        try:
            await self.commit([])
        except NotStored as error:
            return Opened(position, refused=error)
        except ConnectionLost as error:
            await self.close()
            raise DatabaseRefused("the connection was lost") from error
        return Opened(position)

    async def _open(self) -> int:
        again = self._fence is not None
        taken = await self._connection.ask(lambda: self._server.take(self._shard, self._holder, again=again))
        self._fence = taken.fence
        self.readers = self._connection.readers(count=4, bound=1_000, deadline=5.0)
        self._loaders = self._connection.readers(count=1, bound=10_000, deadline=5.0)
        return taken.position

    async def close(self) -> None:
        await self.readers.close()
        await self._loaders.close()

    def release(self) -> None:
        pass

    async def commit(self, writes: Sequence[QueuedWrite]) -> Stored:
        fault, fence = self._server.next_fault(), self._owned()
        if fault is not None:
            await self._strike(fault)
            if fault.kind == "refuse":
                raise StorageDown("the server says no")
        if self._server.lasts("full"):
            raise StorageFull
        return await self._connection.ask(lambda: self._server.store(fence, writes), fault)

    async def commit_aside(self, statements: Sequence[Statement]) -> None:
        fence = self._owned()

        def store() -> None:
            self._server.check(fence)
            self._server.transact(statements)

        await self._connection.ask(store)

    def _owned(self) -> Fence:
        assert self._fence is not None
        return self._fence

    async def owners(self, claims: Sequence[Claim]) -> Mapping[tuple[str, str], str]:
        return await find_owners(cast("Writer", self), claims)

    async def execute(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """Read what is committed."""
        return await self._connection.ask(lambda: self._server.rows.execute(sql, parameters).fetchall())

    async def look_after(self) -> None:
        fence = self._owned()
        await self._connection.ask(lambda: self._server.check(fence))

    async def rescue(self, _error: StorageLost) -> str:
        return "nothing is lost"

    def has_room(self) -> bool:
        return True

    async def load(self, stream_id: str, after: int) -> History:
        return await read_history(self._load, stream_id, after, self._kinds)

    def receipt(self, key: str) -> Awaitable[Receipt | None]:
        return self._receipts.find(key)

    async def _load(self, sql: str, values: Iterable[Value]) -> list[Row]:
        return await load(self._loaders, sql, values)


async def load(readers: Readers, sql: str, values: Iterable[Value]) -> list[Row]:
    """Read what has no answer of its own for an error; raise StorageDown."""
    try:
        return await readers.fetch(sql, values)
    except sqlite3.Error as error:
        raise StorageDown(str(error)) from error
