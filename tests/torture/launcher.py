"""Starts the service with something planted in it: `python -P launcher.py PLANTS serve ...`.

PLANTS are words joined by commas. None of this can be asked of the product itself.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable, Mapping

import aiosqlite

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.messages import Command, Decision
from seatkeeper.http import app, cli
from seatkeeper.storage import writer
from seatkeeper.storage.writer import Statement


class PlantedError(Exception):
    """Something that nobody has foreseen."""


def synchronous_normal() -> None:
    """Answer before the disk has confirmed: a power cut then has to lose what was acknowledged."""
    _replace_statement("PRAGMA synchronous = FULL", "PRAGMA synchronous = NORMAL")


def frequent_checkpoints() -> None:
    """Checkpoint after a few pages, so that few writes already lead through all the steps of one."""
    _replace_statement("PRAGMA synchronous = FULL", "PRAGMA synchronous = FULL", "PRAGMA wal_autocheckpoint = 24")


def no_checkpoints() -> None:
    """Leave everything in the log: one that was copied into the file in part may not lose its end."""
    _replace_statement("PRAGMA synchronous = FULL", "PRAGMA synchronous = FULL", "PRAGMA wal_autocheckpoint = 0")


def failing_actor() -> None:
    """Raise in whatever actor is told to add a member or rename its account to `fail`."""
    decide = AccountActor.decide

    def failing(account: Account | None, command: Command) -> Decision:
        if "fail" in {getattr(command, "name", ""), getattr(command, "account_name", "")}:
            raise PlantedError
        return decide(account, command)

    AccountActor.decide = staticmethod(failing)


def hanging_commit() -> None:
    """Let the commit of whatever is called `hang` hang, and have less patience with it at the end."""
    commit_all = writer._commit_all

    def hanging(connection: sqlite3.Connection, statements: Iterable[Statement]) -> None:
        if any("hang" in parameters for _, parameters in statements):
            threading.Event().wait()
        commit_all(connection, statements)

    writer._commit_all = hanging
    app.CLOSE_DEADLINE = app.GRACE = 0.3


def _replace_statement(given: str, *instead: str) -> None:
    execute = aiosqlite.Connection.execute_fetchall

    def planted(self: aiosqlite.Connection, sql: str, *arguments: object) -> object:
        if sql != given:
            return execute(self, sql, *arguments)
        print(f"planted: {instead}", file=sys.stderr)
        return _in_turn(self, instead)

    async def _in_turn(connection: aiosqlite.Connection, statements: tuple[str, ...]) -> object:
        for statement in statements:
            await execute(connection, statement)
        return []

    aiosqlite.Connection.execute_fetchall = planted  # type: ignore[method-assign, assignment]


PLANTS: Mapping[str, Callable[[], None]] = {
    "synchronous-normal": synchronous_normal,
    "frequent-checkpoints": frequent_checkpoints,
    "no-checkpoints": no_checkpoints,
    "failing-actor": failing_actor,
    "hanging-commit": hanging_commit,
}

if __name__ == "__main__":
    for name in sys.argv[1].split(","):
        PLANTS[name]()
    sys.exit(cli.main(sys.argv[2:]))
