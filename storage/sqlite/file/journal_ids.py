"""The identities of the journal in its file: one of its own, and none of its own in a copy that was never served."""

from __future__ import annotations

import sqlite3

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
