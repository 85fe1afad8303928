"""The open file: one connection that writes, and several that only read."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self

from seatkeeper.storage.errors import DatabaseRefused, QueryTooSlow
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.sqlite.file import schema
from seatkeeper.storage.sqlite.reading.readers import Readers, open_readers
from seatkeeper.storage.sqlite.writer import LOG_LIMIT, Writer

logger = logging.getLogger(__name__)


async def open_writer(path: Path, kinds: Kinds) -> Writer:
    """Prepare the schema and open the one connection that writes and checkpoints; raise DatabaseRefused."""
    await _in_own_thread(partial(schema.prepare, path, kinds))
    try:
        connection = await Writer.open(path)
    except sqlite3.Error as error:
        message = f"{path} cannot be opened: {error}"
        raise DatabaseRefused(message) from error
    try:
        await connection.execute("PRAGMA journal_mode = WAL")
        await connection.execute("PRAGMA synchronous = FULL")
        await connection.execute("PRAGMA cache_size = -16384")  # 16 MiB; the kernel caches the file too
        await connection.execute(f"PRAGMA journal_size_limit = {LOG_LIMIT}")
        await connection.watch()
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
    """An open file: the connection that writes, those for queries, and one that loads streams and receipts.

    The last has its own queue, so a slow query delays no activation.
    """

    def __init__(self, path: Path, limits: Limits, writer: Writer, readers: Readers, loaders: Readers) -> None:
        """Hold the connections that `open` has opened."""
        self._path = path
        self._deadline = limits.close_deadline
        self.writer = writer
        self.readers = readers
        self.loaders = loaders

    @classmethod
    async def open(cls, path: Path, limits: Limits, kinds: Kinds) -> Self:
        """Prepare the schema and open all connections; raise DatabaseRefused."""
        opened: list[Writer | Readers] = []
        try:
            writer = await open_writer(path, kinds)
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

    async def last_event(self) -> tuple[int, str]:
        """Return the position of the newest event and when it was recorded, 0 and "" if none; raise DatabaseRefused."""
        try:
            rows = await self.readers.fetch("SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1")
        except (sqlite3.Error, QueryTooSlow) as error:
            message = f"{self._path} cannot be read: {str(error) or type(error).__name__}"
            raise DatabaseRefused(message) from error
        return (int(rows[0][0] or 0), str(rows[0][1])) if rows else (0, "")

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


async def _in_own_thread(work: Callable[[], None]) -> None:
    """Run this in its own thread; a caller that is cancelled does not wait for it."""
    thread = ThreadPoolExecutor(1)
    try:
        await asyncio.get_running_loop().run_in_executor(thread, work)
    finally:
        thread.shutdown(wait=False)
