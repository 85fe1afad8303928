"""Replays: the states that follow from the stored events of a stream."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from seatkeeper.actors.aggregates.aggregate import AnyAggregate
from seatkeeper.actors.aggregates.journal import StreamDamaged
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.storage.kinds import Kinds

Stored: TypeAlias = tuple[int, bytes, int, bytes, bytes, bytes, int, bytes | None]
"""A row of the table `events`, its text as bytes."""

Step: TypeAlias = tuple[int, int, Event, object]
"""Position, version, event, and the state after it, which the next step changes in place."""

EVENTS = "SELECT position, stream_id, version, type, recorded_at, data, checksum, context FROM events"


def replay(stream_id: bytes, rows: Iterable[Stored], kinds: Kinds) -> Iterator[Step]:
    """Replay a stream from its first event; raise StreamDamaged, which names the first wrong row."""
    state: object = None
    last_version = last_position = 0
    for position, _, version, tag, recorded_at, data, checksum, context in rows:
        if version != last_version + 1:
            raise _damage(position, stream_id, version, f"comes after version {last_version}")
        if position <= last_position:
            raise _damage(position, stream_id, version, f"comes after position {last_position}")
        if checksum != row_checksum(
            stream_id, version, tag, recorded_at, data, *([] if context is None else [context])
        ):
            raise _damage(position, stream_id, version, "does not match its checksum")
        try:
            event = kinds.decode_event(tag.decode(), data)
        except (KeyError, ValueError, TypeError, AttributeError) as error:  # a DecodeError is a ValueError
            raise _damage(position, stream_id, version, f"cannot be read: {error!r}") from error
        try:
            state = _begin(stream_id, event, kinds) if version == 1 else _continue(stream_id, state, event, kinds)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _damage(position, stream_id, version, f"does not fit here: {error!r}") from error
        last_version, last_position = version, position
        yield position, version, event, state


def row_checksum(*columns: object) -> int:
    """Compute the checksum of a row from the bytes in the file, so that rows with other bytes differ."""
    return zlib.crc32(b"\n".join(column if isinstance(column, bytes) else b"%a" % (column,) for column in columns))


def printable(text: object) -> str:
    """Format any value of a file for one line of a terminal."""
    if not isinstance(text, bytes):
        return repr(text)
    decoded = text.decode("utf-8", "replace")
    return decoded if decoded.isprintable() else ascii(decoded)


def kind_of(stream_id: bytes, kinds: Kinds) -> type[AnyAggregate]:
    """Find the actor class of a stream; raise KeyError."""
    return kinds.of_stream(stream_id.decode("utf-8", "replace")).actor


def _begin(stream_id: bytes, event: Event, kinds: Kinds) -> object:
    kind = kind_of(stream_id, kinds)
    if isinstance(event, kind.event_types[0]):
        state = kind.evolve(None, event)
        if stream_id.decode("utf-8", "replace") == f"{kind.kind}-{kind.identity(state)}":
            return state
    message = f"{event.tag} does not begin {printable(stream_id)}"
    raise ValueError(message)


def _continue(stream_id: bytes, state: object, event: Event, kinds: Kinds) -> object:
    kind = kind_of(stream_id, kinds)
    if isinstance(event, kind.event_types[0]):
        message = f"a second {event.tag}"
        raise ValueError(message)  # noqa: TRY004 - a wrong event, not a wrong argument
    if type(event) not in kind.event_types:
        message = f"{event.tag} is not an event of kind {kind.kind}"
        raise ValueError(message)
    return kind.evolve(state, event)


def _damage(position: int, stream_id: bytes, version: int, what: str) -> StreamDamaged:
    return StreamDamaged(f"event {position} ({printable(stream_id)}, version {version}) {what}")
