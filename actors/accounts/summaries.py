"""What a client sees of an account and its members: frozen values, made from the state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from seatkeeper.actors.accounts import commands
from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.events import AccountId, MemberId, Money, PlanId, Role, Status
from seatkeeper.actors.aggregates.external import Metadata
from seatkeeper.actors.aggregates.messages import Command


class PlanReference(msgspec.Struct, frozen=True, gc=False):
    """The plan an account is on, and the revision of the package that it bought."""

    plan_id: PlanId
    revision: int


class MemberSlots(msgspec.Struct, frozen=True, gc=False):
    """How many member slots are taken, of how many."""

    count: int
    limit: int


class Seats(msgspec.Struct, frozen=True, gc=False):
    """How many seats are taken, of how many."""

    taken: int
    total: int


class AccountSummary(msgspec.Struct, frozen=True, gc=False):
    """An account without its members."""

    account_id: AccountId
    account_name: str
    status: Status
    plan: PlanReference
    members: MemberSlots
    seats: Seats
    credit: Money
    version: int
    created_at: str
    external_id: str | None
    metadata: Metadata


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
    joined_at: str
    external_id: str | None
    metadata: Metadata


class Membership(msgspec.Struct, frozen=True, gc=False):
    """A member, and the account in which it is one."""

    account: AccountReference
    member: MemberSummary


class SignedUp(msgspec.Struct, frozen=True, gc=False):
    """A new account and its first member."""

    account: AccountSummary
    member: MemberSummary


Answer: TypeAlias = AccountSummary | MemberSummary | SignedUp | None

_ABOUT_A_MEMBER = (commands.AddMember, commands.ChangeMember, commands.TakeSeat, commands.FreeSeat)


def summarize(account: Account, version: int) -> AccountSummary:
    """Summarize the account as of a version."""
    return AccountSummary(
        account_id=account.account_id,
        account_name=account.account_name,
        status=account.status,
        plan=PlanReference(account.plan_id, account.revision),
        members=MemberSlots(len(account.members), account.user_limit),
        seats=Seats(account.seats_taken, account.total_seats),
        credit=Money(account.credit, account.currency),
        version=version,
        created_at=account.created_at,
        external_id=account.external_id,
        metadata=account.metadata or {},
    )


def summarize_member(account: Account, member_id: MemberId) -> MemberSummary:
    """Summarize one member; raise KeyError if there is none."""
    member = account.members[member_id]
    return MemberSummary(
        member_id=member_id,
        name=member.name,
        email=member.email,
        role=member.role,
        seated=member.seated,
        joined_at=member.joined_at,
        external_id=member.external_id,
        metadata=member.metadata or {},
    )


def answer(account: Account, version: int, command: Command) -> Answer:
    """Answer an accepted command."""
    if isinstance(command, commands.OpenAccount):
        return SignedUp(summarize(account, version), summarize_member(account, command.member_id))
    if isinstance(command, _ABOUT_A_MEMBER):
        return summarize_member(account, command.member_id)
    if isinstance(command, commands.RemoveMember):
        return None
    return summarize(account, version)


def stored_answer(account: Account, version: int, stored: Mapping[str, object]) -> Answer:
    """Answer a stored answer's command from the current state; None if its member is not in the account."""
    member = stored.get("member", stored)
    if "member" not in stored and "member_id" not in stored:
        return summarize(account, version)
    member_id = member.get("member_id") if isinstance(member, dict) else None
    if member_id not in account.members:
        return None
    summary = summarize_member(account, MemberId(str(member_id)))
    return SignedUp(summarize(account, version), summary) if "account" in stored else summary
