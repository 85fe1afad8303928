"""A batch of appends as a few statements of many rows: a row costs 2 us so, and 3 with `executemany`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, islice

from seatkeeper.storage.database import Value
from seatkeeper.storage.records import EventRow, SnapshotRow
from seatkeeper.storage.views import AccountRow, MemberRow, PlanRow, ViewRow

Statement = tuple[str, list[Value]]

ROWS_A_STATEMENT = 64
"""Rows of one statement; each number of them is a statement of its own, which SQLite compiles once."""

_EVENTS = "INSERT INTO events (position, stream_id, version, type, recorded_at, data, checksum) VALUES "
_PLANS = "INSERT INTO plans (plan_id, status, version, summary) VALUES "
_ACCOUNTS = "INSERT INTO accounts (account_id, plan_id, status, name, version, summary) VALUES "
_MEMBERS = "INSERT INTO members (account_id, member_id, summary) VALUES "
_GONE = "DELETE FROM members WHERE (account_id, member_id) IN (VALUES "
_SNAPSHOTS = "INSERT INTO snapshots (stream_id, version, schema, state, checksum) VALUES "

_SAME_PLAN = (
    " ON CONFLICT (plan_id) DO UPDATE SET"
    " status = excluded.status, version = excluded.version, summary = excluded.summary"
)
_SAME_ACCOUNT = (
    " ON CONFLICT (account_id) DO UPDATE SET plan_id = excluded.plan_id,"
    " status = excluded.status, name = excluded.name, version = excluded.version, summary = excluded.summary"
)
_SAME_MEMBER = " ON CONFLICT (account_id, member_id) DO UPDATE SET summary = excluded.summary"
_SAME_SNAPSHOT = (
    " ON CONFLICT (stream_id) DO UPDATE SET version = excluded.version,"
    " schema = excluded.schema, state = excluded.state, checksum = excluded.checksum"
)


def statements(
    events: Sequence[EventRow], views: Iterable[ViewRow], snapshots: Sequence[SnapshotRow]
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
    yield from _rows(_PLANS, list(plans.values()), _SAME_PLAN)
    yield from _rows(_ACCOUNTS, list(accounts.values()), _SAME_ACCOUNT)
    yield from _rows(_MEMBERS, [row for row in members.values() if row.summary is not None], _SAME_MEMBER)
    gone = [(row.account_id, row.member_id) for row in members.values() if row.summary is None]
    yield from _rows(_GONE, gone, ")")
    yield from _rows(_SNAPSHOTS, list({row.stream_id: row for row in snapshots}.values()), _SAME_SNAPSHOT)


def _rows(head: str, rows: Sequence[tuple[Value, ...]], tail: str = "") -> Iterator[Statement]:
    remaining = iter(rows)
    while some := list(islice(remaining, ROWS_A_STATEMENT)):
        yield _statement(head, tail, len(some), len(some[0])), list(chain.from_iterable(some))


@cache
def _statement(head: str, tail: str, rows: int, columns: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return head + ", ".join([row] * rows) + tail
