"""What the service answers: the structs of the API, as clients read them.

They are the client's own, so that importing it loads nothing of the service. A test compares them with the route table.
"""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from seatkeeper.http.client.structs.values import (
    AccountStatus,
    ApiKeyStatus,
    Excess,
    InvitationStatus,
    MemberStatus,
    Metadata,
    Money,
    Package,
    PlanId,
    PlanStatus,
    PlanTrial,
    Role,
    Scope,
)

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list; `next_cursor` is None on the last one."""

    items: list[T]
    next_cursor: str | None


class Plan(msgspec.Struct, frozen=True):
    """What is for sale, with the revision of its package."""

    plan_id: str
    name: str
    type: str
    package: Package
    revision: int
    status: PlanStatus
    version: int
    created_at: str
    external_id: str | None
    metadata: Metadata
    trial: PlanTrial | None


class PlanOfAccount(msgspec.Struct, frozen=True):
    """The plan an account is on, and the revision of the package that it bought."""

    plan_id: str
    revision: int


class MemberSlots(msgspec.Struct, frozen=True):
    """How many member slots are taken, and held by pending invitations, of how many."""

    count: int
    held: int
    limit: int


class Seats(msgspec.Struct, frozen=True):
    """How many seats are taken, and held by pending invitations, of how many."""

    taken: int
    held: int
    total: int


class Trial(msgspec.Struct, frozen=True):
    """Until when a trial runs, and what comes then."""

    ends_at: str
    then: Literal["suspend", "continue"] | PlanId


class ScheduledChange(msgspec.Struct, frozen=True):
    """A change of plan that waits for its day."""

    plan_id: str
    effective_at: str
    excess: Excess
    keep: tuple[str, ...]


class Grace(msgspec.Struct, frozen=True):
    """Until when the limits of before go on."""

    ends_at: str


class Account(msgspec.Struct, frozen=True):
    """An account without its members."""

    account_id: str
    account_name: str
    status: AccountStatus
    plan: PlanOfAccount
    members: MemberSlots
    seats: Seats
    credit: Money
    version: int
    created_at: str
    external_id: str | None
    metadata: Metadata
    trial: Trial | None
    scheduled_change: ScheduledChange | UnsetType = UNSET
    grace: Grace | UnsetType = UNSET


class Member(msgspec.Struct, frozen=True):
    """One member of an account."""

    member_id: str
    name: str
    email: str | None
    role: Role
    seated: bool
    status: MemberStatus
    joined_at: str
    external_id: str | None
    metadata: Metadata


class SignedUp(msgspec.Struct, frozen=True):
    """A new account and its first member."""

    account: Account
    member: Member


class AccountReference(msgspec.Struct, frozen=True):
    """An account, in short."""

    account_id: str
    account_name: str
    status: AccountStatus


class Membership(msgspec.Struct, frozen=True):
    """A member, and the account in which it is one."""

    account: AccountReference
    member: Member


class EntryProblem(msgspec.Struct, frozen=True):
    """Why one of many members was not added."""

    type: str
    title: str
    status: int
    detail: str


class AddedMember(msgspec.Struct, frozen=True):
    """What became of one of many: 201 and the member, or the status and the problem of the refusal."""

    status: int
    member: Member | UnsetType = UNSET
    problem: EntryProblem | UnsetType = UNSET


class AddedMembers(msgspec.Struct, frozen=True):
    """What became of each of them, in their order."""

    results: list[AddedMember]


class Invitation(msgspec.Struct, frozen=True):
    """One invitation of an account."""

    invitation_id: str
    email: str
    role: Role
    seated: bool
    status: InvitationStatus
    expires_at: str
    created_at: str


class InvitationWithToken(msgspec.Struct, frozen=True):
    """An invitation, and its token, which only the first answer has; None in a repeated one."""

    invitation: Invitation
    token: str | None = None


class Grant(msgspec.Struct, frozen=True):
    """One grant of an account: seats and member slots beside those of its plan."""

    grant_id: str
    seats: int
    members: int
    reason: str
    expires_at: str | None
    created_at: str


class Timer(msgspec.Struct, frozen=True):
    """What will happen to an account by itself: when, and to what."""

    timer_id: str
    kind: Literal["invitation-expires", "trial-ends", "grant-expires", "plan-changes", "grace-ends"]
    due_at: str
    subject: str


class LimitReason(msgspec.Struct, frozen=True):
    """One part of what may be taken, and the position of the event that made it; an amount of None has no end."""

    source: Literal["plan", "grant", "overage", "grace"]
    amount: int | None
    position: int | None
    plan_id: str | UnsetType = UNSET
    revision: int | UnsetType = UNSET
    grant_id: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    ends_at: str | UnsetType = UNSET


class WayToOneMore(msgspec.Struct, frozen=True):
    """A command after which one more is free, with what it needs at least."""

    command: Literal["revoke-invitation", "free-seat", "make-grant", "change-plan", "remove-member"]
    invitation_id: str | UnsetType = UNSET
    member_id: str | UnsetType = UNSET
    members: int | UnsetType = UNSET
    seats: int | UnsetType = UNSET


class Limit(msgspec.Struct, frozen=True):
    """The member slots or the seats of an account; `free` is None where any overage is allowed."""

    limit: int
    used: int
    held: int
    frozen: int
    free: int | None
    because: list[LimitReason]
    ways: list[WayToOneMore]


class Limits(msgspec.Struct, frozen=True):
    """What an account may take, what it takes, and why."""

    members: Limit
    seats: Limit


class Context(msgspec.Struct, frozen=True):
    """Who caused an event: `key:<key id>`, `open`, `cli`, `timer` and others; in which request; for whom."""

    actor: str
    request_id: str
    on_behalf_of: str | None = None
    traceparent: str | None = None


class Event(msgspec.Struct, frozen=True):
    """A fact in the journal. `data` has the fields of its type."""

    position: int
    stream_id: str
    version: int
    type: str
    recorded_at: str
    data: dict[str, object]
    context: Context | None


class Feed(msgspec.Struct, frozen=True):
    """Some events, the position to go on after, and the id of the journal that both belong to."""

    journal_id: str
    items: list[Event]
    last_position: int


class State(msgspec.Struct, frozen=True):
    """An account as of a moment, and the last event in it; None and zeros if it did not exist yet."""

    version: int
    position: int
    recorded_at: str | None
    account: Account | None


class Change(msgspec.Struct, frozen=True):
    """An event between two moments, with a sentence that says what it means."""

    says: str
    event: Event


class Diff(msgspec.Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """What changed between two moments: the account as it was, as it became, and a page of the events between."""

    since: State
    until: State
    items: list[Change]
    next_cursor: str | None


class ApiKey(msgspec.Struct, frozen=True):
    """An API key; `rate_limit` is in requests a second, and `last_used_at` may lag a minute behind."""

    key_id: str
    name: str
    scopes: tuple[Scope, ...]
    rate_limit: int | None
    status: ApiKeyStatus
    created_at: str
    expires_at: str | None
    last_used_at: str | None
    version: int


class ApiKeyWithSecret(msgspec.Struct, frozen=True):
    """A key, and its secret, which only the first answer has; None in a repeated one."""

    api_key: ApiKey
    secret: str | None = None
