"""A batch of what waits, as a few statements of many rows: a row costs 2 us so, and 3 with `executemany`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import NamedTuple

import msgspec

from seatkeeper.actors.journal import Append
from seatkeeper.storage.database import Value
from seatkeeper.storage.receipts import ReceiptRow, receipt_row
from seatkeeper.storage.records import EventRow, SnapshotRow
from seatkeeper.storage.views import AccountRow, MemberRow, PlanRow, ViewRow
from seatkeeper.storage.writer import Statement

EventColumns = tuple[str, int, str, str, str, int]
"""The columns of an event but its position, which it gets when it is committed."""

ROWS_A_STATEMENT = 64
"""Rows of one statement; each number of them is a statement of its own, which SQLite compiles once."""


class Waiting(msgspec.Struct, gc=False):
    """An append or a snapshot in the queue, already in the form in which it is written."""

    stream_id: str
    append: Append | None
    recorded_at: str
    events: Sequence[EventColumns] = ()
    views: Sequence[ViewRow] = ()
    snapshot: SnapshotRow | None = None
    position: int = 0
    """The position of the last event of the stream, once it is being committed."""


class Table(NamedTuple):
    """How rows get into a table."""

    head: str
    tail: str = ""


def _table(name: str, columns: Sequence[str], key: Sequence[str] = ()) -> Table:
    head = f"INSERT INTO {name} ({', '.join(columns)}) VALUES "  # noqa: S608 - only our own names
    if not key:
        return Table(head)
    others = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in key)
    return Table(head, f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {others}")


_EVENTS = _table("events", EventRow._fields)
_RECEIPTS = _table("receipts", ReceiptRow._fields)
_SNAPSHOTS = _table("snapshots", SnapshotRow._fields, ["stream_id"])
_PLANS = _table("plans", PlanRow._fields, ["plan_id"])
_ACCOUNTS = _table("accounts", AccountRow._fields, ["account_id"])
_MEMBERS = _table("members", MemberRow._fields, ["account_id", "member_id"])
# Not `IN (VALUES ...)`, for which SQLite looks at each member that there is, of whatever account.
_GONE = Table(
    "WITH gone (account_id, member_id) AS (VALUES ",
    ") DELETE FROM members WHERE (account_id, member_id) IN (SELECT account_id, member_id FROM gone)",
)


def statements(some: Sequence[Waiting], position: int) -> tuple[list[Statement], int]:
    """Return what writes these, whose events follow on a position, and the number of the events.

    Each append learns its position from this. Of two rows for the same thing, the later one counts.
    """
    events = _place(some, position)
    receipts = [
        receipt_row(waiting.append.receipt, waiting.position, waiting.recorded_at)
        for waiting in some
        if waiting.append is not None and waiting.append.receipt is not None
    ]
    snapshots = {waiting.stream_id: waiting.snapshot for waiting in some if waiting.snapshot is not None}
    written = [
        *_rows(_EVENTS, events),
        *_views(row for waiting in some for row in waiting.views),
        *_rows(_RECEIPTS, receipts),
        *_rows(_SNAPSHOTS, list(snapshots.values())),
    ]
    return written, len(events)


def _place(some: Sequence[Waiting], position: int) -> list[tuple[int, str, int, str, str, str, int]]:
    """Give the events their positions, and each append that of the last event of its stream."""
    events: list[tuple[int, str, int, str, str, str, int]] = []
    last: dict[str, int] = {}
    for waiting in some:
        for columns in waiting.events:
            position += 1
            events.append((position, *columns))
        if waiting.events:
            last[waiting.stream_id] = waiting.position = position
        elif waiting.append is not None:
            waiting.position = last.get(waiting.stream_id) or waiting.append.stream_position()
    return events


def _views(rows: Iterable[ViewRow]) -> Iterator[Statement]:
    plans: dict[str, PlanRow] = {}
    accounts: dict[str, AccountRow] = {}
    members: dict[tuple[str, str], MemberRow] = {}
    for row in rows:
        if isinstance(row, AccountRow):
            accounts[row.account_id] = row
        elif isinstance(row, MemberRow):
            members[row.account_id, row.member_id] = row
        else:
            plans[row.plan_id] = row
    yield from _rows(_PLANS, list(plans.values()))
    yield from _rows(_ACCOUNTS, list(accounts.values()))
    yield from _rows(_MEMBERS, [row for row in members.values() if row.summary is not None])
    yield from _rows(_GONE, [row[:2] for row in members.values() if row.summary is None])


def _rows(table: Table, rows: Sequence[Sequence[Value]]) -> Iterator[Statement]:
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        some = rows[start : start + ROWS_A_STATEMENT]
        yield _statement(table, len(some), len(some[0])), list(chain.from_iterable(some))


@cache
def _statement(table: Table, rows: int, columns: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return table.head + ", ".join([row] * rows) + table.tail
