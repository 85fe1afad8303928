"""The schema: creating it in a new file, and bringing that of an older file up to date."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from importlib import metadata, resources
from pathlib import Path

from seatkeeper.actors.aggregates.journal import StreamDamaged
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.sqlite.file.copies import copy_to
from seatkeeper.storage.sqlite.file.identity import refuse_mismatch
from seatkeeper.storage.sqlite.file.modes import make_private
from seatkeeper.storage.sqlite.file.reading import (
    APPLICATION_ID,
    SCHEMA_VERSION,
    UNREADABLE,
    check,
    decode_leniently,
    open_snapshot,
    read_only,
)
from seatkeeper.storage.sqlite.file.wal import log_bytes, refuse_damaged_log
from seatkeeper.storage.sqlite.verify.rebuild import fill

logger = logging.getLogger(__name__)

UNKNOWN_EVENTS = "events_unknown"
"""The index of the events of unknown types, which is empty unless a newer release has written some.

So a start finds such an event without reading the journal. The index names all known types, and is made again, in one
scan of the events, at the first start of a release that knows others. An insert compares its type with the names in
their order (NOT IN would build its list for each row, in 2 us), so a kind names its frequent events first.
"""


def prepare(path: Path, kinds: Kinds) -> None:
    """Create the schema in a new file, or bring that of an older file up to date; raise DatabaseRefused.

    A file that this program cannot use is refused before any write. The caller holds the lock of the file and has no
    connection to it.
    """
    _refuse_without_full_text(path)
    refuse_mismatch(path)
    refuse_damaged_log(path)
    version, indexed = _inspect(path, kinds)
    make_private(path)
    try:
        if version == 0:
            _write(path, schema_text(kinds), SCHEMA_VERSION)
            return
        migrated = version < SCHEMA_VERSION
        if migrated:
            _migrate(path, version)
        _add_views(path, kinds)
        if migrated or indexed != set(kinds.known_types):
            if not migrated:
                logger.info("the index of unknown events is made again", extra={"types": len(kinds.known_types)})
            _write(path, f"DROP INDEX IF EXISTS {UNKNOWN_EVENTS};{unknown_events_index(kinds)}", SCHEMA_VERSION)
    except (sqlite3.Error, OSError) as error:
        message = f"{path} cannot be written: {error}"
        raise DatabaseRefused(message) from error
    except StreamDamaged as error:
        message = f"{path} lacks a view, which cannot be made from its events: {error}. Restore a backup."
        raise DatabaseRefused(message) from error


def _refuse_without_full_text(path: Path) -> None:
    """Raise DatabaseRefused when this SQLite was built without FTS5, which the search index is made of."""
    with closing(sqlite3.connect(":memory:")) as connection:
        if not connection.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").fetchall():
            message = f"{path} cannot be used: SQLite {sqlite3.sqlite_version} of this Python was built without FTS5"
            raise DatabaseRefused(message)


def unknown_events_index(kinds: Kinds) -> str:
    """Write the statement that makes the index of the events of unknown types."""
    return f"CREATE INDEX {UNKNOWN_EVENTS} ON events (type) WHERE {_unknown(kinds.known_types)};"


def _unknown(known: Sequence[str]) -> str:
    return " AND ".join(f"type <> '{tag}'" for tag in known)


def _indexed_types(connection: sqlite3.Connection) -> set[str] | None:
    """Read the types that the index takes for known; None without such an index."""
    row = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (UNKNOWN_EVENTS,)).fetchone()
    return None if row is None else set(re.findall(r"type <> '([^']*)'", decode_leniently(row[0])))


def unknown_event_query(known: Sequence[str], indexed: set[str] | None) -> str:
    """Write the query for the first event of an unknown type, which uses the index if it can, and else scans.

    It can if all types that the index takes for known are known: SQLite wants the terms of the index in the query.
    """
    hint = f"INDEXED BY {UNKNOWN_EVENTS}" if indexed is not None and indexed <= set(known) else "NOT INDEXED"
    return f"SELECT type, position, stream_id, version FROM events {hint} WHERE {_unknown(known)} LIMIT 1"  # noqa: S608 - our own tags


def _inspect(path: Path, kinds: Kinds) -> tuple[int, set[str] | None]:
    """Check the file without changing it; a log that a crash left is read and stays as it is.

    Return the schema version, 0 for an empty file, and the types that the index takes for known.
    """
    if not path.exists():
        return 0, None
    try:
        connection = read_only(path, immutable=not log_bytes(path))
    except (sqlite3.Error, OSError) as error:
        message = f"{path} cannot be opened: {error}"
        raise DatabaseRefused(message) from error
    with closing(connection):
        version = check(connection, path)
        if version == 0:
            return 0, None
        indexed = _indexed_types(connection)
        query = unknown_event_query(kinds.known_types, indexed)
        _refuse_unknown_events(connection, path, version, query)
    return version, indexed


def _refuse_unknown_events(connection: sqlite3.Connection, path: Path, version: int, query: str) -> None:
    try:
        row = connection.execute(query).fetchone()
    except UNREADABLE as error:
        message = f"{path} cannot be read: {error}"
        raise DatabaseRefused(message) from error
    if row is not None:
        tag, position, stream_id, stream_version = row
        message = (
            f"{path} has an event of type {decode_leniently(tag)!r}"
            f" (position {position}, {decode_leniently(stream_id)}, version {stream_version}),"
            f" which is unknown to this program: seatkeeper {metadata.version('seatkeeper')}, schema version"
            f" {SCHEMA_VERSION}; the file has schema version {version}"
        )
        raise DatabaseRefused(message)


def _migrate(path: Path, version: int) -> None:
    copy = path.with_name(f"{path.name}.before-{SCHEMA_VERSION}")
    with closing(open_snapshot(path)) as source:
        copy_to(source, copy)
    for step in range(version + 1, SCHEMA_VERSION + 1):
        _write(path, _migration(step), step)
    logger.info("the database was migrated", extra={"from": version, "to": SCHEMA_VERSION, "copy": str(copy)})


def _add_views(path: Path, kinds: Kinds) -> None:
    """Create the tables of the views that the file lacks, and fill them from the journal; raise StreamDamaged."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        missing = [view for view in kinds.views if view.table not in tables]
        if missing:
            logger.info("views are made from the journal", extra={"tables": [view.table for view in missing]})
            connection.execute("PRAGMA synchronous = FULL")
            connection.executescript("BEGIN IMMEDIATE;" + "".join(view.sqlite for view in missing))
            fill(connection, kinds, missing)
            connection.execute("COMMIT")


def _write(path: Path, sql: str, version: int) -> None:
    """Run these statements and set the schema version, in one transaction."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{sql}\n"
            f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {version};\nCOMMIT;"
        )


def schema_text(kinds: Kinds) -> str:
    """Return the statements that create the schema of a new file."""
    return "\n".join([_text("schema.sql"), *(view.sqlite for view in kinds.views), unknown_events_index(kinds)])


def _migration(version: int) -> str:
    """Return the statements that lead to a version; none where only views are new, which `_add_views` creates."""
    name = f"migration_{version}.sql"
    return _text(name) if resources.files(__package__).joinpath(name).is_file() else ""


def _text(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")
