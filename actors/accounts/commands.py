"""What can be asked of an account."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.accounts.events import AccountId, MemberId, Money, PlanId, Role
from seatkeeper.actors.messages import Command


class Terms(msgspec.Struct, frozen=True, gc=False):
    """What an account bought: a revision of a plan, its seats and its places."""

    plan_id: PlanId
    revision: int
    total_seats: int
    user_limit: int


class OpenAccount(Command, frozen=True, gc=False):
    """Open the account on these terms, with its first member as admin."""

    account_id: AccountId
    account_name: str
    terms: Terms
    currency: str
    member_id: MemberId
    user_name: str
    user_email: str | None
    at: str


class RenameAccount(Command, frozen=True, gc=False):
    """Give the account another name."""

    account_name: str


class ChangeTerms(Command, frozen=True, gc=False):
    """Move the account to the terms of another plan, or of a newer revision."""

    terms: Terms


class AdjustCredit(Command, frozen=True, gc=False):
    """Add to the credit; a negative amount charges it."""

    amount: Money
    reason: str


class SuspendAccount(Command, frozen=True, gc=False):
    """Stop everything but reading, until the account is reactivated."""

    reason: str | None = None


class ReactivateAccount(Command, frozen=True, gc=False):
    """Let a suspended account go on."""

    reason: str | None = None


class CloseAccount(Command, frozen=True, gc=False):
    """End the account for good; it stays readable."""

    reason: str | None = None


class AddMember(Command, frozen=True, gc=False):
    """Give somebody a place, and a seat with it when `seated`."""

    member_id: MemberId
    name: str
    email: str | None
    role: Role
    seated: bool
    at: str


class ChangeMember(Command, frozen=True, gc=False):
    """Change the name, the role or the e-mail address of a member; UNSET leaves one as it is."""

    member_id: MemberId
    name: str | msgspec.UnsetType = msgspec.UNSET
    email: str | msgspec.UnsetType | None = msgspec.UNSET
    role: Role | msgspec.UnsetType = msgspec.UNSET


class RemoveMember(Command, frozen=True, gc=False):
    """Take the place of a member away, and the seat with it."""

    member_id: MemberId


class TakeSeat(Command, frozen=True, gc=False):
    """Give the member a seat."""

    member_id: MemberId


class FreeSeat(Command, frozen=True, gc=False):
    """Take the seat of the member back."""

    member_id: MemberId
