"""A batch of appends as a few statements of many rows: a row costs 2 us so, and 3 with `executemany`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import NamedTuple

from seatkeeper.storage.database import Value
from seatkeeper.storage.receipts import ReceiptRow
from seatkeeper.storage.records import EventRow, SnapshotRow
from seatkeeper.storage.views import AccountRow, MemberRow, PlanRow, ViewRow
from seatkeeper.storage.writer import Statement

ROWS_A_STATEMENT = 64
"""Rows of one statement; each number of them is a statement of its own, which SQLite compiles once."""


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
_GONE = Table("DELETE FROM members WHERE (account_id, member_id) IN (VALUES ", ")")


def statements(
    events: Sequence[Sequence[Value]],
    views: Iterable[ViewRow],
    receipts: Sequence[ReceiptRow],
    snapshots: Sequence[SnapshotRow],
) -> Iterator[Statement]:
    """Yield what writes these rows; of two view rows for the same thing, the later one counts."""
    yield from _rows(_EVENTS, events)
    plans: dict[str, PlanRow] = {}
    accounts: dict[str, AccountRow] = {}
    members: dict[tuple[str, str], MemberRow] = {}
    for row in views:
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
    yield from _rows(_RECEIPTS, receipts)
    yield from _rows(_SNAPSHOTS, list({row.stream_id: row for row in snapshots}.values()))


def _rows(table: Table, rows: Sequence[Sequence[Value]]) -> Iterator[Statement]:
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        some = rows[start : start + ROWS_A_STATEMENT]
        yield _statement(table, len(some), len(some[0])), list(chain.from_iterable(some))


@cache
def _statement(table: Table, rows: int, columns: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return table.head + ", ".join([row] * rows) + table.tail
