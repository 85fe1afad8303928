"""The check of the table of blocks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from seatkeeper.storage.sqlite.blocks import FROM_EVENTS
from seatkeeper.storage.verify.replay import printable

_ROWS = "SELECT what, block FROM event_blocks"


def block_findings(connection: sqlite3.Connection) -> Iterator[str]:
    """Report blocks that lack events of a type or an actor, and events whose block is missing."""
    for expected, found, outcome in (
        (FROM_EVENTS, _ROWS, "is missing"),
        (_ROWS, FROM_EVENTS, "has no such event"),
    ):
        for what, block in connection.execute(f"SELECT * FROM ({expected}) EXCEPT SELECT * FROM ({found})"):  # noqa: S608 - our own statements
            yield f"event_blocks {printable(what)}, block {block}: {outcome}"
