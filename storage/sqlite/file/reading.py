"""Reading a database file without locking or changing it, also while a service runs on it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.sqlite.file.wal import log_bytes, log_of

APPLICATION_ID = 0x5EA7CEE9
SCHEMA_VERSION = 4
"""The version of the tables. A new view raises it by one, so that an older program, which would not update the view,
refuses the file."""

UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What reading a file raises that is not a database; the latter when SQLite quotes bytes that are not text."""

_NO_LOG_HERE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
"""Result codes when SQLite cannot create the write-ahead log that it reads through."""


def read_only(path: Path, *, immutable: bool = False) -> sqlite3.Connection:
    """Open a connection that neither writes nor checkpoints; `immutable` only if no process writes meanwhile.

    It returns text as bytes, which may not be UTF-8. Raise sqlite3.Error.
    """
    mode = "immutable=1" if immutable else "mode=ro"
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None)
    connection.text_factory = bytes
    connection.execute("PRAGMA query_only = 1")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


def open_snapshot(path: Path) -> sqlite3.Connection:
    """Open a read transaction on a database, also while it is served; raise DatabaseRefused.

    The writer is not delayed. In a folder that cannot be written, a file without a log is read as immutable.
    """
    if not path.is_file():
        message = f"{path} does not exist" if not path.exists() else f"{path} is not a file"
        raise DatabaseRefused(message)
    try:
        connection = _begin(path)
    except sqlite3.Error as error:
        message = f"{path} cannot be opened: {error}"
        raise DatabaseRefused(message) from error
    version = 0
    try:
        version = check(connection, path)
    finally:
        if version == 0:
            connection.close()
    if version == 0:
        message = f"{path} is empty"
        raise DatabaseRefused(message)
    return connection


def _begin(path: Path, *, immutable: bool = False) -> sqlite3.Connection:
    connection = read_only(path, immutable=immutable)
    connection.execute("BEGIN")
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if immutable or error.sqlite_errorcode & 0xFF not in _NO_LOG_HERE or log_of(path).exists():
            raise
        return _begin(path, immutable=True)
    except UNREADABLE:
        pass  # it is not a database, which `check` reports
    return connection


def check(connection: sqlite3.Connection, path: Path) -> int:
    """Return the schema version, 0 for an empty file; raise DatabaseRefused when this program cannot use the file."""
    try:
        ((version,),) = connection.execute("PRAGMA user_version").fetchall()
        ((application,),) = connection.execute("PRAGMA application_id").fetchall()
        ((tables,),) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except UNREADABLE as error:
        message = f"{path} is not a database that can be read: {error}"
        raise DatabaseRefused(message) from error
    if tables and application != APPLICATION_ID:
        message = f"{path} is a database of another application"
        raise DatabaseRefused(message)
    if not 0 <= version <= SCHEMA_VERSION:
        message = f"{path} has schema version {version}, and this program knows versions up to {SCHEMA_VERSION}"
        raise DatabaseRefused(message)
    return int(version)


def first_event(path: Path) -> str | None:
    """Return the type of the first event of a file; None if there is none, or nothing that can be read."""
    if not path.is_file():
        return None
    try:
        with closing(read_only(path, immutable=not log_bytes(path))) as connection:
            row = connection.execute("SELECT type FROM events WHERE position = 1").fetchone()
    except (*UNREADABLE, OSError):
        return None
    return None if row is None else decode_leniently(row[0])


def decode_leniently(text: bytes) -> str:
    """Decode text that may not be UTF-8; a checksum then reports the damaged row."""
    return text.decode("utf-8", "replace")
