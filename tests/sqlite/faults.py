"""Faults that are planted under the journal: commits that fail, and disks that refuse them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import pytest

from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.journal.limits import JournalLimits
from seatkeeper.storage.sqlite.writer import Writer
from tests.storage.stores import DEADLINE, SqliteStore

Execute = Callable[..., Awaitable[object]]


class Breaks:
    """Replaces the writer's `execute`, and lets one kind of statement fail, once."""

    def __init__(self, execute: Execute, statement: str, code: int, *, after: bool) -> None:
        self._execute = execute
        self._statement = statement
        self._code = code
        self._after = after

    async def __call__(self, sql: str, *parameters: object) -> object:
        if not sql.startswith(self._statement):
            return await self._execute(sql, *parameters)
        if self._after:
            await self._execute(sql, *parameters)
        raise failure(self._code)


def failure(code: int) -> sqlite3.OperationalError:
    """An error of SQLite's."""
    error = sqlite3.OperationalError("injected")
    error.sqlite_errorcode = code
    return error


class BreakingStore:
    """A store whose writer can break, and the number of unknown outcomes."""

    def __init__(self, path: Path, *, reopenings: int = 1) -> None:
        self.unknown_outcomes = 0
        limits = JournalLimits(reopenings=reopenings)
        self.store = SqliteStore(path, on_outcome_unknown=self._on_outcome_unknown, limits=limits)

    def _on_outcome_unknown(self) -> None:
        self.unknown_outcomes += 1

    def breaks(
        self, monkeypatch: pytest.MonkeyPatch, statement: str, code: int = sqlite3.SQLITE_IOERR, *, after: bool = False
    ) -> None:
        """Let the next such statement fail; a journal that is opened again has a new connection, which works."""
        connection = self.store.journal.engine.database.writer
        execute = Breaks(connection.execute, statement, code, after=after)

        async def commit_all(statements: Iterable[Statement]) -> None:
            await execute("BEGIN IMMEDIATE")
            for sql, parameters in statements:
                await execute(sql, parameters)
            await execute("COMMIT")

        monkeypatch.setattr(connection, "execute", execute)
        monkeypatch.setattr(connection, "commit_all", commit_all)


COMMIT_ALL = Writer.commit_all


class Disk:
    """The error code of all connections that write; 0 is no error."""

    def __init__(self, code: int = 0) -> None:
        self.code = code
        self.commits = 0

    def replaces_commits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Replace the commits of all connections."""

        async def commit_all(writer: Writer, statements: Iterable[Statement]) -> None:
            self.commits += 1
            if self.code:
                raise failure(self.code)
            await COMMIT_ALL(writer, statements)

        monkeypatch.setattr(Writer, "commit_all", commit_all)


async def until(holds: Callable[[], bool]) -> None:
    """Poll until this is true."""
    async with asyncio.timeout(DEADLINE):
        while not holds():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.001)


async def until_ready(store: SqliteStore) -> None:
    """Poll until writes are served."""
    await until(lambda: store.journal.unready_reason() is None)
