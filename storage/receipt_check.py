"""Receipts, checked: what was answered is whole, and what it says of the journal is there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from http import HTTPStatus
from typing import TypeAlias

import msgspec

from seatkeeper.storage.records import checksum
from seatkeeper.storage.replay import shown

_RECEIPTS = (
    "SELECT key, fingerprint, status, receipts.version, receipts.position, location, body, receipts.recorded_at,"
    " receipts.checksum, events.version"
    " FROM receipts LEFT JOIN events ON events.position = receipts.position ORDER BY number"
)

Receipt: TypeAlias = tuple[bytes, bytes, int, int | None, int | None, bytes | None, bytes, bytes, int, int | None]
"""The columns of a receipt, its text as bytes, and the version of the event at its position."""


def receipt_findings(connection: sqlite3.Connection) -> Iterator[str | None]:
    """Go through all receipts: None for each that is right, and a line for each that is not."""
    if connection.execute("PRAGMA user_version").fetchone()[0] == 1:  # of the time before there were any
        return
    row: Receipt
    for row in connection.execute(_RECEIPTS):
        wrong = _wrong(row)
        yield None if wrong is None else f"receipt {shown(row[0])}: {wrong}"


def _wrong(row: Receipt) -> str | None:
    key, fingerprint, status, version, position, location, body, recorded_at, code, found = row
    texts = [None if text is None else text.decode("utf-8", "replace") for text in (key, location, body, recorded_at)]
    if code != checksum(texts[0], fingerprint.hex(), status, version, position, *texts[1:]):
        return "does not match its checksum"
    if not HTTPStatus.OK <= status < HTTPStatus.INTERNAL_SERVER_ERROR or 300 <= status < 400:  # noqa: PLR2004
        return f"status {status} is no final answer"
    if (position is None) == (status < HTTPStatus.BAD_REQUEST):
        return f"status {status} with position {position}"
    if position is not None and found is None:
        return f"there is no event at its position {position}"
    if position is not None and version is not None and found != version:
        return f"version {version}, but the event at its position {position} has version {found}"
    return _wrong_body(status, body)


def _wrong_body(status: int, body: bytes) -> str | None:
    if (status == HTTPStatus.NO_CONTENT) != (body == b""):
        return f"status {status} with a body of {len(body)} bytes"
    if body:
        try:
            msgspec.json.decode(body)
        except ValueError as error:
            return f"its body is no JSON: {error}"
    return None
