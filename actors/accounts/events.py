"""The events of an account, and the values in them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, NewType, TypeAlias

import msgspec

from seatkeeper.actors.aggregates.external import Metadata, MetadataChange
from seatkeeper.actors.aggregates.messages import Event

AccountId = NewType("AccountId", str)
MemberId = NewType("MemberId", str)
PlanId = NewType("PlanId", str)

Role: TypeAlias = Literal["admin", "member", "viewer"]
Status: TypeAlias = Literal["active", "suspended", "closed"]

LARGEST_AMOUNT = 2**53 - 1
"""Minor units; the largest integer that every reader of JSON has exactly (RFC 8259, section 6)."""

_BOUNDS = {"minimum": -LARGEST_AMOUNT, "maximum": LARGEST_AMOUNT}


class Money(msgspec.Struct, frozen=True, gc=False):
    """An amount in minor units of a currency (ISO 4217); only events of older releases have larger ones."""

    amount: Annotated[int, msgspec.Meta(extra_json_schema=_BOUNDS)]  # described, not checked: see above
    currency: str


class AccountOpened(Event, frozen=True, gc=False):
    """The account is open on the terms of a plan."""

    tag: ClassVar[str] = "account.opened"

    account_id: AccountId
    account_name: str
    plan_id: PlanId
    revision: int
    total_seats: int
    user_limit: int
    currency: str
    created_at: str
    external_id: str | msgspec.UnsetType = msgspec.UNSET
    metadata: Metadata | msgspec.UnsetType = msgspec.UNSET


class AccountRenamed(Event, frozen=True, gc=False):
    """The account has a new name."""

    tag: ClassVar[str] = "account.renamed"

    account_name: str


class AccountExternalIdChanged(Event, frozen=True, gc=False):
    """The account has another external id, or none."""

    tag: ClassVar[str] = "account.external_id_changed"

    external_id: str | None


class AccountMetadataChanged(Event, frozen=True, gc=False):
    """These entries of the account's metadata have changed; those with null are gone."""

    tag: ClassVar[str] = "account.metadata_changed"

    metadata: MetadataChange


class PlanChanged(Event, frozen=True, gc=False):
    """The account has the terms of another plan or revision."""

    tag: ClassVar[str] = "account.plan_changed"

    plan_id: PlanId
    revision: int
    total_seats: int
    user_limit: int


class CreditAdjusted(Event, frozen=True, gc=False):
    """The credit changed by `amount`, which may be negative, to `balance`."""

    tag: ClassVar[str] = "credit.adjusted.2"

    amount: Money
    reason: str
    balance: Money


class AccountSuspended(Event, frozen=True, gc=False):
    """The account is suspended."""

    tag: ClassVar[str] = "account.suspended"

    reason: str | None


class AccountReactivated(Event, frozen=True, gc=False):
    """The account is active again."""

    tag: ClassVar[str] = "account.reactivated"

    reason: str | None


class AccountClosed(Event, frozen=True, gc=False):
    """The account is closed."""

    tag: ClassVar[str] = "account.closed"

    reason: str | None


class MemberAdded(Event, frozen=True, gc=False):
    """A member joined and took a member slot."""

    tag: ClassVar[str] = "member.added"

    member_id: MemberId
    name: str
    email: str | None
    role: Role
    joined_at: str
    external_id: str | msgspec.UnsetType = msgspec.UNSET
    metadata: Metadata | msgspec.UnsetType = msgspec.UNSET


class MemberRenamed(Event, frozen=True, gc=False):
    """The member has a new name."""

    tag: ClassVar[str] = "member.renamed"

    member_id: MemberId
    name: str


class MemberEmailChanged(Event, frozen=True, gc=False):
    """The member has another e-mail address, or none."""

    tag: ClassVar[str] = "member.email_changed"

    member_id: MemberId
    email: str | None


class MemberExternalIdChanged(Event, frozen=True, gc=False):
    """The member has another external id, or none."""

    tag: ClassVar[str] = "member.external_id_changed"

    member_id: MemberId
    external_id: str | None


class MemberMetadataChanged(Event, frozen=True, gc=False):
    """These entries of the member's metadata have changed; those with null are gone."""

    tag: ClassVar[str] = "member.metadata_changed"

    member_id: MemberId
    metadata: MetadataChange


class MemberRoleChanged(Event, frozen=True, gc=False):
    """The member has another role."""

    tag: ClassVar[str] = "member.role_changed"

    member_id: MemberId
    role: Role


class MemberRemoved(Event, frozen=True, gc=False):
    """The member is gone; the member slot is free again, and the seat if the member had one."""

    tag: ClassVar[str] = "member.removed"

    member_id: MemberId


class SeatTaken(Event, frozen=True, gc=False):
    """The member holds a seat."""

    tag: ClassVar[str] = "seat.taken"

    member_id: MemberId


class SeatFreed(Event, frozen=True, gc=False):
    """The member gave the seat back."""

    tag: ClassVar[str] = "seat.freed"

    member_id: MemberId


AccountEvent: TypeAlias = (
    AccountOpened
    | MemberAdded
    | SeatTaken
    | CreditAdjusted
    | SeatFreed
    | MemberRemoved
    | MemberRoleChanged
    | MemberRenamed
    | MemberEmailChanged
    | MemberMetadataChanged
    | MemberExternalIdChanged
    | PlanChanged
    | AccountMetadataChanged
    | AccountRenamed
    | AccountExternalIdChanged
    | AccountSuspended
    | AccountReactivated
    | AccountClosed
)
"""All events: the one that begins a stream first, then the frequent ones before the rare (see the index of unknown
events in storage/sqlite/file/schema.py)."""
