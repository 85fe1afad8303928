"""The identity of a database file: random, new at each start, in the file and in the lock beside it.

SQLite takes every log of the right name for the file's own. Where a copy is put in the place of FILE and the FILE-wal
of before still lies there, it mixes the two and reports nothing. But then the identity in FILE, read without the log,
is not the one that the lock has from the last start. Copies have none, so that a copy of the same database is another
file too.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.sqlite.file.lock import identities_beside
from seatkeeper.storage.sqlite.file.reading import UNREADABLE, decode_leniently, read_only
from seatkeeper.storage.sqlite.file.wal import log_bytes, log_of

NONE = "none"
"""Stands in the lock for a file without an identity."""


def refuse_mismatch(path: Path) -> None:
    """Raise DatabaseRefused if the file has a second name, or the log beside it was written for another file."""
    _refuse_hard_links(path)
    if log_bytes(path):
        _refuse_foreign_log(path, log_of(path))


def _refuse_hard_links(path: Path) -> None:
    """Raise DatabaseRefused if the file has a second name, under which SQLite would look for another log."""
    if path.is_file() and (names := path.stat().st_nlink) > 1:
        message = (
            f"{path} has {names} names (hard links), and a second process on another of them would damage it:"
            f" remove the others, which find -samefile {path} lists, or serve a copy"
        )
        raise DatabaseRefused(message)


def _refuse_foreign_log(path: Path, log: Path) -> None:
    if not path.exists():
        message = (
            f"{path} is missing, and {log} has commits that belong to it; nothing was changed."
            " Put the file back, or restore a backup and move the log away; or move the log away to start empty"
        )
        raise DatabaseRefused(message)
    known = identities_beside(path)
    if not known:
        return
    try:
        found = identity_of(path)
    except UNREADABLE:
        return  # it is damaged, which opening it reports
    if found not in known:
        message = (
            f"{log} was not written for {path}: the file is not the one that was served last."
            " SQLite would mix the two; nothing was changed. If the file was restored, move the log and"
            f" {path.name}-shm away; if not, put the file back that the log belongs to"
        )
        raise DatabaseRefused(message)


def identity_of(path: Path) -> str:
    """Read the identity in the file without its log, NONE where it has none; raise sqlite3.Error."""
    with closing(read_only(path, immutable=True)) as connection:
        if not _has_table(connection):
            return NONE
        row = connection.execute("SELECT id FROM identity").fetchone()
    return NONE if row is None else decode_leniently(row[0])


def remove(copy: sqlite3.Connection) -> None:
    """Take the identity out of a copy that nobody else has opened; raise sqlite3.Error."""
    if _has_table(copy):
        copy.execute("DELETE FROM identity")


def _has_table(connection: sqlite3.Connection) -> bool:
    """Tell whether the file has the table, as from schema 3 on."""
    return connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'identity'").fetchone() is not None
