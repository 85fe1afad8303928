"""Reading a stream back, page by page: its snapshot, if that is any good, and the events since."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence

from seatkeeper.actors.journal import History, JournalFull, StreamDamaged
from seatkeeper.storage import records
from seatkeeper.storage.database import QueryTooSlow, Readers, Row, TooManyQueries
from seatkeeper.storage.records import EventRow, SnapshotRow

logger = logging.getLogger(__name__)


PAGE = 2_000
"""Events of a page, which is decoded in one turn of the loop: about 10 ms."""


async def read_history(readers: Readers, stream_id: str, after: int) -> History:
    """Read what is stored of a stream, or (not 0) what lies behind `after`.

    Raise StreamDamaged where it contradicts itself or is on a page that SQLite cannot make sense of, JournalFull when
    too many wait or it takes too long, and sqlite3.Error.
    """
    try:
        return await _read_history(readers, stream_id, after)
    except (TooManyQueries, QueryTooSlow) as error:
        raise JournalFull from error
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        message = f"what is stored of {stream_id} cannot be read: {error}"
        raise StreamDamaged(message) from error


async def _read_history(readers: Readers, stream_id: str, after: int) -> History:
    state, version = (None, after) if after else await _read_snapshot(readers, stream_id)
    rows = await readers.fetch(
        "SELECT * FROM events WHERE stream_id = ? AND version >= ? ORDER BY version LIMIT ?",
        (stream_id, version, PAGE + 1),
    )
    return _history(stream_id, state, version, rows)


async def _read_snapshot(readers: Readers, stream_id: str) -> tuple[object, int]:
    state, version = None, 0
    saved = await readers.fetch("SELECT * FROM snapshots WHERE stream_id = ?", (stream_id,))
    for row in saved:
        snapshot = SnapshotRow(*row)  # type: ignore[arg-type]
        state = records.read_snapshot(snapshot)
        if state is None:
            logger.warning("a snapshot was ignored", extra={"stream_id": stream_id, "version": snapshot.version})
        else:
            version = snapshot.version
    return state, version


def _history(stream_id: str, state: object, version: int, rows: Sequence[Row]) -> History:
    stored = [EventRow(*row) for row in rows]  # type: ignore[arg-type]
    first = max(version, 1)
    if [row.version for row in stored] != list(range(first, first + len(stored))) or (version and not stored):
        message = f"the versions of {stream_id} from {first} on have a gap"
        raise StreamDamaged(message)
    events = [records.read_event(row) for row in stored if row.version > version]
    return History(state, version, events, stored[-1].position if stored else 0, more=len(stored) > PAGE)
