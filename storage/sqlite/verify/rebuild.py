"""Rebuilding the tables of the views from the journal."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from seatkeeper.actors.aggregates.journal import StreamDamaged
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.projections.view import Row, View
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite import blocks
from seatkeeper.storage.sqlite.file.identity import refuse_mismatch
from seatkeeper.storage.sqlite.file.lock import Lock
from seatkeeper.storage.sqlite.file.reading import SCHEMA_VERSION, check, open_snapshot
from seatkeeper.storage.sqlite.search.entries import EMPTY
from seatkeeper.storage.verify.replay import EVENTS, printable, replay

ROWS_AT_ONCE = 5_000
"""Rows that are held in memory before they are written."""

Progress = Callable[[int, int], None]


def rebuild(path: Path, *, progress: Progress = lambda _done, _all: None, kinds: Kinds = KINDS) -> None:
    """Rebuild the views and the blocks in one transaction; if an event is damaged, change nothing.

    The search index is emptied, because the numbers of its accounts may be others now, and follows again when the file
    is served. Raise DatabaseRefused, also while a service runs on the file, and StreamDamaged.
    """
    path = path.resolve()
    refuse_mismatch(path)
    with closing(open_snapshot(path)) as connection:
        version = check(connection, path)
    if version != SCHEMA_VERSION:
        message = f"{path} has schema version {version}: start the service once, which brings it to {SCHEMA_VERSION}"
        raise DatabaseRefused(message)
    lock = Lock(path)
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            for view in kinds.views:
                connection.execute(f"DELETE FROM {view.table}")  # noqa: S608 - our own names
            fill(connection, kinds, kinds.views, progress)
            for statement in EMPTY:
                connection.execute(statement)
            connection.execute("DELETE FROM event_blocks")
            connection.execute(blocks.FILL)
            connection.execute("COMMIT")
    except (sqlite3.Error, UnicodeDecodeError, MemoryError) as error:
        message = f"the views of {path} cannot be written: {error}"
        raise DatabaseRefused(message) from error
    finally:
        lock.release()


def fill(
    connection: sqlite3.Connection,
    kinds: Kinds,
    views: Sequence[View],
    progress: Progress = lambda _done, _all: None,
) -> None:
    """Write the rows of these views, whose tables are empty, in the open transaction; raise StreamDamaged."""
    connection.text_factory = bytes
    ((events,),) = connection.execute("SELECT count(*) FROM events NOT INDEXED").fetchall()
    rows: dict[View, list[Row]] = {view: [] for view in views}
    done = 0
    # In the order in which they began, which is that of `number`.
    for (stream_id,) in connection.execute("SELECT stream_id FROM events WHERE version = 1 ORDER BY position"):
        state, version = _last_state(connection, stream_id, kinds)
        done += version
        for view in kinds.of_stream(stream_id.decode("utf-8", "replace")).views:
            if view in rows:
                rows[view] += view.rows(state, version)
        if sum(map(len, rows.values())) >= ROWS_AT_ONCE:
            _insert(connection, rows)
            progress(done, events)
    _insert(connection, rows)
    if done != events:
        message = f"{events - done} events belong to streams that have no first event"
        raise StreamDamaged(message)


def _last_state(connection: sqlite3.Connection, stream_id: bytes, kinds: Kinds) -> tuple[object, int]:
    """Replay a stream; return its state and version."""
    stored = connection.execute(f"{EVENTS} WHERE stream_id = CAST(? AS TEXT) ORDER BY version", (stream_id,))
    steps = deque(replay(stream_id, stored, kinds), maxlen=1)
    if not steps:
        message = f"the events of {printable(stream_id)} are not where their index says"
        raise StreamDamaged(message)
    ((_, version, _, state),) = steps
    return state, version


def _insert(connection: sqlite3.Connection, rows: dict[View, list[Row]]) -> None:
    """Write the rows and clear the lists."""
    for view, waiting in rows.items():
        marks = ", ".join("?" * len(view.columns))
        sql = f"INSERT INTO {view.table} ({', '.join(view.columns)}) VALUES ({marks})"  # noqa: S608 - our own names
        connection.executemany(sql, waiting)
        waiting.clear()
