"""The engine in a PostgreSQL database, whose shard this process has taken."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Iterable, Mapping, Sequence

import asyncpg

from seatkeeper.actors.aggregates.journal import History, NotStored, Receipt, StreamDamaged
from seatkeeper.storage.errors import DatabaseRefused, StorageDown, StorageLost
from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.journal.claims import by_view
from seatkeeper.storage.journal.engine import Opened, Stored
from seatkeeper.storage.journal.writes import QueuedWrite
from seatkeeper.storage.journal_ids import JournalIdentity
from seatkeeper.storage.kinds import Claim, Kinds
from seatkeeper.storage.postgresql.database import Database, Limits, ServerChanged
from seatkeeper.storage.postgresql.failures import DAMAGED, LOST
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import refusal
from seatkeeper.storage.postgresql.shards import CommitsLost, Shard
from seatkeeper.storage.postgresql.writer import Writer
from seatkeeper.storage.sql.history import read_history
from seatkeeper.storage.sql.pieces import Row, Value
from seatkeeper.storage.sql.receipts import receipt_loader

logger = logging.getLogger(__name__)


class PostgresqlEngine:
    """A database, one shard of which is written by this process alone."""

    def __init__(self, address: Address, kinds: Kinds, limits: Limits, commit_deadline: float, shard: Shard) -> None:
        """Prepare to open this database and take this shard; `commit_deadline` seconds are for a probe."""
        self._address = address
        self._kinds = kinds
        self._commit_deadline = commit_deadline
        self._receipts = receipt_loader(self._load_receipts)
        self.database = Database(address, kinds, limits, shard)
        """The connections, which are new ones after the database was opened again."""

    @property
    def name(self) -> str:
        """The address, without the password."""
        return str(self._address)

    @property
    def identity(self) -> JournalIdentity:
        """The identity of the journal, once it is open."""
        return self.database.identity

    async def open_first(self) -> Opened:
        """Take the shard, and open the database; raise DatabaseRefused."""
        await self.database.open()
        return Opened(self.database.position, self.database.recorded_at)

    async def open_again(self) -> Opened:
        """Take the shard again after a failure, so that no earlier commit of ours comes later, and probe it.

        Raise DatabaseRefused if it cannot be opened now, and TakenOver if another process has taken it.
        """
        await self.database.open()
        try:
            async with asyncio.timeout(self._commit_deadline):
                stored = await self.database.writer.commit([])
        except NotStored as error:
            return Opened(self.database.position, self.database.recorded_at, error)
        except BaseException as error:
            await self.database.close()
            if isinstance(error, (asyncpg.PostgresError, *LOST)):
                raise refusal(self._address, error) from error
            raise
        return Opened(stored.position, self.database.recorded_at)

    async def close(self) -> None:
        """Close all connections."""
        await self.database.close()

    def release(self) -> None:
        """Do nothing: whoever takes the shard next raises its epoch."""

    async def commit(self, writes: Sequence[QueuedWrite]) -> Stored:
        """Store these in one transaction, or a probe if there are none, and set the position of each."""
        stored = await (await self._writer()).commit(writes)
        self.database.position = stored.position
        return stored

    async def commit_aside(self, statements: Sequence[Statement]) -> None:
        """Run these in one transaction."""
        await (await self._writer()).commit_aside(statements)

    async def _writer(self) -> Writer:
        """Return the writer, on a new connection if the last one was lost; raise TakenOver or StorageDown.

        Raise ServerChanged if another server answers now, and CommitsLost if that one lacks what was acknowledged.
        """
        database = self.database
        if database.writer.is_lost:
            before = database.identity
            try:
                await database.connect_writer()
            except DatabaseRefused as error:
                raise StorageDown(str(error)) from error
            if database.identity != before:
                message = "the server that answers now may lack commits that another one has acknowledged"
                raise ServerChanged(message)
            logger.warning("the writer is connected again", extra={"position": database.position})
        return database.writer

    async def owners(self, claims: Sequence[Claim]) -> Mapping[tuple[str, str], str]:
        """Find who has claimed values, by table and value; raise StorageDown."""
        owners: dict[tuple[str, str], str] = {}
        for view, some in by_view(claims).items():
            column, key = some[0].unique.column, view.columns[0]
            sql = f"SELECT {column}, {key} FROM {view.table} WHERE {column} = ANY($1)"  # noqa: S608 - our own names
            for value, owner in await self.database.writer.fetch(sql, [claim.value for claim in some]):
                owners[view.table, value] = owner
        return owners

    async def look_after(self) -> None:
        """Raise StorageDown if the connection was lost, TakenOver if the shard is another's by now.

        Each commit finds that out, but a process may have nothing to commit, and yet answer from what it remembers.
        """
        if self.database.writer.is_lost:
            message = "the connection to the server was lost"
            raise StorageDown(message)
        await self.database.writer.look_at_fence()

    async def rescue(self, error: StorageLost) -> str:
        """Log why the journal is not ours any more, and say what to do."""
        if isinstance(error, CommitsLost):
            logger.critical("the server lacks commits that were acknowledged", extra={"reason": str(error)})
            return "find them on the server before, or start again without them"
        logger.critical("another process has taken the journal over", extra={"reason": str(error)})
        return "nothing is lost. See that one service at a time runs on this database"

    def has_room(self) -> bool:
        """Return True: nobody but the server knows."""
        return True

    async def load(self, stream_id: str, after: int) -> History:
        """Read a page of a stream; raise StreamDamaged or NotStored."""
        try:
            return await read_history(self._load, stream_id, after, self._kinds)
        except asyncpg.PostgresError as error:
            message = f"what is stored of {stream_id} cannot be read: {error.message} ({error.sqlstate})"
            raise (StreamDamaged if error.sqlstate in DAMAGED else StorageDown)(message) from error

    def receipt(self, key: str) -> Awaitable[Receipt | None]:
        """Find the receipt of an idempotency key; raise NotStored or StreamDamaged."""
        return self._receipts.find(key)

    async def _load_receipts(self, sql: str, values: Iterable[Value]) -> list[Row]:
        try:
            return await self._load(sql, values)
        except asyncpg.PostgresError as error:
            message = f"receipts cannot be read: {error.message} ({error.sqlstate})"
            raise (StreamDamaged if error.sqlstate in DAMAGED else StorageDown)(message) from error

    async def _load(self, sql: str, values: Iterable[Value]) -> list[Row]:
        return await self.database.loaders.fetch(sql, values)
