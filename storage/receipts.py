"""Receipts, which are the stored answers to idempotency keys, as rows."""

from __future__ import annotations

from typing import NamedTuple

from seatkeeper.actors.aggregates.journal import Receipt, StreamDamaged
from seatkeeper.storage.records import checksum


class ReceiptRow(NamedTuple):
    """A row of the table `receipts`, without its number."""

    key: str
    fingerprint: bytes
    status: int
    version: int | None
    position: int | None
    location: str | None
    body: str
    recorded_at: str
    checksum: int


def receipt_row(receipt: Receipt, position: int, recorded_at: str) -> ReceiptRow:
    """Write a receipt as a row; `position` is that of an accepted command."""
    committed_at = None if receipt.position is None else position
    columns = (
        receipt.key,
        receipt.fingerprint,
        receipt.status,
        receipt.version,
        committed_at,
        receipt.location,
        receipt.body,
    )
    return ReceiptRow(*columns, recorded_at, _checksum(*columns, recorded_at))


def read_receipt(row: ReceiptRow) -> Receipt:
    """Read the receipt of a row; raise StreamDamaged when it was changed."""
    if row.checksum != _checksum(*row[:-1]):
        message = f"the receipt of the key {row.key!r} does not match its checksum"
        raise StreamDamaged(message)
    return Receipt(*row[:-1])


def _checksum(key: str, fingerprint: bytes, *columns: object) -> int:
    return checksum(key, fingerprint.hex(), *columns)
