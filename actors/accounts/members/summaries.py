"""What a client sees of a member."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.values import AccountId, MemberId, MemberStatus, Role, Status
from seatkeeper.actors.aggregates.external import Metadata


class AccountReference(msgspec.Struct, frozen=True, gc=False):
    """An account, in short."""

    account_id: AccountId
    account_name: str
    status: Status


class MemberSummary(msgspec.Struct, frozen=True, gc=False):
    """One member of an account."""

    member_id: MemberId
    name: str
    email: str | None
    role: Role
    seated: bool
    status: MemberStatus
    joined_at: str
    external_id: str | None
    metadata: Metadata


class Membership(msgspec.Struct, frozen=True, gc=False):
    """A member, and the account in which it is one."""

    account: AccountReference
    member: MemberSummary


def summarize_member(account: Account, member_id: MemberId) -> MemberSummary:
    """Summarize one member; raise KeyError if there is none."""
    member = account.members[member_id]
    return MemberSummary(
        member_id=member_id,
        name=member.name,
        email=member.email,
        role=member.role,
        seated=member.seated,
        status="active" if account.frozen is None or member_id not in account.frozen else "frozen",
        joined_at=member.joined_at,
        external_id=member.external_id,
        metadata=member.metadata or {},
    )
