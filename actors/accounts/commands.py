"""The commands of an account."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.accounts.events import AccountId, MemberId, Money, PlanId, Role
from seatkeeper.actors.aggregates.external import Metadata, MetadataChange
from seatkeeper.actors.aggregates.messages import Command


class Terms(msgspec.Struct, frozen=True, gc=False):
    """What an account bought: a revision of a plan, with its seats and member slots."""

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
    external_id: str | None = None
    metadata: Metadata | None = None
    user_external_id: str | None = None
    user_metadata: Metadata | None = None


class ChangeAccount(Command, frozen=True, gc=False):
    """Change the name, the external id or entries of the metadata; UNSET leaves one as it is."""

    account_name: str | msgspec.UnsetType = msgspec.UNSET
    external_id: str | msgspec.UnsetType | None = msgspec.UNSET
    metadata: MetadataChange | msgspec.UnsetType = msgspec.UNSET


class ChangeTerms(Command, frozen=True, gc=False):
    """Move the account to the terms of another plan, or of a newer revision."""

    terms: Terms


class AdjustCredit(Command, frozen=True, gc=False):
    """Add to the credit; a negative amount charges it."""

    amount: Money
    reason: str


class SuspendAccount(Command, frozen=True, gc=False):
    """Make the account read-only until it is reactivated."""

    reason: str | None = None


class ReactivateAccount(Command, frozen=True, gc=False):
    """Make a suspended account active again."""

    reason: str | None = None


class CloseAccount(Command, frozen=True, gc=False):
    """Close the account for good; it stays readable."""

    reason: str | None = None


class AddMember(Command, frozen=True, gc=False):
    """Add a member, who takes a member slot and, when `seated`, a seat."""

    member_id: MemberId
    name: str
    email: str | None
    role: Role
    seated: bool
    at: str
    external_id: str | None = None
    metadata: Metadata | None = None


class ChangeMember(Command, frozen=True, gc=False):
    """Change these fields of a member; UNSET leaves one as it is."""

    member_id: MemberId
    name: str | msgspec.UnsetType = msgspec.UNSET
    email: str | msgspec.UnsetType | None = msgspec.UNSET
    role: Role | msgspec.UnsetType = msgspec.UNSET
    external_id: str | msgspec.UnsetType | None = msgspec.UNSET
    metadata: MetadataChange | msgspec.UnsetType = msgspec.UNSET


class RemoveMember(Command, frozen=True, gc=False):
    """Remove a member, which frees the member slot and the seat."""

    member_id: MemberId


class TakeSeat(Command, frozen=True, gc=False):
    """Give the member a seat."""

    member_id: MemberId


class FreeSeat(Command, frozen=True, gc=False):
    """Free the seat of the member."""

    member_id: MemberId
