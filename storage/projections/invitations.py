"""The view of invitations, those that are over too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.invitations.events import (
    InvitationAccepted,
    InvitationExpired,
    InvitationMade,
    InvitationRenewed,
    InvitationRevoked,
)
from seatkeeper.actors.accounts.invitations.summaries import summarize_invitation
from seatkeeper.actors.accounts.values import InvitationId
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.storage.projections.view import View
from seatkeeper.storage.records import to_json


class InvitationRow(NamedTuple):
    """A row of the table `invitations`."""

    account_id: str
    invitation_id: str
    status: str
    summary: str


def rows(account: Account, _version: int) -> Iterator[InvitationRow]:
    """Make the rows of all invitations of an account."""
    return (_row(account, invitation_id) for invitation_id in account.invitations or ())


def changes(account: Account, _version: int, events: Sequence[Event]) -> list[InvitationRow]:
    """Make the rows of the invitations that these events name."""
    named = (getattr(event, "invitation_id", None) for event in events)
    return [_row(account, invitation_id) for invitation_id in dict.fromkeys(named) if invitation_id is not None]


def _row(account: Account, invitation_id: InvitationId) -> InvitationRow:
    summary = summarize_invitation(account, invitation_id)
    return InvitationRow(account.account_id, invitation_id, summary.status, to_json(summary))


INVITATIONS = View(
    table="invitations",
    row=InvitationRow,
    key_columns=2,
    rows=rows,
    changes=changes,
    about=frozenset({InvitationMade, InvitationRenewed, InvitationRevoked, InvitationAccepted, InvitationExpired}),
    sqlite="""
CREATE TABLE invitations (
    account_id    TEXT NOT NULL,
    invitation_id TEXT NOT NULL,
    status        TEXT NOT NULL,
    summary       TEXT NOT NULL,      -- JSON, as in the API
    PRIMARY KEY (account_id, invitation_id)
) STRICT, WITHOUT ROWID;
""",
)
