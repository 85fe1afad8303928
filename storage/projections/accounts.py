"""The view of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.summaries import summarize
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.storage.projections.view import View
from seatkeeper.storage.records import to_json


class AccountRow(NamedTuple):
    """A row of the table `accounts`."""

    account_id: str
    plan_id: str
    status: str
    name: str
    version: int
    summary: str


def rows(account: Account, version: int) -> Sequence[AccountRow]:
    """Make the row of an account."""
    summary = to_json(summarize(account, version))
    name = account.account_name.casefold()
    return [AccountRow(account.account_id, account.plan_id, account.status, name, version, summary)]


def changes(account: Account, version: int, _events: Sequence[Event]) -> Sequence[AccountRow]:
    """Make the row again, because every event changes its version."""
    return rows(account, version)


ACCOUNTS = View(
    table="accounts",
    row=AccountRow,
    key_columns=1,
    rows=rows,
    changes=changes,
    ordered=True,
    sqlite="""
CREATE TABLE accounts (
    number     INTEGER PRIMARY KEY,   -- in the order in which the accounts were opened
    account_id TEXT    NOT NULL UNIQUE,
    plan_id    TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    name       TEXT    NOT NULL,      -- case-folded, for searches
    version    INTEGER NOT NULL,
    summary    TEXT    NOT NULL       -- JSON, as in the API
) STRICT;
CREATE INDEX accounts_by_plan ON accounts (plan_id);
-- Most accounts are active and need no entry here, so a sign-up costs nothing.
CREATE INDEX accounts_at_rest ON accounts (status) WHERE status <> 'active';
""",
)
