"""The check of the journal's identities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from seatkeeper.storage.verify.reading import Reading
from seatkeeper.storage.verify.replay import printable

_OWN_OR_EARLIER = "SELECT journal_id, last_shared FROM journal_ids ORDER BY number"


def journal_id_findings(reading: Reading, last: int) -> Iterator[str]:
    """Report ids whose shared positions are not in the journal or fall, and more than one own id or one in between."""
    before: int | None = 0
    for journal_id, shared in cast("list[tuple[bytes, int | None]]", reading.fetch(_OWN_OR_EARLIER)):
        name = f"journal id {printable(journal_id)}"
        if before is None:
            yield f"{name}: comes after the journal's own"
        elif shared is not None and not before <= shared <= last:
            yield f"{name}: shares position {shared}, which is not from {before} to {last}"
        before = shared
