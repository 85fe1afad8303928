"""The rows of all views, made anew from the journal."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias, cast

from seatkeeper.actors.aggregates.journal import StreamDamaged
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.projections.view import Row, View
from seatkeeper.storage.records import EventRow
from seatkeeper.storage.verify.reading import Reading
from seatkeeper.storage.verify.replay import Stored, replay

ROWS_AT_ONCE = 5_000
"""Rows that are held in memory before they are written."""

_EVENTS = f"""
SELECT {", ".join(f"event.{column}" for column in EventRow._fields)}
FROM events AS first CROSS JOIN events AS event WHERE first.version = 1 AND event.stream_id = first.stream_id
ORDER BY first.position, event.version
"""  # noqa: S608 - our own columns
"""Selects all events, stream by stream, in the order in which the streams began, which is that of `number`."""

Made: TypeAlias = Mapping[View, Sequence[Row]]
"""Rows of each view, in the order in which they have to be written."""


def made_anew(reading: Reading, kinds: Kinds, views: Sequence[View]) -> Iterator[tuple[Made, int, int]]:
    """Make the rows of these views, some at once, with the events that are done and their total.

    Raise StreamDamaged.
    """
    ((total,),) = cast("Sequence[tuple[int]]", reading.fetch(f"SELECT count(*) FROM {reading.dialect.positions}"))  # noqa: S608 - our own source
    rows: dict[View, list[Row]] = {view: [] for view in views}
    done = 0
    for stream_id, events in groupby(cast("Iterator[Stored]", reading.rows(_EVENTS)), key=itemgetter(1)):
        ((_, version, _, state),) = deque(replay(stream_id, events, kinds), maxlen=1)
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
