"""Connections that only read: one query at a time on each, with a bound and a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeAlias

import asyncpg

from seatkeeper.storage.errors import DatabaseRefused, QueryTooSlow, StorageDown, TooManyQueries
from seatkeeper.storage.postgresql.failures import LOST
from seatkeeper.storage.postgresql.reading.marks import numbered, storable
from seatkeeper.storage.postgresql.server.connection import Connection, close
from seatkeeper.storage.sql.pieces import Row, Value

Connect: TypeAlias = Callable[[Mapping[str, str]], Awaitable[Connection]]
"""Opens a connection with these settings of the server, within a deadline; raises DatabaseRefused."""

STOP = 5.0
"""Seconds in which the server has to stop a query that took too long; then its connection is cut off."""

SERVER_LATE = 1.0
"""Seconds after our deadline after which the server stops a query by itself, if it does not hear from us."""

_UNAVAILABLE = ("08", "28", "3D", "40", "53", "57", "58")
"""Classes of SQLSTATE that say that this server cannot answer now, whatever is asked."""


class Readers:
    """Read-only connections, each with one query at a time; other queries wait here, up to their deadline.

    One that was lost is replaced when the next query needs it. With asyncpg's pool, which also resets each connection
    and wraps it, a query costs 55 us more of the 100 that it takes of our core.
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]], *, bound: int, deadline: float) -> None:
        """Allow `bound` queries at a time, each for `deadline` seconds with its wait, once connections are open."""
        self._connect = connect
        self._bound = bound
        self._deadline = deadline
        self._free: asyncio.Queue[Connection | None] = asyncio.Queue()
        self._busy: set[Connection] = set()
        self._stopping: set[asyncio.Task[None]] = set()
        self._closed = False
        self.waiting = 0

    async def open(self, count: int) -> None:
        """Open so many connections; raise DatabaseRefused."""
        for _ in range(count):
            self._free.put_nowait(await self._connect())

    async def fetch(self, sql: str, values: Iterable[Value] = ()) -> list[Row]:
        """Return the rows of a query; raise TooManyQueries, QueryTooSlow or StorageDown."""
        if self.waiting >= self._bound:
            raise TooManyQueries
        self.waiting += 1
        try:
            async with asyncio.timeout(self._deadline):
                rows = await self._run(numbered(sql), map(storable, values))
        except TimeoutError as error:
            raise QueryTooSlow from error
        except asyncpg.QueryCanceledError as error:
            raise QueryTooSlow from error
        except asyncpg.PostgresError as error:
            if str(error.sqlstate)[:2] not in _UNAVAILABLE:
                raise
            raise StorageDown(str(error).partition("\n")[0]) from error
        except asyncpg.DataError:
            raise
        except (DatabaseRefused, *LOST) as error:  # there is no connection, or it was lost
            raise StorageDown(str(error)) from error
        finally:
            self.waiting -= 1
        return [tuple(row) for row in rows]

    async def _run(self, sql: str, values: Iterable[Value]) -> list[asyncpg.Record]:
        connection = await self._take()
        self._busy.add(connection)
        try:
            rows = await connection.fetch(sql, *values)
        except asyncio.CancelledError:
            # asyncpg asks the server to stop; who waits for the query does not wait for that.
            stopping = asyncio.ensure_future(self._stop(connection))
            self._stopping.add(stopping)
            stopping.add_done_callback(self._stopping.discard)
            raise
        except (asyncpg.PostgresError, asyncpg.DataError):
            self._give_back(connection)
            raise
        except BaseException:
            connection.terminate()
            self._give_back(connection)
            raise
        self._give_back(connection)
        return rows

    async def _take(self) -> Connection:
        """Wait for a connection, and open it again if it was lost."""
        connection = await self._free.get()
        if connection is not None and not connection.is_closed():
            return connection
        try:
            if self._closed:
                raise StorageDown  # noqa: TRY301 - the place of the connection has to be given back
            return await self._connect()
        except BaseException:
            self._free.put_nowait(None)
            raise

    def _give_back(self, connection: Connection) -> None:
        self._busy.discard(connection)
        self._free.put_nowait(connection)

    async def _stop(self, connection: Connection) -> None:
        """See that a query was stopped before another one comes on its connection."""
        try:
            async with asyncio.timeout(STOP):
                await connection.fetch("SELECT 1")
        except (asyncpg.PostgresError, *LOST):
            connection.terminate()
        finally:
            self._give_back(connection)

    async def close(self) -> None:
        """Stop the running queries and close the connections."""
        self._closed = True
        idle = [self._free.get_nowait() for _ in range(self._free.qsize())]
        for connection in self._busy:
            connection.terminate()
        await close(*[connection for connection in idle if connection is not None])
        for _ in idle:
            self._free.put_nowait(None)
        if self._stopping:
            await asyncio.wait(self._stopping)


async def open_readers(connect: Connect, *, count: int, bound: int, deadline: float) -> Readers:
    """Open connections that can only read; raise DatabaseRefused."""
    settings = {
        "default_transaction_read_only": "on",
        "statement_timeout": f"{round((deadline + SERVER_LATE) * 1000)}",
        "plan_cache_mode": "force_custom_plan",  # a name that few have and one that many have need other indexes
        "jit": "off",  # it costs each large plan 50 ms and more
    }
    readers = Readers(lambda: connect(settings), bound=bound, deadline=deadline)
    try:
        await readers.open(count)
    except BaseException:
        await readers.close()
        raise
    return readers
