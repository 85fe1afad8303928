"""Reading the past of a stream: the state that it had at a time, or at a position of the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

from seatkeeper.actors.aggregates.journal import StreamDamaged
from seatkeeper.storage import records
from seatkeeper.storage.errors import EventDamaged, QueryTooSlow
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.queries import Moment, Past
from seatkeeper.storage.records import EventRow, SnapshotRow
from seatkeeper.storage.sql.history import Fetch
from seatkeeper.storage.sql.pieces import Row, last_version

PAGE = 200
"""Events of a page, which is replayed in one turn of the loop, in some milliseconds."""

DEADLINE = 10.0
"""Seconds for one look at the past; with the milestones, a long stream takes a few hundredths of one."""

_EVENT = """
SELECT version, position, recorded_at FROM versions, wanted, events
WHERE low >= high AND stream_id = stream AND version = low
"""

_AT_POSITION = last_version("position", "BIGINT") + _EVENT
_AT_TIME = last_version("recorded_at", "TEXT") + _EVENT

_STATES = " UNION ALL ".join(
    f"SELECT * FROM (SELECT stream_id, version, schema, state, checksum FROM {table}"  # noqa: S608 - our own names
    " WHERE stream_id = ? AND version <= ? ORDER BY version DESC LIMIT 1) AS one"
    for table in ("snapshots", "milestones")
)


async def read_past(fetch: Fetch, stream_id: str, moment: Moment, kinds: Kinds) -> Past | None:
    """Read the state of a stream as of a moment, None if it had not begun.

    Raise EventDamaged when the stream cannot be read, and TooManyQueries, QueryTooSlow or StorageDown.
    """
    query = _AT_POSITION if isinstance(moment, int) else _AT_TIME
    found = cast("Sequence[tuple[int, int, str]]", await fetch(query, (stream_id, moment)))
    if not found:
        return None
    ((version, position, recorded_at),) = found
    try:
        async with asyncio.timeout(DEADLINE):
            return Past(await _replay(fetch, stream_id, version, kinds), version, position, recorded_at)
    except TimeoutError as error:
        raise QueryTooSlow from error
    except StreamDamaged as error:
        raise EventDamaged(str(error)) from error


async def _replay(fetch: Fetch, stream_id: str, version: int, kinds: Kinds) -> object:
    """Replay a stream up to a version, from the state that is stored next before it."""
    evolve = kinds.of_stream(stream_id).actor.evolve
    state, after = _latest(await fetch(_STATES, (stream_id, version) * 2), kinds)
    sql = "SELECT * FROM events WHERE stream_id = ? AND version > ? AND version <= ? ORDER BY version LIMIT ?"
    while after < version:
        rows = [EventRow(*row) for row in await fetch(sql, (stream_id, after, version, PAGE))]  # type: ignore[arg-type]
        if not rows or [row.version for row in rows] != list(range(after + 1, after + 1 + len(rows))):
            message = f"the versions of {stream_id} from {after + 1} on have a gap"
            raise StreamDamaged(message)
        for row in rows:
            state = evolve(state, records.read_event(row, kinds))
        after = rows[-1].version
    return state


def _latest(rows: Sequence[Row], kinds: Kinds) -> tuple[object, int]:
    """Choose the latest of the stored states that can be read; None and 0 if there is none."""
    for row in sorted((SnapshotRow(*row) for row in rows), key=lambda row: -row.version):  # type: ignore[arg-type]
        state = records.read_snapshot(row, kinds)
        if state is not None:
            return state, row.version
    return None, 0
