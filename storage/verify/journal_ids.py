"""The check of the journal's identities."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from seatkeeper.storage.sqlite.file.journal_ids import OWN_OR_EARLIER
from seatkeeper.storage.verify.replay import printable


def journal_id_findings(connection: sqlite3.Connection, last: int) -> Iterator[str]:
    """Report ids whose shared positions are not in the journal or fall, and more than one own id or one in between."""
    before: int | None = 0
    for journal_id, shared in connection.execute(OWN_OR_EARLIER):
        name = f"journal id {printable(journal_id)}"
        if before is None:
            yield f"{name}: comes after the journal's own"
        elif shared is not None and not before <= shared <= last:
            yield f"{name}: shares position {shared}, which is not from {before} to {last}"
        before = shared
