"""Events as they leave the service: JSON, and frames of server-sent events."""

from __future__ import annotations

import msgspec

from seatkeeper.storage.queries import StoredEvent

_encode = msgspec.json.Encoder().encode


class RawEvent(msgspec.Struct, frozen=True):
    """An event with its data and its context as they are stored."""

    position: int
    stream_id: str
    version: int
    type: str
    recorded_at: str
    data: msgspec.Raw
    context: msgspec.Raw | None


def raw_event(event: StoredEvent) -> RawEvent:
    """Make what is encoded as the event of the feed."""
    context = None if event.context is None else msgspec.Raw(event.context.encode())
    return RawEvent(*event[:5], data=msgspec.Raw(event.data.encode()), context=context)


def event_json(event: StoredEvent) -> bytes:
    """Write an event as the feed has it."""
    return _encode(raw_event(event))


def frame(event: StoredEvent) -> bytes:
    """Write an event as a frame of server-sent events; its JSON is one line."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.position, event.type.encode(), event_json(event))
