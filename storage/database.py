"""The file: one process holds it, one connection writes it, and some only read."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self

import aiosqlite

from seatkeeper.storage import schema
from seatkeeper.storage.schema import SCHEMA_VERSION, DatabaseRefused
from seatkeeper.storage.writer import Writer

__all__ = ["SCHEMA_VERSION", "DatabaseRefused", "Lock", "QueryTooSlow", "Readers", "Row", "TooManyQueries", "Value"]

logger = logging.getLogger(__name__)

Row = tuple[str | int | float | bytes | None, ...]
Value = str | int | float | bytes | None


class TooManyQueries(Exception):
    """As many queries wait as may wait: try again in a moment."""


class QueryTooSlow(Exception):
    """The query took longer than its deadline and was stopped."""


class Lock:
    """A lock file beside the database. The operating system drops it with the process, so none is ever stale."""

    def __init__(self, database: Path) -> None:
        """Take the lock; DatabaseRefused when another process holds it or the folder cannot be written."""
        path = database.with_name(database.name + ".lock")
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            message = f"cannot open {path}: {error.strerror}"
            raise DatabaseRefused(message) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            message = f"{database} is in use by another process, which holds {path}"
            raise DatabaseRefused(message) from error

    def release(self) -> None:
        """Let the next process in."""
        os.close(self._file)


class Readers:
    """Read-only connections. Each has one query at a time; the others wait here, and may give up waiting."""

    def __init__(self, connections: Sequence[aiosqlite.Connection], *, bound: int, deadline: float) -> None:
        """Let at most `bound` queries be under way, and none longer than `deadline` seconds, its wait included."""
        self._connections = connections
        self._bound = bound
        self._deadline = deadline
        self._free: asyncio.Queue[aiosqlite.Connection] = asyncio.Queue()
        self._recovering: set[asyncio.Task[object]] = set()
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
            # The statement goes on in its thread: stop it there, and lend the connection again when it has stopped.
            await connection.interrupt()
            recovery: asyncio.Task[object] = asyncio.ensure_future(connection.execute_fetchall("SELECT 1"))
            self._recovering.add(recovery)
            recovery.add_done_callback(partial(self._recovered, connection))
            raise
        except BaseException:
            self._free.put_nowait(connection)
            raise
        self._free.put_nowait(connection)
        return list(rows)  # type: ignore[arg-type]

    def _recovered(self, connection: aiosqlite.Connection, recovery: asyncio.Task[object]) -> None:
        self._recovering.discard(recovery)
        if not recovery.cancelled() and not isinstance(recovery.exception(), ValueError):  # closed meanwhile
            self._free.put_nowait(connection)

    async def close(self) -> None:
        """Stop what runs and close the connections."""
        for connection in self._connections:
            await connection.interrupt()
            await connection.close()


async def open_writer(path: Path) -> Writer:
    """Open the one connection that writes and checkpoints, with the schema in place; raise DatabaseRefused."""
    await _aside(partial(schema.prepare, path))
    try:
        connection = Writer(path)
        await connection
    except sqlite3.Error as error:
        message = f"{path} cannot be opened: {error}"
        raise DatabaseRefused(message) from error
    try:
        await connection.execute_fetchall("PRAGMA journal_mode = WAL")
        await connection.execute_fetchall("PRAGMA synchronous = FULL")
        await connection.execute_fetchall("PRAGMA cache_size = -16384")  # 16 MiB; the system caches the file too
    except sqlite3.Error as error:
        await connection.close()
        message = f"{path} cannot be written: {error}"
        raise DatabaseRefused(message) from error
    except BaseException:
        await connection.close()
        raise
    return connection


class Limits(NamedTuple):
    """The bounds of a file: counts, and deadlines in seconds."""

    readers: int = 2
    queries: int = 1_000
    query_deadline: float = 5.0
    close_deadline: float = 30.0


class Database:
    """An open file: the connection that writes it, those that queries use, and one to load streams and receipts.

    The last has a queue of its own, so that no search holds up an activation.
    """

    def __init__(self, path: Path, limits: Limits, writer: Writer, readers: Readers, loaders: Readers) -> None:
        """Hold what `open` has opened."""
        self._path = path
        self._deadline = limits.close_deadline
        self.writer = writer
        self.readers = readers
        self.loaders = loaders

    @classmethod
    async def open(cls, path: Path, limits: Limits) -> Self:
        """Open the file, with the schema in place; raise DatabaseRefused."""
        opened: list[aiosqlite.Connection | Readers] = []
        try:
            writer = await open_writer(path)
            opened.append(writer)
            bound, deadline = limits.queries, limits.query_deadline
            readers = await open_readers(path, count=limits.readers, bound=bound, deadline=deadline)
            opened.append(readers)
            return cls(path, limits, writer, readers, await open_readers(path, count=1, bound=bound, deadline=deadline))
        except BaseException as error:
            for connection in opened:
                await connection.close()
            if isinstance(error, sqlite3.Error):
                message = f"{path} cannot be read: {error}"
                raise DatabaseRefused(message) from error
            raise

    async def position(self) -> int:
        """Return the position of the newest event, 0 if there is none; raise DatabaseRefused."""
        try:
            ((position,),) = await self.readers.fetch("SELECT ifnull(max(position), 0) FROM events")
        except (sqlite3.Error, QueryTooSlow) as error:
            message = f"{self._path} cannot be read: {str(error) or type(error).__name__}"
            raise DatabaseRefused(message) from error
        return int(position or 0)

    async def close(self) -> None:
        """Close every connection; raise DatabaseRefused when one hangs."""
        for connection in (self.readers, self.loaders, self.writer):
            try:
                async with asyncio.timeout(self._deadline):
                    await connection.close()
            except TimeoutError as error:
                message = f"{self._path} hangs: a connection could not be closed"
                raise DatabaseRefused(message) from error
            except (sqlite3.Error, ValueError):
                logger.exception("closing a connection failed")


async def _aside(work: Callable[[], None]) -> None:
    """Run it in a thread of its own, which nobody waits for when it is given up."""
    thread = ThreadPoolExecutor(1)
    try:
        await asyncio.get_running_loop().run_in_executor(thread, work)
    finally:
        thread.shutdown(wait=False)


async def open_readers(path: Path, *, count: int, bound: int, deadline: float) -> Readers:
    """Open connections that can only read.

    Every statement is fetched to its end: SQLite forgets an interrupt only when no statement is left open.
    """
    connections: list[aiosqlite.Connection] = []
    try:
        for _ in range(count):
            connection = await aiosqlite.connect(path, isolation_level=None)
            connections.append(connection)
            connection.text_factory = schema.lenient
            await connection.execute_fetchall("PRAGMA query_only = 1")
            await connection.execute_fetchall("PRAGMA wal_autocheckpoint = 0")
    except BaseException:
        for connection in connections:
            await connection.close()
        raise
    return Readers(connections, bound=bound, deadline=deadline)
