"""Receipts, found by their keys."""

from __future__ import annotations

from collections.abc import Sequence

from seatkeeper.actors.aggregates.journal import JournalFull, Receipt
from seatkeeper.storage.errors import QueryTooSlow, TooManyQueries
from seatkeeper.storage.receipts import ReceiptRow, read_receipt
from seatkeeper.storage.sql.history import Fetch
from seatkeeper.storage.sql.lookups import RowLoader
from seatkeeper.storage.sql.pieces import Row

_COLUMNS = ", ".join(ReceiptRow._fields)


def receipt_loader(fetch: Fetch) -> RowLoader[Receipt]:
    """Find receipts through `fetch`.

    A lookup raises StreamDamaged, JournalFull when too many queries wait or this one takes too long, and what `fetch`
    raises.
    """

    async def query(keys: Sequence[str]) -> Sequence[Row]:
        marks = ", ".join("?" * len(keys))
        sql = f"SELECT {_COLUMNS} FROM receipts WHERE key IN ({marks})"  # noqa: S608 - only marks
        try:
            return await fetch(sql, keys)
        except (TooManyQueries, QueryTooSlow) as error:
            raise JournalFull from error

    return RowLoader(query, lambda row: read_receipt(ReceiptRow(*row)), late=JournalFull)  # type: ignore[arg-type]
