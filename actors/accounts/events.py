"""What has happened to an account, and the values that it is told in."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, NewType, TypeAlias

import msgspec

from seatkeeper.actors.messages import Event

AccountId = NewType("AccountId", str)
MemberId = NewType("MemberId", str)
PlanId = NewType("PlanId", str)

Role: TypeAlias = Literal["admin", "member", "viewer"]
Status: TypeAlias = Literal["active", "suspended", "closed"]

LARGEST_AMOUNT = 2**63 - 1
"""Minor units; the largest integer that SQLite stores."""


class Money(msgspec.Struct, frozen=True, gc=False):
    """An amount in minor units of a currency (ISO 4217)."""

    amount: Annotated[int, msgspec.Meta(ge=-(2**63), le=LARGEST_AMOUNT)]
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


class AccountRenamed(Event, frozen=True, gc=False):
    """The account goes by another name."""

    tag: ClassVar[str] = "account.renamed"

    account_name: str


class PlanChanged(Event, frozen=True, gc=False):
    """The account is on other terms."""

    tag: ClassVar[str] = "account.plan_changed"

    plan_id: PlanId
    revision: int
    total_seats: int
    user_limit: int


class CreditAdjusted(Event, frozen=True, gc=False):
    """The credit went up or, by a negative amount, down; `balance` is what it is since."""

    tag: ClassVar[str] = "credit.adjusted.2"

    amount: Money
    reason: str
    balance: Money


class AccountSuspended(Event, frozen=True, gc=False):
    """The account stands still."""

    tag: ClassVar[str] = "account.suspended"

    reason: str | None


class AccountReactivated(Event, frozen=True, gc=False):
    """The account goes on."""

    tag: ClassVar[str] = "account.reactivated"

    reason: str | None


class AccountClosed(Event, frozen=True, gc=False):
    """The account has ended."""

    tag: ClassVar[str] = "account.closed"

    reason: str | None


class MemberAdded(Event, frozen=True, gc=False):
    """Somebody holds a place."""

    tag: ClassVar[str] = "member.added"

    member_id: MemberId
    name: str
    email: str | None
    role: Role
    joined_at: str


class MemberRenamed(Event, frozen=True, gc=False):
    """The member goes by another name."""

    tag: ClassVar[str] = "member.renamed"

    member_id: MemberId
    name: str


class MemberEmailChanged(Event, frozen=True, gc=False):
    """The member is reached elsewhere, or nowhere."""

    tag: ClassVar[str] = "member.email_changed"

    member_id: MemberId
    email: str | None


class MemberRoleChanged(Event, frozen=True, gc=False):
    """The member has another role."""

    tag: ClassVar[str] = "member.role_changed"

    member_id: MemberId
    role: Role


class MemberRemoved(Event, frozen=True, gc=False):
    """The place is free again, and the seat with it if the member had one."""

    tag: ClassVar[str] = "member.removed"

    member_id: MemberId


class SeatTaken(Event, frozen=True, gc=False):
    """The member holds a seat."""

    tag: ClassVar[str] = "seat.taken"

    member_id: MemberId


class SeatFreed(Event, frozen=True, gc=False):
    """The seat of the member is free again."""

    tag: ClassVar[str] = "seat.freed"

    member_id: MemberId


AccountEvent: TypeAlias = (
    AccountOpened
    | AccountRenamed
    | PlanChanged
    | CreditAdjusted
    | AccountSuspended
    | AccountReactivated
    | AccountClosed
    | MemberAdded
    | MemberRenamed
    | MemberEmailChanged
    | MemberRoleChanged
    | MemberRemoved
    | SeatTaken
    | SeatFreed
)
