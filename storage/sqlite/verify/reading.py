"""One state of a file, as a verification and a rebuild read it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property

from seatkeeper.storage.sqlite.blocks import FROM_EVENTS
from seatkeeper.storage.sqlite.file.reading import SCHEMA_VERSION
from seatkeeper.storage.verify.reading import Dialect, Row
from seatkeeper.storage.verify.replay import EVENTS


class SqliteReading:
    """What the open transaction of a connection sees; it returns text as bytes."""

    failures = (sqlite3.Error,)
    has_one_writer = True

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Read through this connection."""
        self._connection = connection
        ((version,),) = connection.execute("PRAGMA user_version").fetchall()
        self.older = version < SCHEMA_VERSION
        """Whether the next start brings the file up to date; its events have no context."""

    @property
    def dialect(self) -> Dialect:
        """SQLite's SQL, with an index for the streams that is as good as the table, because the pages are checked."""
        events = EVENTS.replace("context", "NULL") if self.older else EVENTS
        return Dialect(
            engine="SQLite",
            events_by_stream=f"{events} INDEXED BY sqlite_autoindex_events_1 ORDER BY stream_id, version",
            positions="(SELECT position FROM events NOT INDEXED) AS one",
            blocks=FROM_EVENTS,
            numbers_without_gaps=True,
        )

    @cached_property
    def tables(self) -> AbstractSet[str]:
        """The names of the tables."""
        rows = self._connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        return {name.decode("utf-8", "replace") for (name,) in rows}

    def rows(self, select: str) -> Iterator[Row]:
        """Go through the rows of a query."""
        return self._connection.execute(select)

    def fetch(self, select: str, values: Sequence[object] = ()) -> Sequence[Row]:
        """Return the few rows of a query."""
        return self._connection.execute(select, values).fetchall()

    def stored(self, value: object) -> object:
        """Return text as bytes, and other values as they are."""
        return value.encode() if isinstance(value, str) else value

    def part(self) -> AbstractContextManager[object]:
        """Do nothing: after an error SQLite reads on."""
        return nullcontext()
