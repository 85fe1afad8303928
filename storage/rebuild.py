"""Rebuilding: the tables of the views are written anew from the journal."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.journal import StreamDamaged
from seatkeeper.storage.database import Lock
from seatkeeper.storage.replay import EVENTS, replay, shown
from seatkeeper.storage.schema import SCHEMA_VERSION, DatabaseRefused, check, open_snapshot
from seatkeeper.storage.views import AccountRow, MemberRow, PlanRow, ViewRow, account_row, member_row, project

ROWS_AT_ONCE = 5_000
"""Rows that are kept before they are written, and so what it takes of memory."""

_TABLES: Sequence[tuple[str, type[ViewRow]]] = (("plans", PlanRow), ("accounts", AccountRow), ("members", MemberRow))


def rebuild(path: Path, *, progress: Callable[[int, int], None] = lambda _done, _all: None) -> None:
    """Write the views anew in one transaction; nothing else is changed, and nothing at all if an event is damaged.

    Raises DatabaseRefused, also while a service runs on the file, and StreamDamaged.
    """
    path = path.resolve()
    with closing(open_snapshot(path)) as connection:
        version = check(connection, path)
    if version != SCHEMA_VERSION:
        message = f"{path} has schema version {version}: start the service once, which brings it to {SCHEMA_VERSION}"
        raise DatabaseRefused(message)
    lock = Lock(path)
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.text_factory = bytes
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            _write(connection, progress)
            connection.execute("COMMIT")
    except (sqlite3.Error, UnicodeDecodeError, MemoryError) as error:
        message = f"the views of {path} cannot be written: {error}"
        raise DatabaseRefused(message) from error
    finally:
        lock.release()


def _write(connection: sqlite3.Connection, progress: Callable[[int, int], None]) -> None:
    ((events,),) = connection.execute("SELECT count(*) FROM events NOT INDEXED").fetchall()
    for table, _ in _TABLES:
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
    rows: list[ViewRow] = []
    done = 0
    # In the order in which they began, which is that of `number`, by which lists go.
    for (stream_id,) in connection.execute("SELECT stream_id FROM events WHERE version = 1 ORDER BY position"):
        made, count = _rows(connection, stream_id)
        rows += made
        done += count
        if len(rows) >= ROWS_AT_ONCE:
            _insert(connection, rows)
            rows.clear()
            progress(done, events)
    _insert(connection, rows)
    if done != events:
        message = f"{events - done} events belong to streams that have no first event"
        raise StreamDamaged(message)


def _rows(connection: sqlite3.Connection, stream_id: bytes) -> tuple[list[ViewRow], int]:
    """Make the rows of a stream, and count its events."""
    stored = connection.execute(f"{EVENTS} WHERE stream_id = CAST(? AS TEXT) ORDER BY version", (stream_id,))
    steps = deque(replay(stream_id, stored), maxlen=1)
    if not steps:
        message = f"the events of {shown(stream_id)} are not where their index says"
        raise StreamDamaged(message)
    ((_, version, _, state),) = steps
    if isinstance(state, Account):
        account = state
        members = (member_row(account, member_id) for member_id in account.members)
        return [account_row(account, version), *members], version
    return project(state, version, ()), version


def _insert(connection: sqlite3.Connection, rows: Sequence[ViewRow]) -> None:
    for table, kind in _TABLES:
        marks = ", ".join("?" * len(kind._fields))
        sql = f"INSERT INTO {table} ({', '.join(kind._fields)}) VALUES ({marks})"  # noqa: S608 - our own names
        connection.executemany(sql, [row for row in rows if isinstance(row, kind)])
