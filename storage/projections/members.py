"""The view of members."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.members.member import same_email
from seatkeeper.actors.accounts.members.summaries import AccountReference, summarize_member
from seatkeeper.actors.accounts.values import MemberId
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.storage.projections.view import Deleted, View
from seatkeeper.storage.records import to_json


class MemberRow(NamedTuple):
    """A row of the table `members`."""

    account_id: str
    member_id: str
    name: str
    email: str | None
    external_id: str | None
    role: str
    seated: int
    status: str
    summary: str


def rows(account: Account, _version: int) -> Iterator[MemberRow]:
    """Make the rows of all members of an account."""
    return (_row(account, member_id) for member_id in account.members)


def rows_after(account: Account, member_id: str) -> Iterator[MemberRow]:
    """Make the rows of the members after this one, in the order of their ids."""
    return (_row(account, one) for one in sorted(account.members) if one > member_id)


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
    member = account.members[member_id]
    email = None if member.email is None else same_email(member.email)
    names = (member.name.casefold(), email, member.external_id)
    summary = summarize_member(account, member_id)
    state = (member.role, int(member.seated), summary.status)
    return MemberRow(account.account_id, member_id, *names, *state, to_json(summary))


def comparable_email(address: str) -> str:
    """Fold an e-mail address to the form that the rows have."""
    return same_email(address)


class _Membership(msgspec.Struct, frozen=True):
    account: AccountReference
    member: msgspec.Raw


def membership(account: str, member: str) -> str:
    """Make the JSON of a membership from the summaries of the account and the member."""
    reference = msgspec.json.decode(account, type=AccountReference)
    return to_json(_Membership(reference, msgspec.Raw(member.encode())))


MEMBERS = View(
    table="members",
    row=MemberRow,
    key_columns=2,
    rows=rows,
    changes=changes,
    sqlite="""
CREATE TABLE members (
    account_id  TEXT    NOT NULL,
    member_id   TEXT    NOT NULL,
    name        TEXT    NOT NULL,     -- case-folded, for searches
    email       TEXT,                 -- in the form in which addresses are compared
    external_id TEXT,                 -- unique inside an account
    role        TEXT    NOT NULL,
    seated      INTEGER NOT NULL,     -- 1 for a member with a seat
    status      TEXT    NOT NULL,
    summary     TEXT    NOT NULL,     -- JSON, as in the API
    PRIMARY KEY (account_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_email ON members (email) WHERE email IS NOT NULL;
CREATE INDEX members_by_external_id ON members (external_id) WHERE external_id IS NOT NULL;
""",
)
