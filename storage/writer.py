"""The connection that writes: a whole transaction in one visit to its thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

import aiosqlite

Statement: TypeAlias = tuple[str, Sequence[str | int | float | bytes | None]]
"""SQL and its parameters."""


class RolledBack(Exception):
    """A statement failed, and its transaction is undone; `cause` is what SQLite said."""

    def __init__(self, cause: sqlite3.Error) -> None:
        """Carry this cause."""
        super().__init__(str(cause))
        self.cause = cause


class Writer(aiosqlite.Connection):
    """An aiosqlite connection that can do more than one statement in a visit to its thread.

    Its own methods make a visit each, which costs the loop one more round: five for a batch were 8 us a sign-up.
    """

    def __init__(self, path: Path) -> None:
        """Prepare a connection to this file; to await it opens it."""
        super().__init__(
            partial(sqlite3.connect, path, isolation_level=None, cached_statements=512), iter_chunk_size=64
        )

    async def commit_all(self, statements: Iterable[Statement]) -> None:
        """Commit these statements as one transaction.

        Raise RolledBack when one of them failed, and sqlite3.Error when the transaction could not be begun, committed
        or undone: then it may still be open.
        """
        await self._execute(_commit_all, self._conn, statements)  # type: ignore[no-untyped-call]


def _commit_all(connection: sqlite3.Connection, statements: Iterable[Statement]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for sql, parameters in statements:
            connection.execute(sql, parameters)
    except sqlite3.Error as error:
        if connection.in_transaction:  # some errors have undone it already
            connection.execute("ROLLBACK")
        raise RolledBack(error) from error
    connection.execute("COMMIT")
