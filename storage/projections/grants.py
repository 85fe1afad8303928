"""The view of the grants that are in force."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.grants.events import GrantEnded, GrantMade
from seatkeeper.actors.accounts.grants.summaries import summarize_grant
from seatkeeper.actors.accounts.values import GrantId
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.storage.projections.view import Deleted, View
from seatkeeper.storage.records import to_json


class GrantRow(NamedTuple):
    """A row of the table `grants`."""

    account_id: str
    grant_id: str
    summary: str


def rows(account: Account, _version: int) -> Iterator[GrantRow]:
    """Make the rows of all grants of an account."""
    return (_row(account, grant_id) for grant_id in account.grants or ())


def changes(account: Account, _version: int, events: Sequence[Event]) -> list[GrantRow | Deleted]:
    """Make the rows of the grants that these events make or end."""
    named = dict.fromkeys(event.grant_id for event in events if isinstance(event, GrantMade | GrantEnded))
    in_force = account.grants or {}
    return [
        _row(account, grant_id) if grant_id in in_force else Deleted((account.account_id, grant_id))
        for grant_id in named
    ]


def _row(account: Account, grant_id: GrantId) -> GrantRow:
    return GrantRow(account.account_id, grant_id, to_json(summarize_grant(account, grant_id)))


GRANTS = View(
    table="grants",
    row=GrantRow,
    key_columns=2,
    rows=rows,
    changes=changes,
    about=frozenset({GrantMade, GrantEnded}),
    sqlite="""
CREATE TABLE grants (
    account_id TEXT NOT NULL,
    grant_id   TEXT NOT NULL,
    summary    TEXT NOT NULL,         -- JSON, as in the API
    PRIMARY KEY (account_id, grant_id)
) STRICT, WITHOUT ROWID;
""",
)
