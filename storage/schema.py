"""The schema: whether a file has one that this program knows, and how it gets the one of today."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from importlib import metadata, resources
from pathlib import Path

from seatkeeper.storage.copies import copy_to
from seatkeeper.storage.records import KNOWN_TYPES
from seatkeeper.storage.wal import find_damage

logger = logging.getLogger(__name__)

APPLICATION_ID = 0x5EA7CEE9
SCHEMA_VERSION = 2


_UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What reading raises that is no database; the latter when SQLite quotes what is no text."""

_NO_LOG_HERE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
"""What SQLite says where it can make no write-ahead log to read through."""


class DatabaseRefused(Exception):
    """The file cannot be used; the message says why, for the operator."""


def lenient(text: bytes) -> str:
    """Read text that is no UTF-8 all the same: it is for a checksum to say that a row is damaged, and which."""
    return text.decode("utf-8", "replace")


def prepare(path: Path) -> None:
    """Make the schema in a new file, or bring an older one up to date; raise DatabaseRefused before any write.

    Only for whoever holds the lock of the file and has no connection to it yet.
    """
    refuse_damaged_log(path)
    version = _inspect(path)
    if version == SCHEMA_VERSION:
        return
    try:
        if version == 0:
            _write(path, schema_text(), SCHEMA_VERSION)
        else:
            _migrate(path, version)
    except (sqlite3.Error, OSError) as error:
        message = f"{path} cannot be written: {error}"
        raise DatabaseRefused(message) from error


def read_only(path: Path, *, immutable: bool = False) -> sqlite3.Connection:
    """Open a connection that neither writes nor checkpoints; `immutable` if surely nobody else writes meanwhile.

    It hands out text as bytes, whether they are UTF-8 or not. Raises sqlite3.Error.
    """
    mode = "immutable=1" if immutable else "mode=ro"
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None)
    connection.text_factory = bytes
    connection.execute("PRAGMA query_only = 1")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


def open_snapshot(path: Path) -> sqlite3.Connection:
    """Open one read transaction on a file of ours, whether it is served or not; raise DatabaseRefused.

    The writer is not held up. Where the file cannot be locked, in a folder that cannot be written, it is taken for
    unchanging, unless a log lies beside it.
    """
    if not path.is_file():
        message = f"{path} is not there" if not path.exists() else f"{path} is not a file"
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
    except _UNREADABLE:
        pass  # it is no database at all, as the check of it will say
    return connection


def check(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of the schema, 0 where there is none yet; raise DatabaseRefused when it is not for us."""
    try:
        ((version,),) = connection.execute("PRAGMA user_version").fetchall()
        ((application,),) = connection.execute("PRAGMA application_id").fetchall()
        ((tables,),) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except _UNREADABLE as error:
        message = f"{path} is not a database that can be read: {error}"
        raise DatabaseRefused(message) from error
    if tables and application != APPLICATION_ID:
        message = f"{path} is a database of another application"
        raise DatabaseRefused(message)
    if not 0 <= version <= SCHEMA_VERSION:
        message = f"{path} has schema version {version}, and this program knows versions up to {SCHEMA_VERSION}"
        raise DatabaseRefused(message)
    return int(version)


def unknown_events(version: int, known: Sequence[str] = KNOWN_TYPES) -> str:
    """Write the query for the first event of an unknown type: by an index that is empty, or by one scan in schema 1."""
    unknown = " AND ".join(f"type <> '{tag}'" for tag in known)
    # The index has the same terms. Had it others, SQLite would say "no query solution", and not scan.
    hint = "INDEXED BY events_unknown" if version > 1 else "NOT INDEXED"
    return f"SELECT type, position, stream_id, version FROM events {hint} WHERE {unknown} LIMIT 1"  # noqa: S608 - our own tags


def _inspect(path: Path) -> int:
    """Check the file without a trace in it; a log that a crash left behind is read, and stays as it is."""
    if not path.exists():
        return 0
    log = log_of(path)
    try:
        connection = read_only(path, immutable=not (log.exists() and log.stat().st_size))
    except (sqlite3.Error, OSError) as error:
        message = f"{path} cannot be opened: {error}"
        raise DatabaseRefused(message) from error
    with closing(connection):
        version = check(connection, path)
        if version:
            _refuse_unknown_events(connection, path, version)
    return version


def refuse_damaged_log(path: Path) -> None:
    """Raise DatabaseRefused if commits are behind a damage of the log, of which SQLite would say nothing."""
    log = log_of(path)
    try:
        damage = find_damage(log)
    except OSError as error:
        message = f"{log} cannot be read: {error.strerror}"
        raise DatabaseRefused(message) from error
    if damage is not None:
        logger.error("the log is damaged", extra={"log": str(log), "byte": damage.place, "commits": damage.commits})
        message = (
            f"{log} is damaged at byte {damage.place}, and the commits behind it ({damage.commits} are whole) may have"
            " been acknowledged; nothing was changed. Keep the files, and restore a backup; or give up what lies behind"
            f" with: truncate --size={damage.place} {log}"
        )
        raise DatabaseRefused(message)


def log_of(path: Path) -> Path:
    """Name the write-ahead log of a database: it lies beside the file, and not beside a link to it."""
    path = path.resolve()
    return path.with_name(path.name + "-wal")


def _refuse_unknown_events(connection: sqlite3.Connection, path: Path, version: int) -> None:
    try:
        row = connection.execute(unknown_events(version)).fetchone()
    except _UNREADABLE as error:
        message = f"{path} cannot be read: {error}"
        raise DatabaseRefused(message) from error
    if row is not None:
        tag, position, stream_id, stream_version = row
        message = (
            f"{path} has an event of type {lenient(tag)!r}"
            f" (position {position}, {lenient(stream_id)}, version {stream_version}),"
            f" which is unknown to this program: seatkeeper {metadata.version('seatkeeper')}, schema version"
            f" {SCHEMA_VERSION}; the file has schema version {version}"
        )
        raise DatabaseRefused(message)


def _migrate(path: Path, version: int) -> None:
    copy = path.with_name(f"{path.name}.before-{SCHEMA_VERSION}")
    with closing(open_snapshot(path)) as source:
        copy_to(source, copy)
    for step in range(version + 1, SCHEMA_VERSION + 1):
        _write(path, _text(f"migration_{step}.sql"), step)
    logger.info("the database was migrated", extra={"from": version, "to": SCHEMA_VERSION, "copy": str(copy)})


def _write(path: Path, sql: str, version: int) -> None:
    """Carry the schema to a version in one transaction."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{sql}\n"
            f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {version};\nCOMMIT;"
        )


def schema_text() -> str:
    """Return the statements that make a new file."""
    return _text("schema.sql")


def _text(name: str) -> str:
    return resources.files("seatkeeper.storage").joinpath(name).read_text("utf-8")
