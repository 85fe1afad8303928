"""The view of members."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.events import MemberId
from seatkeeper.actors.accounts.summaries import summarize_member
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.storage.projections.view import Deleted, View
from seatkeeper.storage.records import to_json


class MemberRow(NamedTuple):
    """A row of the table `members`."""

    account_id: str
    member_id: str
    summary: str


def rows(account: Account, _version: int) -> Iterator[MemberRow]:
    """Make the rows of all members of an account."""
    return (_row(account, member_id) for member_id in account.members)


def changes(account: Account, _version: int, events: Sequence[Event]) -> list[MemberRow | Deleted]:
    """Make the rows of the members that these events name."""
    changed: dict[MemberId, MemberRow | Deleted] = {}
    for event in events:
        member_id: MemberId | None = getattr(event, "member_id", None)
        if member_id is not None and member_id not in changed:
            exists = member_id in account.members
            changed[member_id] = _row(account, member_id) if exists else Deleted((account.account_id, member_id))
    return list(changed.values())


def _row(account: Account, member_id: MemberId) -> MemberRow:
    return MemberRow(account.account_id, member_id, to_json(summarize_member(account, member_id)))


MEMBERS = View(
    table="members",
    row=MemberRow,
    key_columns=2,
    rows=rows,
    changes=changes,
    sqlite="""
CREATE TABLE members (
    account_id TEXT NOT NULL,
    member_id  TEXT NOT NULL,
    summary    TEXT NOT NULL,         -- JSON, as in the API
    PRIMARY KEY (account_id, member_id)
) STRICT, WITHOUT ROWID;
""",
)
