"""Receipts: the stored answers to idempotency keys, as rows, and how they are found again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import NamedTuple

from seatkeeper.actors.journal import JournalFull, NotStored, Receipt, StreamDamaged
from seatkeeper.storage.database import QueryTooSlow, Readers, Row, TooManyQueries
from seatkeeper.storage.finder import Finder
from seatkeeper.storage.records import checksum


class StorageDown(NotStored):
    """The database is not open at this moment: nothing was stored."""


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


_COLUMNS = ", ".join(ReceiptRow._fields)


def receipt_row(receipt: Receipt, position: int, recorded_at: str) -> ReceiptRow:
    """Write a receipt as a row; an accepted command is committed at this position."""
    placed = None if receipt.position is None else position
    columns = (
        receipt.key,
        receipt.fingerprint,
        receipt.status,
        receipt.version,
        placed,
        receipt.location,
        receipt.body,
    )
    return ReceiptRow(*columns, recorded_at, _checksum(*columns, recorded_at))


def read_receipt(row: ReceiptRow) -> Receipt:
    """Read the receipt of a row; raise StreamDamaged when it is not what was written."""
    if row.checksum != _checksum(*row[:-1]):
        message = f"the receipt of the key {row.key!r} does not match its checksum"
        raise StreamDamaged(message)
    return Receipt(*row[:-1])


def _checksum(key: str, fingerprint: bytes, *columns: object) -> int:
    return checksum(key, fingerprint.hex(), *columns)


def receipt_finder(readers: Callable[[], Readers]) -> Finder[Receipt]:
    """Find receipts through these readers, which are asked for at each query, for they change with the connection.

    What it returns raises NotStored when it cannot be told now what is stored, and StreamDamaged.
    """

    async def query(keys: Sequence[str]) -> Sequence[Row]:
        marks = ", ".join("?" * len(keys))
        sql = f"SELECT {_COLUMNS} FROM receipts WHERE key IN ({marks})"  # noqa: S608 - only marks
        try:
            return await readers().fetch(sql, keys)
        except (TooManyQueries, QueryTooSlow) as error:
            raise JournalFull from error
        except (sqlite3.Error, ValueError) as error:  # the connection was closed meanwhile, or fails
            raise StorageDown from error

    return Finder(query, lambda row: read_receipt(ReceiptRow(*row)), late=JournalFull)  # type: ignore[arg-type]
