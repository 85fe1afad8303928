"""A batch of queued writes as a few statements, each with an array for each column.

The views and the snapshots come first. The events come last, because the first of their statements locks the head of
the journal, which all writers share.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import NamedTuple, get_args, get_type_hints

from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.journal.writes import QueuedWrite
from seatkeeper.storage.postgresql import blocks
from seatkeeper.storage.postgresql.reading.marks import storable
from seatkeeper.storage.projections.view import Deleted, Row, View, ViewChange
from seatkeeper.storage.receipts import ReceiptRow, receipt_row
from seatkeeper.storage.records import EventRow, SnapshotRow

_TYPES = {int: "bigint", str: "text", bytes: "bytea"}

_EVENT_COLUMNS = EventRow._fields[1:]

LOOK = "SELECT FROM shards WHERE shard = $1 AND epoch = $2"
"""Finds a row unless another process has taken the shard."""

FENCE = f"{LOOK} FOR SHARE"
"""The same in a commit: it holds up who wants to until the commit."""


def array_types(row: type[NamedTuple], columns: Sequence[str]) -> list[str]:
    """Name the types of the arrays for these columns of a row."""
    hints = get_type_hints(row)
    return [f"{next(_TYPES[kind] for kind in (get_args(hints[name]) or (hints[name],)))}[]" for name in columns]


def _arrays(types: Sequence[str], first: int = 1) -> str:
    return ", ".join(f"${number}::{kind}" for number, kind in enumerate(types, first))


def _insert(table: str, row: type[NamedTuple], key: Sequence[str] = ()) -> str:
    columns = row._fields
    rows = f"unnest({_arrays(array_types(row, columns))})"
    sql = f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM {rows}"  # noqa: S608 - only our own names
    if not key:
        return sql
    others = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in key)
    return f"{sql} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {others}"


@cache
def _upsert(view: View) -> str:
    return _insert(view.table, view.row, view.key)


@cache
def _deletion(view: View) -> str:
    key, rows = ", ".join(view.key), f"unnest({_arrays(array_types(view.row, view.key))})"
    return f"DELETE FROM {view.table} WHERE ({key}) IN (SELECT * FROM {rows})"  # noqa: S608 - only our own names


_SNAPSHOTS = _insert("snapshots", SnapshotRow, ["stream_id"])
_MILESTONES = _insert("milestones", SnapshotRow, ["stream_id", "version"])
_RECEIPTS = _insert("receipts", ReceiptRow)
_COLUMNS = ", ".join(_EVENT_COLUMNS)
_EVENT_TYPES = array_types(EventRow, _EVENT_COLUMNS)
_AFTER_EVENTS = 4 + len(_EVENT_TYPES)

EVENTS = f"""
WITH fence AS MATERIALIZED ({FENCE}),
head AS MATERIALIZED (
    UPDATE journal_head SET position = position + $3 WHERE EXISTS (SELECT FROM fence) RETURNING position - $3 AS base
),
stored AS (
    INSERT INTO events (position, {_COLUMNS}) SELECT base + n, {_COLUMNS}
    FROM head, unnest({_arrays(_EVENT_TYPES, 4)}) WITH ORDINALITY AS event ({_COLUMNS}, n)
),
marked AS (
    INSERT INTO event_blocks (what, block) SELECT DISTINCT what, (base + n) >> {blocks.BITS}
    FROM head, unnest({_arrays(["text[]", "bigint[]"], _AFTER_EVENTS)}) AS found (what, n) ON CONFLICT DO NOTHING
)
SELECT base FROM head
"""  # noqa: S608 - only our own names
"""Stores the events of a batch, and returns the position before the first: no row if the fence has fallen.

The row of the head is locked from here to the commit, so positions are in the order of the commits, without gaps.
"""


def first_statements(writes: Sequence[QueuedWrite]) -> list[Statement]:
    """Return the statements that need no position: of two rows with one key, the later one is written."""
    snapshots = {write.stream_id: write.snapshot for write in writes if write.snapshot is not None}
    views = _views(change for write in writes for change in write.views)
    kept = [write.snapshot for write in writes if write.snapshot is not None and write.milestone]
    states = [(_SNAPSHOTS, list(snapshots.values())), (_MILESTONES, kept)]
    return [*views, *((sql, _columns(rows)) for sql, rows in states if rows)]


def events_parameters(writes: Sequence[QueuedWrite]) -> tuple[int, list[Sequence[object]]]:
    """Return the number of the events, and the arrays of `EVENTS`."""
    events = list(chain.from_iterable(write.events for write in writes))
    columns = _columns(events) if events else [()] * len(_EVENT_COLUMNS)
    return len(events), [*columns, *(_columns(blocks.offsets(events)) if events else [(), ()])]


def receipt_statements(writes: Sequence[QueuedWrite]) -> list[Statement]:
    """Return the statement for the receipts of these writes, whose positions are set."""
    rows = [
        receipt_row(write.append.receipt, write.position, write.recorded_at)
        for write in writes
        if write.append is not None and write.append.receipt is not None
    ]
    return [(_RECEIPTS, _columns(rows))] if rows else []


def _views(changes: Iterable[ViewChange]) -> Iterator[Statement]:
    latest: dict[View, dict[Row, Row | Deleted]] = {}
    for view, row in changes:
        rows = latest.setdefault(view, {})
        rows[row.key if isinstance(row, Deleted) else row[: view.key_columns]] = row
    for view, rows in latest.items():
        stored = [tuple(map(storable, row)) for row in rows.values() if not isinstance(row, Deleted)]
        deleted = [row.key for row in rows.values() if isinstance(row, Deleted)]
        if stored:
            yield _upsert(view), _columns(stored)
        if deleted:
            yield _deletion(view), _columns(deleted)


def _columns(rows: Sequence[Sequence[object]]) -> list[Sequence[object]]:
    return list(zip(*rows, strict=True))
