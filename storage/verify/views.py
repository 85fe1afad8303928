"""The rows of all views, made anew from the journal."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias, cast

from seatkeeper.actors.aggregates.journal import StreamDamaged
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.projections.view import Row, View
from seatkeeper.storage.verify.reading import Reading
from seatkeeper.storage.verify.replay import EVENTS, Stored, printable, replay

ROWS_AT_ONCE = 5_000
"""Rows that are held in memory before they are written."""

PAGE = 2_000
"""Events that are read at once."""

_STREAMS = "SELECT stream_id FROM events WHERE version = 1 ORDER BY position"
"""In the order in which they began, which is that of `number`."""

_STREAM = f"{EVENTS} WHERE stream_id = CAST(? AS TEXT) AND version > ? ORDER BY version LIMIT {PAGE}"

Made: TypeAlias = Mapping[View, Sequence[Row]]
"""Rows of each view, in the order in which they have to be written."""


def made_anew(reading: Reading, kinds: Kinds, views: Sequence[View]) -> Iterator[tuple[Made, int, int]]:
    """Make the rows of these views, some at once, with the events that are done and their total.

    Raise StreamDamaged.
    """
    ((total,),) = cast("Sequence[tuple[int]]", reading.fetch(f"SELECT count(*) FROM {reading.dialect.positions}"))  # noqa: S608 - our own source
    rows: dict[View, list[Row]] = {view: [] for view in views}
    done = 0
    for (stream_id,) in cast("Iterator[tuple[bytes]]", reading.rows(_STREAMS)):
        state, version = _last_state(reading, stream_id, kinds)
        done += version
        for view in kinds.of_stream(stream_id.decode("utf-8", "replace")).views:
            if view in rows:
                rows[view] += view.rows(state, version)
        if sum(map(len, rows.values())) >= ROWS_AT_ONCE:
            yield rows, done, total
            rows = {view: [] for view in views}
    if any(rows.values()):
        yield rows, done, total
    if done != total:
        message = f"{total - done} events belong to streams that have no first event"
        raise StreamDamaged(message)


def _last_state(reading: Reading, stream_id: bytes, kinds: Kinds) -> tuple[object, int]:
    """Replay a stream; return its state and version."""
    steps = deque(replay(stream_id, _events(reading, stream_id), kinds), maxlen=1)
    if not steps:
        message = f"the events of {printable(stream_id)} are not where their index says"
        raise StreamDamaged(message)
    ((_, version, _, state),) = steps
    return state, version


def _events(reading: Reading, stream_id: bytes) -> Iterator[Stored]:
    version, more = 0, True
    while more:
        page = cast("Sequence[Stored]", reading.fetch(_STREAM, (stream_id, version)))
        yield from page
        more = len(page) == PAGE
        version = page[-1][2] if page else 0
