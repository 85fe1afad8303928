"""A batch of queued writes as a few statements of many rows: 2 us a row, and 3 us with `executemany`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import NamedTuple

from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.journal.writes import QueuedWrite, place
from seatkeeper.storage.projections.view import Deleted, Row, View, ViewChange
from seatkeeper.storage.receipts import ReceiptRow, receipt_row
from seatkeeper.storage.records import EventRow, SnapshotRow
from seatkeeper.storage.sqlite import blocks
from seatkeeper.storage.sqlite.reading.readers import Value

ROWS_A_STATEMENT = 64
"""Rows of a statement at most; SQLite compiles one statement for each number of rows."""


class Table(NamedTuple):
    """The SQL before and after the rows of a statement."""

    head: str
    tail: str = ""


def _table(name: str, columns: Sequence[str], key: Sequence[str] = ()) -> Table:
    head = f"INSERT INTO {name} ({', '.join(columns)}) VALUES "  # noqa: S608 - only our own names
    if not key:
        return Table(head)
    others = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in key)
    return Table(head, f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {others}")


_EVENTS = _table("events", EventRow._fields)
_BLOCKS = Table("INSERT INTO event_blocks (what, block) VALUES ", " ON CONFLICT DO NOTHING")
_RECEIPTS = _table("receipts", ReceiptRow._fields)
_SNAPSHOTS = _table("snapshots", SnapshotRow._fields, ["stream_id"])
_MILESTONES = _table("milestones", SnapshotRow._fields, ["stream_id", "version"])


@cache
def _upserts(view: View) -> Table:
    return _table(view.table, view.columns, view.key)


@cache
def _deletions(view: View) -> Table:
    key = ", ".join(view.key)
    # Not `IN (VALUES ...)`, for which SQLite scans the whole table.
    return Table(
        f"WITH deleted ({key}) AS (VALUES ",
        f") DELETE FROM {view.table} WHERE ({key}) IN (SELECT {key} FROM deleted)",  # noqa: S608 - only our own names
    )


def statements(writes: Sequence[QueuedWrite], position: int) -> tuple[list[Statement], int]:
    """Return the statements of these writes, whose events follow a position, and the number of the events.

    This sets the position of each write. Of two rows with one key, the later one is written.
    """
    events = place(writes, position)
    receipts = [
        receipt_row(write.append.receipt, write.position, write.recorded_at)
        for write in writes
        if write.append is not None and write.append.receipt is not None
    ]
    snapshots = {write.stream_id: write.snapshot for write in writes if write.snapshot is not None}
    written = [
        *_rows(_EVENTS, events),
        *_rows(_BLOCKS, blocks.rows(events)),
        *_views(change for write in writes for change in write.views),
        *_rows(_RECEIPTS, receipts),
        *_rows(_SNAPSHOTS, list(snapshots.values())),
        *_rows(_MILESTONES, [write.snapshot for write in writes if write.snapshot is not None and write.milestone]),
    ]
    return written, len(events)


def _views(changes: Iterable[ViewChange]) -> Iterator[Statement]:
    latest: dict[View, dict[Row, Row | Deleted]] = {}
    for view, row in changes:
        rows = latest.get(view)
        if rows is None:
            rows = latest[view] = {}
        rows[row.key if isinstance(row, Deleted) else row[: view.key_columns]] = row
    for view, rows in latest.items():
        yield from _rows(_upserts(view), [row for row in rows.values() if not isinstance(row, Deleted)])
        yield from _rows(_deletions(view), [row.key for row in rows.values() if isinstance(row, Deleted)])


def _rows(table: Table, rows: Sequence[Sequence[Value]]) -> Iterator[Statement]:
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        some = rows[start : start + ROWS_A_STATEMENT]
        yield _statement(table, len(some), len(some[0])), list(chain.from_iterable(some))


@cache
def _statement(table: Table, rows: int, columns: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return table.head + ", ".join([row] * rows) + table.tail
