"""The connection that writes, on a thread of its own, with a whole transaction in one visit to it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.sqlite.file.copies import copy_to
from seatkeeper.storage.sqlite.file.wal import log_bytes
from seatkeeper.storage.sqlite.file.watch import FileWatch
from seatkeeper.storage.sqlite.reading.readers import Row, Value

LOG_LIMIT = 16 * 1024 * 1024
"""Bytes of the log that stay when nobody needs them: four times what is written between two checkpoints."""

T = TypeVar("T")


class RolledBack(Exception):
    """A statement failed and its transaction was rolled back; `cause` is SQLite's error."""

    def __init__(self, cause: sqlite3.Error) -> None:
        """Hold this cause."""
        super().__init__(str(cause))
        self.cause = cause


class Writer:
    """A connection with its thread.

    Not one of aiosqlite's, whose methods run one statement in a visit to the thread: each is a turn of the loop, and
    five for a batch were 8 us a sign-up.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        """Hold what `open` has opened."""
        self._path = path
        self._connection = connection
        self._thread = thread
        self._watch: FileWatch | None = None

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open a connection to this file; raise sqlite3.Error."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        connect = partial(sqlite3.connect, path, isolation_level=None, cached_statements=512, check_same_thread=False)
        try:
            return cls(path, await asyncio.get_running_loop().run_in_executor(thread, connect), thread)
        except BaseException:
            thread.shutdown(wait=False)
            raise

    @property
    def in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        return self._connection.in_transaction

    async def execute(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """Run one statement and return its rows; raise sqlite3.Error."""
        return await self._run(lambda: self._connection.execute(sql, parameters).fetchall())

    async def commit_all(self, statements: Iterable[Statement]) -> None:
        """Commit these statements as one transaction.

        Raise FileReplaced, RolledBack when one of them fails, and sqlite3.Error when the transaction cannot be begun,
        committed or rolled back; then it may still be open. A cancelled caller stops waiting, and the commit goes on.
        """
        await self._run(partial(_commit_all, self._connection, self._watch, statements))

    async def watch(self) -> None:
        """From now on, refuse commits when another file lies at the path; raise sqlite3.Error."""
        await self.execute("SELECT count(*) FROM sqlite_schema")  # opens the log, and makes it if it is not there
        self._watch = await self._run(partial(FileWatch, self._path))

    async def look_after_log(self) -> int:
        """Shorten a long log if no reader needs it; return its bytes. Raise FileReplaced or sqlite3.Error."""
        return 0 if self._watch is None else await self._run(partial(_look_after_log, self._connection, self._watch))

    async def rescue(self, destination: Path) -> None:
        """Copy what this connection reads, whatever lies at the path by now; raise sqlite3.Error or OSError."""
        await self._run(partial(copy_to, self._connection, destination))

    async def close(self) -> None:
        """Close the connection, and end its thread; raise sqlite3.Error, or RuntimeError the second time."""
        try:
            await self._run(self._connection.close)
        finally:
            self._thread.shutdown(wait=False)

    async def _run(self, work: Callable[[], T]) -> T:
        running = asyncio.get_running_loop().run_in_executor(self._thread, work)
        return await asyncio.shield(running)  # cancelled, work that waits for the thread would never be done


def _commit_all(connection: sqlite3.Connection, watch: FileWatch | None, statements: Iterable[Statement]) -> None:
    if watch is not None:
        watch.check()
    connection.execute("BEGIN IMMEDIATE")
    try:
        for sql, parameters in statements:
            connection.execute(sql, parameters)
    except sqlite3.Error as error:
        if connection.in_transaction:  # some errors have rolled back already
            connection.execute("ROLLBACK")
        raise RolledBack(error) from error
    connection.execute("COMMIT")


def _look_after_log(connection: sqlite3.Connection, watch: FileWatch) -> int:
    watch.check()
    if log_bytes(watch.path) > LOG_LIMIT:
        connection.execute("PRAGMA busy_timeout = 0")  # who reads is not waited for: commits would wait too
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            connection.execute("PRAGMA busy_timeout = 5000")
    return log_bytes(watch.path)
