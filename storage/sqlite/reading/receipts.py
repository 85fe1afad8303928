"""Receipts, found in the file by their keys."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable

from seatkeeper.actors.aggregates.journal import Receipt
from seatkeeper.storage.errors import StorageDown
from seatkeeper.storage.sql import receipts
from seatkeeper.storage.sql.lookups import RowLoader
from seatkeeper.storage.sqlite.reading.readers import Readers, Row, Value


def receipt_loader(readers: Callable[[], Readers]) -> RowLoader[Receipt]:
    """Find receipts through these readers, which each query asks for, because a file that is opened again has new ones.

    A lookup raises NotStored when the database cannot answer now, and StreamDamaged.
    """

    async def fetch(sql: str, values: Iterable[Value]) -> list[Row]:
        try:
            return await readers().fetch(sql, values)
        except (sqlite3.Error, ValueError) as error:  # the connection is closed, or fails
            raise StorageDown from error

    return receipts.receipt_loader(fetch)
