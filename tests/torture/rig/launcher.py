"""Starts the service with something planted in it: `python -P launcher.py PLANTS serve ...`.

PLANTS are words joined by commas. None of this can be asked of the product itself.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.aggregates.messages import Command, Decision
from seatkeeper.http import app
from seatkeeper.http.cli import main as cli
from seatkeeper.http.server import server
from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.sqlite import writer
from seatkeeper.storage.sqlite.file.watch import FileWatch
from seatkeeper.storage.sqlite.reading.readers import Row, Value


class PlantedError(Exception):
    """An unforeseen error."""


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
    """Raise in each actor that is asked to add a member, or rename its account, to `fail`."""
    decide = AccountActor.decide

    def failing(account: Account | None, command: Command) -> Decision:
        if "fail" in {getattr(command, "name", ""), getattr(command, "account_name", "")}:
            raise PlantedError
        return decide(account, command)

    AccountActor.decide = staticmethod(failing)


def hanging_commit() -> None:
    """Let the commit of everything named `hang` hang, and shorten the deadlines of the stop."""
    commit_all = writer._commit_all

    def hanging(connection: sqlite3.Connection, watch: FileWatch | None, statements: Iterable[Statement]) -> None:
        if any("hang" in parameters for _, parameters in statements):
            threading.Event().wait()
        commit_all(connection, watch, statements)

    writer._commit_all = hanging
    app.CLOSE_DEADLINE = server.GRACE = 0.3


def _replace_statement(given: str, *instead: str) -> None:
    execute = writer.Writer.execute

    async def planted(self: writer.Writer, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        if sql != given:
            return await execute(self, sql, parameters)
        print(f"planted: {instead}", file=sys.stderr)
        for statement in instead:
            await execute(self, statement)
        return []

    writer.Writer.execute = planted  # type: ignore[method-assign]


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
