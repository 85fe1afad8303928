"""A batch costs what it changes, and not what is stored."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from seatkeeper.storage.journal.writes import QueuedWrite
from seatkeeper.storage.projections.accounts import ACCOUNTS, AccountRow
from seatkeeper.storage.projections.members import MEMBERS, MemberRow
from seatkeeper.storage.projections.plans import PLANS, PlanRow
from seatkeeper.storage.projections.view import Deleted
from seatkeeper.storage.records import SnapshotRow
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite.batch import statements
from seatkeeper.storage.sqlite.file.schema import schema_text

TABLES = ("events", "snapshots", "receipts", "plans", "accounts", "members")


@pytest.mark.parametrize("appends", [1, 2, 64, 65])
def test_no_statement_of_a_batch_looks_at_all_rows_of_a_table(appends: int) -> None:
    """A batch that removed two members looked at every member of every account."""
    some = [waiting(str(number)) for number in range(appends)]

    written, _ = statements(some, 0)

    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(schema_text(KINDS))
        steps = [
            (sql, row[3])
            for sql, parameters in written
            for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
        ]
    assert any("SEARCH members" in step for _, step in steps)
    assert [(sql, step) for sql, step in steps if step.startswith(tuple(f"SCAN {table}" for table in TABLES))] == []


def waiting(number: str) -> QueuedWrite:
    """Make a write of everything that a batch can hold, except for receipts."""
    return QueuedWrite(
        number,
        None,
        "now",
        [(number, 1, "member.removed", "now", "{}", 0, None)],
        [
            (PLANS, PlanRow(number, "active", None, 1, "{}")),
            (ACCOUNTS, AccountRow(number, "plan", "active", "name", None, 1, 0, 1, "{}")),
            (MEMBERS, MemberRow(number, "there", "name", None, None, "admin", 0, "active", "{}")),
            (MEMBERS, Deleted((number, "gone"))),
        ],
        SnapshotRow(number, 1, 1, "{}", 0),
    )
