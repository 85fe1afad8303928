"""Rebuilding the tables of the views from the journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.projections.view import View
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite import blocks
from seatkeeper.storage.sqlite.file.identity import refuse_mismatch
from seatkeeper.storage.sqlite.file.lock import Lock
from seatkeeper.storage.sqlite.file.reading import SCHEMA_VERSION, check, open_snapshot
from seatkeeper.storage.sqlite.search.entries import EMPTY
from seatkeeper.storage.sqlite.verify.reading import SqliteReading
from seatkeeper.storage.verify.verification import Progress, silent
from seatkeeper.storage.verify.views import made_anew


def rebuild(path: Path, *, progress: Progress = silent, kinds: Kinds = KINDS) -> None:
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
    progress: Progress = silent,
) -> None:
    """Write the rows of these views, whose tables are empty, in the open transaction; raise StreamDamaged."""
    connection.text_factory = bytes
    for rows, done, total in made_anew(SqliteReading(connection), kinds, views):
        for view, some in rows.items():
            marks = ", ".join("?" * len(view.columns))
            sql = f"INSERT INTO {view.table} ({', '.join(view.columns)}) VALUES ({marks})"  # noqa: S608 - our own names
            connection.executemany(sql, some)
        progress(done, total)
