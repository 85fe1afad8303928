"""Rows of the journal: events and snapshots as they are stored."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import msgspec

from seatkeeper.actors.aggregates.journal import StreamDamaged
from seatkeeper.actors.aggregates.messages import Event

if TYPE_CHECKING:
    from seatkeeper.storage.kinds import Kinds

SNAPSHOT_SCHEMA = 4
"""The version of the shapes of the states; a snapshot of a version that cannot be read is ignored and replaced."""

OLDEST_SNAPSHOT_SCHEMA = 3
"""The oldest version that is read; the actor of the kind fills in what it lacks."""

_encode = msgspec.json.Encoder().encode


class EventRow(NamedTuple):
    """A row of the table `events`."""

    position: int
    stream_id: str
    version: int
    type: str
    recorded_at: str
    data: str
    checksum: int
    context: str | None = None


class SnapshotRow(NamedTuple):
    """A row of the table `snapshots`."""

    stream_id: str
    version: int
    schema: int
    state: str
    checksum: int


def to_json(value: object) -> str:
    """Encode a value as JSON text."""
    return _encode(value).decode()


def checksum(*columns: object) -> int:
    """Compute the checksum of a row: CRC-32 of its columns as text, one a line."""
    return zlib.crc32("\n".join(map(str, columns)).encode())


EventColumns: TypeAlias = tuple[str, int, str, str, str, int, str | None]
"""The columns of an event without its position, which the commit assigns."""


def event_columns(
    stream_id: str, version: int, event: Event, recorded_at: str, context: str | None = None
) -> EventColumns:
    """Write an event as the columns of its row; the context is JSON."""
    data = _encode(event)
    code = zlib.crc32(data, zlib.crc32(f"{stream_id}\n{version}\n{event.tag}\n{recorded_at}\n".encode()))
    if context is not None:
        code = zlib.crc32(f"\n{context}".encode(), code)
    return stream_id, version, event.tag, recorded_at, data.decode(), code, context


def event_checksum(row: EventRow) -> int:
    """Compute the checksum that an event should have; events of releases before contexts have none."""
    _, stream_id, version, tag, recorded_at, data, _, context = row
    text = f"{stream_id}\n{version}\n{tag}\n{recorded_at}\n{data}"
    return zlib.crc32((text if context is None else f"{text}\n{context}").encode())


def read_event(row: EventRow, kinds: Kinds) -> Event:
    """Read the event of a row; raise StreamDamaged when the row was changed or its type is unknown."""
    if row.checksum != event_checksum(row):
        message = f"event {row.position} ({row.stream_id}, version {row.version}) does not match its checksum"
        raise StreamDamaged(message)
    try:
        return kinds.decode_event(row.type, row.data)
    except (KeyError, msgspec.DecodeError) as error:
        message = f"event {row.position} ({row.stream_id}, version {row.version}) cannot be read: {error!r}"
        raise StreamDamaged(message) from error


def snapshot_row(stream_id: str, version: int, state: object) -> SnapshotRow:
    """Write a state as a row."""
    text = to_json(state)
    return SnapshotRow(stream_id, version, SNAPSHOT_SCHEMA, text, checksum(stream_id, version, SNAPSHOT_SCHEMA, text))


def read_snapshot(row: SnapshotRow, kinds: Kinds) -> object | None:
    """Read the state of a row; return None when the row was changed or is of a schema that is not read."""
    if not OLDEST_SNAPSHOT_SCHEMA <= row.schema <= SNAPSHOT_SCHEMA or row.checksum != checksum(*row[:-1]):
        return None
    try:
        state = kinds.decode_state(row.stream_id, row.state)
    except (KeyError, msgspec.DecodeError):
        return None
    if row.schema != SNAPSHOT_SCHEMA:
        kinds.of_stream(row.stream_id).actor.complete(state, row.version)
    return state
