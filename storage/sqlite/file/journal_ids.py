"""The identities of the journal in its file: one of its own, and none of its own in a copy that was never served."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.journal_ids import JournalIdentity, new_journal_id

OWN_OR_EARLIER = "SELECT journal_id, last_shared FROM journal_ids ORDER BY number"
"""The ids; the own one has NULL as the last shared position."""

ANOTHER = "INSERT INTO journal_ids (journal_id) VALUES (?)"
"""Gives the journal an id of its own."""


def close_off(copy: sqlite3.Connection) -> None:
    """Note in a copy up to which position it is one with the journal that it was made of; raise sqlite3.Error."""
    if copy.execute("SELECT 1 FROM sqlite_schema WHERE name = 'journal_ids'").fetchone() is not None:
        copy.execute(
            "UPDATE journal_ids SET last_shared = (SELECT ifnull(max(position), 0) FROM events)"
            " WHERE last_shared IS NULL"
        )


def renew(path: Path) -> JournalIdentity:
    """Give the journal of a file, which the caller has locked, a new id; raise DatabaseRefused."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            close_off(connection)
            connection.execute(ANOTHER, (new_journal_id(),))
            identity = JournalIdentity.of(connection.execute(OWN_OR_EARLIER))
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        message = f"{path} cannot be written: {error}"
        raise DatabaseRefused(message) from error
    return identity
