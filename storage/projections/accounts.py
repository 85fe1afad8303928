"""The view of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.profile.events import AccountExternalIdChanged, AccountOpened
from seatkeeper.actors.accounts.summaries import summarize
from seatkeeper.actors.aggregates.external import ExternalIdTaken
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.storage.projections.view import Unique, View
from seatkeeper.storage.records import to_json


class AccountRow(NamedTuple):
    """A row of the table `accounts`."""

    account_id: str
    plan_id: str
    status: str
    name: str
    external_id: str | None
    members_free: int
    seats_free: int
    version: int
    summary: str


def rows(account: Account, version: int) -> Sequence[AccountRow]:
    """Make the row of an account."""
    summary = summarize(account, version)
    members, seats = summary.members, summary.seats
    free = (max(0, members.limit - members.count - members.held), max(0, seats.total - seats.taken - seats.held))
    names = (account.account_name.casefold(), account.external_id)
    return [AccountRow(account.account_id, account.plan_id, account.status, *names, *free, version, to_json(summary))]


def changes(account: Account, version: int, _events: Sequence[Event]) -> Sequence[AccountRow]:
    """Make the row again, because every event changes its version."""
    return rows(account, version)


_CLAIMING = (AccountOpened, AccountExternalIdChanged)


def claim(events: Sequence[Event]) -> str | None:
    """Return the external id that these events take; a command changes it once at most."""
    for event in events:
        if isinstance(event, _CLAIMING) and event.external_id:
            return event.external_id
    return None


def taken(external_id: str) -> ExternalIdTaken:
    """Refuse an external id that another account has."""
    return ExternalIdTaken("account", external_id)


ACCOUNTS = View(
    table="accounts",
    row=AccountRow,
    key_columns=1,
    rows=rows,
    changes=changes,
    ordered=True,
    unique=Unique("external_id", claim, taken),
    sqlite="""
CREATE TABLE accounts (
    number       INTEGER PRIMARY KEY, -- in the order in which the accounts were opened
    account_id   TEXT    NOT NULL UNIQUE,
    plan_id      TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    name         TEXT    NOT NULL,    -- case-folded, for searches
    external_id  TEXT,
    members_free INTEGER NOT NULL,    -- member slots that are neither taken nor held, of the limit
    seats_free   INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    summary      TEXT    NOT NULL     -- JSON, as in the API
) STRICT;
-- An account without one needs no entry here.
CREATE UNIQUE INDEX accounts_by_external_id ON accounts (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX accounts_by_plan ON accounts (plan_id);
-- Most accounts are active and need no entry here, so a sign-up costs nothing.
CREATE INDEX accounts_at_rest ON accounts (status) WHERE status <> 'active';
""",
)
