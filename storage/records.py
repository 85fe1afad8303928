"""Rows of the journal: how an event and a snapshot look on the disk."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, get_args

import msgspec

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.events import AccountEvent
from seatkeeper.actors.journal import StreamDamaged
from seatkeeper.actors.messages import Event
from seatkeeper.actors.subscriptions.events import PlanEvent
from seatkeeper.actors.subscriptions.plan import Plan
from seatkeeper.storage.upcasters import UPCASTERS

SNAPSHOT_SCHEMA = 1
"""The number of the shape of the states; a snapshot with another one is ignored and replaced."""

EVENT_TYPES: Mapping[str, type[Event]] = {
    event_type.tag: event_type for union in (AccountEvent, PlanEvent) for event_type in get_args(union)
}

KNOWN_TYPES: Sequence[str] = (*EVENT_TYPES, *UPCASTERS)
"""The tags of all that can be read: what is written today, and the forms of old."""

_STATES: Mapping[str, type[Account | Plan]] = {"account": Account, "plan": Plan}

_encode = msgspec.json.Encoder().encode
_decoders: Mapping[str, Callable[[str | bytes], Event]] = {
    **{tag: msgspec.json.Decoder(event_type).decode for tag, event_type in EVENT_TYPES.items()},
    **UPCASTERS,
}
_state_decoders = {kind: msgspec.json.Decoder(state_type) for kind, state_type in _STATES.items()}


class EventRow(NamedTuple):
    """A row of the table `events`."""

    position: int
    stream_id: str
    version: int
    type: str
    recorded_at: str
    data: str
    checksum: int


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
    """Sum up the columns of a row: CRC-32 of their text, a line each."""
    return zlib.crc32("\n".join(map(str, columns)).encode())


def event_columns(stream_id: str, version: int, event: Event, recorded_at: str) -> tuple[str, int, str, str, str, int]:
    """Write an event as the columns of its row, all but the position, which it gets when it is committed."""
    data = _encode(event)
    code = zlib.crc32(data, zlib.crc32(f"{stream_id}\n{version}\n{event.tag}\n{recorded_at}\n".encode()))
    return stream_id, version, event.tag, recorded_at, data.decode(), code


def read_event(row: EventRow) -> Event:
    """Read the event of a row; raise StreamDamaged when it is not what was written."""
    if row.checksum != checksum(*row[1:-1]):
        message = f"event {row.position} ({row.stream_id}, version {row.version}) does not match its checksum"
        raise StreamDamaged(message)
    try:
        return decode_event(row.type, row.data)
    except (KeyError, msgspec.DecodeError) as error:
        message = f"event {row.position} ({row.stream_id}, version {row.version}) cannot be read: {error!r}"
        raise StreamDamaged(message) from error


def decode_event(tag: str, data: str | bytes) -> Event:
    """Decode an event, whatever the form in which it was written; raise KeyError or msgspec.DecodeError."""
    return _decoders[tag](data)


def snapshot_row(stream_id: str, version: int, state: object) -> SnapshotRow:
    """Write a state as a row."""
    text = to_json(state)
    return SnapshotRow(stream_id, version, SNAPSHOT_SCHEMA, text, checksum(stream_id, version, SNAPSHOT_SCHEMA, text))


def read_snapshot(row: SnapshotRow) -> Account | Plan | None:
    """Read the state of a row, None when it is of another schema or not what was written."""
    if row.schema != SNAPSHOT_SCHEMA or row.checksum != checksum(*row[:-1]):
        return None
    try:
        return _state_decoders[row.stream_id.partition("-")[0]].decode(row.state)
    except (KeyError, msgspec.DecodeError):
        return None
