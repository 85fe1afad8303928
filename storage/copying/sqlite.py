"""A file, as the source or the destination of a copy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from seatkeeper.storage.copying.copying import Row
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.sqlite.file import journal_ids
from seatkeeper.storage.sqlite.file.alone import alone_with
from seatkeeper.storage.sqlite.file.backup import refuse_taken
from seatkeeper.storage.sqlite.file.copies import whole_or_not
from seatkeeper.storage.sqlite.file.reading import APPLICATION_ID, SCHEMA_VERSION, open_snapshot
from seatkeeper.storage.sqlite.file.schema import schema_text


class FileSource:
    """A file that this process has locked."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Read through this connection."""
        self.name = str(path)
        self._connection = connection

    def columns(self, table: str) -> Sequence[str]:
        """Name the columns of a table."""
        return [name for _, name, *_ in self._connection.execute(f"PRAGMA table_info({table})")]

    def chunks(self, select: str, size: int) -> Iterator[Sequence[Row]]:
        """Go through the rows of a query, so many at once."""
        try:
            rows = self._connection.execute(select)
            while some := rows.fetchmany(size):
                yield some
        except (sqlite3.Error, UnicodeDecodeError) as error:
            message = f"{self.name} cannot be read: {error}. `seatkeeper verify` says more"
            raise DatabaseRefused(message) from error


@contextmanager
def file_source(path: Path) -> Iterator[FileSource]:
    """Read a file that is not served; raise DatabaseRefused."""
    with alone_with(path) as found, closing(open_snapshot(found)) as connection:
        connection.text_factory = str
        yield FileSource(found, connection)


class FileDestination:
    """A new file, which is not at its place yet."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Write through this connection, which is in a transaction."""
        self._path = path
        self._connection = connection

    def write(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Write rows."""
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - our own names
        try:
            self._connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise _unwritten(self._path, error) from error

    def finish(self, events: int, numbered: Iterable[str]) -> None:  # noqa: ARG002 - SQLite counts by itself
        """Commit."""
        try:
            journal_ids.close_off(self._connection)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise _unwritten(self._path, error) from error


@contextmanager
def file_destination(path: Path, kinds: Kinds) -> Iterator[FileDestination]:
    """Write a new file, which is there when all of it is; raise DatabaseRefused."""
    refuse_taken(path)
    try:
        with whole_or_not(path) as unfinished, closing(sqlite3.connect(unfinished, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")  # the whole file is synced in the end
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.executescript(f"BEGIN IMMEDIATE;\n{schema_text(kinds)}")
            yield FileDestination(path, connection)
    except (sqlite3.Error, OSError) as error:
        raise _unwritten(path, error) from error


def _unwritten(path: Path, error: Exception) -> DatabaseRefused:
    return DatabaseRefused(f"{path} cannot be written, and is not there: {error}")
