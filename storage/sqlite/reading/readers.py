"""Connections that only read: one query at a time on each, with a bound and a deadline."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import aiosqlite

from seatkeeper.storage.errors import QueryTooSlow, TooManyQueries
from seatkeeper.storage.sql.pieces import Row, Value
from seatkeeper.storage.sqlite.file.reading import decode_leniently

__all__ = ["Readers", "Row", "Value", "open_readers"]

INTERRUPT_INTERVAL = 0.02
"""Seconds between two interrupts of a query that is given up."""


class Readers:
    """Read-only connections, each with one query at a time; other queries wait here, up to their deadline."""

    def __init__(self, connections: Sequence[aiosqlite.Connection], *, bound: int, deadline: float) -> None:
        """Allow `bound` queries at a time, each for `deadline` seconds with its wait."""
        self._connections = connections
        self._bound = bound
        self._deadline = deadline
        self._free: asyncio.Queue[aiosqlite.Connection] = asyncio.Queue()
        self._recovering: set[asyncio.Task[None]] = set()
        for connection in connections:
            self._free.put_nowait(connection)
        self.waiting = 0

    async def fetch(self, sql: str, parameters: Iterable[Value] = ()) -> list[Row]:
        """Return the rows of a query; raise TooManyQueries or QueryTooSlow."""
        if self.waiting >= self._bound:
            raise TooManyQueries
        self.waiting += 1
        try:
            async with asyncio.timeout(self._deadline):
                connection = await self._free.get()
                return await self._run(connection, sql, parameters)
        except TimeoutError as error:
            raise QueryTooSlow from error
        finally:
            self.waiting -= 1

    async def _run(self, connection: aiosqlite.Connection, sql: str, parameters: Iterable[Value]) -> list[Row]:
        try:
            rows = await connection.execute_fetchall(sql, parameters)
        except asyncio.CancelledError:
            # The statement still runs in its thread: interrupt it, and reuse the connection when it has stopped.
            stopped = asyncio.ensure_future(connection.execute_fetchall("SELECT 1"))
            recovery = asyncio.create_task(_interrupt_until(connection, stopped))
            self._recovering.add(recovery)
            recovery.add_done_callback(partial(self._recovered, connection))
            raise
        except BaseException:
            self._free.put_nowait(connection)
            raise
        self._free.put_nowait(connection)
        return list(rows)  # type: ignore[arg-type]

    def _recovered(self, connection: aiosqlite.Connection, recovery: asyncio.Task[None]) -> None:
        self._recovering.discard(recovery)
        if not recovery.cancelled() and not isinstance(recovery.exception(), ValueError):  # closed meanwhile
            self._free.put_nowait(connection)

    async def close(self) -> None:
        """Stop the running queries and close the connections."""
        for connection in self._connections:
            await _interrupt_until(connection, asyncio.create_task(connection.close()))


async def _interrupt_until(connection: aiosqlite.Connection, ended: asyncio.Task[object]) -> None:
    """Interrupt what the connection runs until this has ended, and raise what it raises.

    Once is not enough: a statement that its thread has not begun yet takes no notice of an interrupt, and would run
    to its end however long that is.
    """
    try:
        while not ended.done():
            with suppress(ValueError, sqlite3.ProgrammingError):  # it is closed
                await connection.interrupt()
            await asyncio.wait([ended], timeout=INTERRUPT_INTERVAL)
    finally:
        ended.cancel()
    ended.result()


async def open_readers(path: Path, *, count: int, bound: int, deadline: float) -> Readers:
    """Open connections that can only read.

    Every statement is fetched to its end, because SQLite clears an interrupt only when no statement is open.
    """
    connections: list[aiosqlite.Connection] = []
    try:
        for _ in range(count):
            connection = await aiosqlite.connect(path, isolation_level=None)
            connections.append(connection)
            connection.text_factory = decode_leniently
            await connection.execute_fetchall("PRAGMA query_only = 1")
            await connection.execute_fetchall("PRAGMA wal_autocheckpoint = 0")
    except BaseException:
        for connection in connections:
            await connection.close()
        raise
    return Readers(connections, bound=bound, deadline=deadline)
