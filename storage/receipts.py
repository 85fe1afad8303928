"""Receipts: the stored answers to idempotency keys, as rows, and how they are found again."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from typing import NamedTuple

from seatkeeper.actors.futures import running_loop
from seatkeeper.actors.journal import JournalFull, NotStored, Receipt, StreamDamaged
from seatkeeper.storage.database import QueryTooSlow, Readers, Row, TooManyQueries
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


class ReceiptFinder:
    """Finds receipts: whoever asks while a query runs shares the next one, which halves what a fresh key costs."""

    MOST = 64
    """Keys of one query."""

    PATIENCE = 5.0
    """Seconds for which a key waits for its query; one that takes as long makes all behind it wait."""

    def __init__(self, readers: Callable[[], Readers]) -> None:
        """Query through these readers; they are asked for at each query, for they change with the connection."""
        self._readers = readers
        self._wanted: list[tuple[str, asyncio.Future[Receipt | None], float]] = []
        self._finding: asyncio.Task[None] | None = None

    def find(self, key: str) -> asyncio.Future[Receipt | None]:
        """Find what is stored under a key; the future raises NotStored when that cannot be told now."""
        loop = running_loop() or asyncio.get_running_loop()
        found: asyncio.Future[Receipt | None] = loop.create_future()
        self._wanted.append((key, found, loop.time()))
        if self._finding is None:
            self._finding = loop.create_task(self._find())
        return found

    async def _find(self) -> None:
        while self._wanted:
            before = 0
            while before < len(self._wanted) < self.MOST:  # a query costs 60 us, whatever is asked in it
                before = len(self._wanted)
                await asyncio.sleep(0)
            some, self._wanted = self._wanted[: self.MOST], self._wanted[self.MOST :]
            try:
                if some[0][2] < asyncio.get_running_loop().time() - self.PATIENCE:
                    raise JournalFull  # noqa: TRY301 - told as any other failure
                receipts = await self._query([key for key, _, _ in some])
            except Exception as error:  # noqa: BLE001 - it is told to everybody who asked
                for _, found, _ in some:
                    if not found.done():
                        found.set_exception(error)
            else:
                for key, found, _ in some:
                    if not found.done():
                        _tell(found, receipts.get(key))
        self._finding = None

    async def _query(self, keys: Sequence[str]) -> dict[str, Row]:
        marks = ", ".join("?" * len(keys))
        sql = f"SELECT {_COLUMNS} FROM receipts WHERE key IN ({marks})"  # noqa: S608 - only marks
        try:
            rows = await self._readers().fetch(sql, keys)
        except (TooManyQueries, QueryTooSlow) as error:
            raise JournalFull from error
        except (sqlite3.Error, ValueError) as error:  # the connection was closed meanwhile, or fails
            raise StorageDown from error
        return {str(row[0]): row for row in rows}


def _tell(found: asyncio.Future[Receipt | None], row: Row | None) -> None:
    try:
        found.set_result(None if row is None else read_receipt(ReceiptRow(*row)))  # type: ignore[arg-type]
    except StreamDamaged as error:
        found.set_exception(error)
