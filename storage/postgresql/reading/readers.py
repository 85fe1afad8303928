"""Connections that only read: one query at a time on each, with a bound and a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeAlias

import asyncpg

from seatkeeper.storage.errors import DatabaseRefused, QueryTooSlow, StorageDown, TooManyQueries
from seatkeeper.storage.postgresql.reading.marks import numbered, storable
from seatkeeper.storage.sql.pieces import Row, Value

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Borrowed: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

Connect: TypeAlias = Callable[[Mapping[str, str]], Awaitable[Connection]]
"""Opens a connection with these settings of the server, with a deadline; raises DatabaseRefused."""

RELEASE = 5.0
"""Seconds in which the server has to stop a query that took too long; then its connection is cut off."""

CLOSE = 2.0
"""Seconds in which connections say good-bye; then they are cut off."""

SERVER_LATE = 1.0
"""Seconds after our deadline after which the server stops a query by itself, if it does not hear from us."""

_UNAVAILABLE = ("08", "28", "3D", "40", "53", "57", "58")
"""Classes of SQLSTATE that say that this server cannot answer now, whatever is asked."""

_LOST = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What asyncpg raises for a connection that is gone."""


class Readers:
    """A pool of read-only connections, each with one query at a time; other queries wait, up to their deadline.

    A connection that was lost is replaced when the next query needs it.
    """

    def __init__(self, pool: Pool, *, bound: int, deadline: float) -> None:
        """Allow `bound` queries at a time, each for `deadline` seconds with its wait."""
        self._pool = pool
        self._bound = bound
        self._deadline = deadline
        self._stopping: set[asyncio.Task[None]] = set()
        self.waiting = 0

    async def fetch(self, sql: str, values: Iterable[Value] = ()) -> list[Row]:
        """Return the rows of a query; raise TooManyQueries, QueryTooSlow or StorageDown."""
        if self.waiting >= self._bound:
            raise TooManyQueries
        self.waiting += 1
        try:
            async with asyncio.timeout(self._deadline):
                return await self._run(numbered(sql), map(storable, values))
        except TimeoutError as error:
            raise QueryTooSlow from error
        finally:
            self.waiting -= 1

    async def _run(self, sql: str, values: Iterable[Value]) -> list[Row]:
        try:
            connection = await self._pool.acquire()
            try:
                rows = await connection.fetch(sql, *values)
            except asyncio.CancelledError:
                # asyncpg asks the server to stop; who waits for the query does not wait for that.
                stopping = asyncio.ensure_future(self._stop(connection))
                self._stopping.add(stopping)
                stopping.add_done_callback(self._stopping.discard)
                raise
            except (asyncpg.PostgresError, asyncpg.DataError):
                await self._pool.release(connection)
                raise
            except BaseException:
                connection.terminate()
                raise
            await self._pool.release(connection)
        except asyncpg.QueryCanceledError as error:
            raise QueryTooSlow from error
        except asyncpg.PostgresError as error:
            if str(error.sqlstate)[:2] not in _UNAVAILABLE:
                raise
            raise StorageDown(str(error)) from error
        except asyncpg.DataError:
            raise
        except (DatabaseRefused, *_LOST) as error:  # there is no connection, or it was lost
            raise StorageDown(str(error)) from error
        return [tuple(row) for row in rows]

    async def _stop(self, connection: Borrowed) -> None:
        try:
            await self._pool.release(connection, timeout=RELEASE)
        except (asyncpg.PostgresError, *_LOST):
            connection.terminate()  # the next query opens another one

    async def close(self) -> None:
        """Close the connections, and cut off those that do not close."""
        try:
            async with asyncio.timeout(CLOSE):
                await self._pool.close()
        except (asyncpg.PostgresError, *_LOST):
            self._pool.terminate()
        if self._stopping:
            await asyncio.wait(self._stopping)


async def open_readers(connect: Connect, *, count: int, bound: int, deadline: float) -> Readers:
    """Open connections that can only read; raise what `connect` raises."""
    settings = {
        "default_transaction_read_only": "on",
        "statement_timeout": f"{round((deadline + SERVER_LATE) * 1000)}",
        "plan_cache_mode": "force_custom_plan",  # a name that few have and one that many have need other indexes
        "jit": "off",  # it costs each large plan 50 ms and more
    }

    async def connected(*_arguments: object, **_options: object) -> Connection:
        return await connect(settings)

    pool = await asyncpg.create_pool(
        connect=connected, min_size=count, max_size=count, max_inactive_connection_lifetime=0, reset=_leave
    )
    return Readers(pool, bound=bound, deadline=deadline)


async def _leave(_connection: Connection) -> None:
    """Leave a connection as it is after a query: resetting it costs a round trip, and queries change nothing."""
