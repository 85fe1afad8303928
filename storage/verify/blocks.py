"""The check of the table of blocks."""

from __future__ import annotations

from collections.abc import Iterator

from seatkeeper.storage.verify.reading import Reading
from seatkeeper.storage.verify.replay import printable

_ROWS = "SELECT what, block FROM event_blocks"


def block_findings(reading: Reading) -> Iterator[str]:
    """Report blocks that lack events of a type or an actor, and events whose block is missing."""
    needed = reading.dialect.blocks
    for expected, found, outcome in ((needed, _ROWS, "is missing"), (_ROWS, needed, "has no such event")):
        sql = f"SELECT * FROM ({expected}) AS expected EXCEPT SELECT * FROM ({found}) AS found"  # noqa: S608 - our own statements
        for what, block in reading.rows(sql):
            yield f"event_blocks {printable(what)}, block {block}: {outcome}"
