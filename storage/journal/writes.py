"""What waits for a commit: an append or a snapshot, encoded on its way into the queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from seatkeeper.actors.aggregates.journal import Append, NotStored
from seatkeeper.storage import records
from seatkeeper.storage.kinds import Claim, Kinds
from seatkeeper.storage.projections.view import ViewChange
from seatkeeper.storage.records import EventColumns, SnapshotRow

PlacedEvent: TypeAlias = tuple[int, str, int, str, str, str, int, str | None]
"""The columns of an event with its position."""


class QueuedWrite(msgspec.Struct, gc=False):
    """An append or a snapshot in the queue, already encoded."""

    stream_id: str
    append: Append | None
    recorded_at: str
    events: Sequence[EventColumns] = ()
    views: Sequence[ViewChange] = ()
    snapshot: SnapshotRow | None = None
    milestone: bool = False
    """Whether the snapshot is kept besides when the next one replaces it."""
    claim: Claim | None = None
    position: int = 0
    """The position of the last event of the stream, known when the commit has returned."""


def encode(append: Append, recorded_at: str, kinds: Kinds) -> QueuedWrite:
    """Encode an append, with the views that it changes and what it claims; raise NotStored if it cannot be written."""
    stream_id, version = append.stream_id, append.version
    try:
        context = None if append.context is None else records.to_json(append.context)
        events = [
            records.event_columns(stream_id, version + count, event, recorded_at, context)
            for count, event in enumerate(append.events, 1)
        ]
        views = kinds.project(append.state, version + len(events), append.events) if events else ()
    except (TypeError, ValueError, OverflowError) as error:
        message = f"events of {stream_id} cannot be written: {error}"
        raise NotStored(message) from error
    return QueuedWrite(stream_id, append, recorded_at, events, views, claim=kinds.claim(stream_id, append.events))


def place(writes: Sequence[QueuedWrite], position: int) -> list[PlacedEvent]:
    """Give the events the positions after this one, and each write the position of the last event of its stream."""
    events: list[PlacedEvent] = []
    last: dict[str, int] = {}
    for write in writes:
        for columns in write.events:
            position += 1
            events.append((position, *columns))
        if write.events:
            last[write.stream_id] = write.position = position
        elif write.append is not None:
            write.position = last.get(write.stream_id) or write.append.stream_position()
    return events
