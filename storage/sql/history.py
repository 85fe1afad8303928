"""Reading a stream page by page: its snapshot, if it is valid, and the events since."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeAlias

from seatkeeper.actors.aggregates.journal import History, JournalFull, StreamDamaged
from seatkeeper.storage import records
from seatkeeper.storage.errors import QueryTooSlow, TooManyQueries
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.records import EventRow, SnapshotRow
from seatkeeper.storage.sql.pieces import Row, Value

logger = logging.getLogger(__name__)

Fetch: TypeAlias = Callable[[str, Iterable[Value]], Awaitable[list[Row]]]
"""Returns the rows of a query; raises TooManyQueries and QueryTooSlow, and the engine's own errors."""

PAGE = 2_000
"""Events of a page, which is decoded in one turn of the loop, in about 10 ms."""


async def read_history(fetch: Fetch, stream_id: str, after: int, kinds: Kinds) -> History:
    """Read the first page of a stream, or the page after version `after`.

    Raise StreamDamaged when the stream has a gap, a changed row or a malformed row, JournalFull when too many queries
    wait or this one takes too long, and the engine's own errors.
    """
    try:
        state, version = (None, after) if after else await _read_snapshot(fetch, stream_id, kinds)
        rows = await fetch(
            "SELECT * FROM events WHERE stream_id = ? AND version >= ? ORDER BY version LIMIT ?",
            (stream_id, version, PAGE + 1),
        )
    except (TooManyQueries, QueryTooSlow) as error:
        raise JournalFull from error
    return _history(stream_id, state, version, rows, kinds)


async def _read_snapshot(fetch: Fetch, stream_id: str, kinds: Kinds) -> tuple[object, int]:
    state, version = None, 0
    saved = await fetch("SELECT * FROM snapshots WHERE stream_id = ?", (stream_id,))
    for row in saved:
        snapshot = SnapshotRow(*row)  # type: ignore[arg-type]
        state = records.read_snapshot(snapshot, kinds)
        if state is None:
            logger.warning("a snapshot was ignored", extra={"stream_id": stream_id, "version": snapshot.version})
        else:
            version = snapshot.version
    return state, version


def _history(stream_id: str, state: object, version: int, rows: Sequence[Row], kinds: Kinds) -> History:
    stored = [EventRow(*row) for row in rows]  # type: ignore[arg-type]
    first = max(version, 1)
    if [row.version for row in stored] != list(range(first, first + len(stored))) or (version and not stored):
        message = f"the versions of {stream_id} from {first} on have a gap"
        raise StreamDamaged(message)
    events = [records.read_event(row, kinds) for row in stored if row.version > version]
    return History(state, version, events, stored[-1].position if stored else 0, more=len(stored) > PAGE)
