"""Receipts, found by their keys."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from seatkeeper.actors.aggregates.journal import JournalFull, Receipt
from seatkeeper.storage.errors import QueryTooSlow, StorageDown, TooManyQueries
from seatkeeper.storage.receipts import ReceiptRow, read_receipt
from seatkeeper.storage.sql.lookups import RowLoader
from seatkeeper.storage.sqlite.reading.readers import Readers, Row

_COLUMNS = ", ".join(ReceiptRow._fields)


def receipt_loader(readers: Callable[[], Readers]) -> RowLoader[Receipt]:
    """Find receipts through these readers, which each query asks for, because a file that is opened again has new ones.

    A lookup raises NotStored when the database cannot answer now, and StreamDamaged.
    """

    async def query(keys: Sequence[str]) -> Sequence[Row]:
        marks = ", ".join("?" * len(keys))
        sql = f"SELECT {_COLUMNS} FROM receipts WHERE key IN ({marks})"  # noqa: S608 - only marks
        try:
            return await readers().fetch(sql, keys)
        except (TooManyQueries, QueryTooSlow) as error:
            raise JournalFull from error
        except (sqlite3.Error, ValueError) as error:  # the connection is closed, or fails
            raise StorageDown from error

    return RowLoader(query, lambda row: read_receipt(ReceiptRow(*row)), late=JournalFull)  # type: ignore[arg-type]
