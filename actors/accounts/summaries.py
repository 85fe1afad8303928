"""What a client sees of an account and its members: frozen values, made from the state."""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.limits.numbers import shown
from seatkeeper.actors.accounts.members.summaries import MemberSummary
from seatkeeper.actors.accounts.terms.pending import ScheduledChange
from seatkeeper.actors.accounts.values import AccountId, ExcessPolicy, MemberId, Money, PlanId, Status, TrialTerms
from seatkeeper.actors.aggregates.external import Metadata


class PlanReference(msgspec.Struct, frozen=True, gc=False):
    """The plan an account is on, and the revision of the package that it bought."""

    plan_id: PlanId
    revision: int


class MemberSlots(msgspec.Struct, frozen=True, gc=False):
    """How many member slots are taken, and held by pending invitations, of how many."""

    count: int
    held: int
    limit: int


class Seats(msgspec.Struct, frozen=True, gc=False):
    """How many seats are taken, and held by pending invitations, of how many."""

    taken: int
    held: int
    total: int


class GraceSummary(msgspec.Struct, frozen=True, gc=False):
    """Until when the limits of before go on."""

    ends_at: str


class ScheduledChangeSummary(msgspec.Struct, frozen=True, gc=False):
    """A change of plan that waits for its day."""

    plan_id: PlanId
    effective_at: str
    excess: ExcessPolicy
    keep: tuple[MemberId, ...]


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
    trial: TrialTerms | None
    scheduled_change: ScheduledChangeSummary | msgspec.UnsetType = msgspec.UNSET
    grace: GraceSummary | msgspec.UnsetType = msgspec.UNSET


class SignedUp(msgspec.Struct, frozen=True, gc=False):
    """A new account and its first member."""

    account: AccountSummary
    member: MemberSummary


def summarize(account: Account, version: int) -> AccountSummary:
    """Summarize the account as of a version."""
    count, held, limit, seats_held, total = shown(account)
    summary = AccountSummary(
        account_id=account.account_id,
        account_name=account.account_name,
        status=account.status,
        plan=PlanReference(account.plan_id, account.revision),
        members=MemberSlots(count, held, limit),
        seats=Seats(account.seats_taken, seats_held, total),
        credit=Money(account.credit, account.currency),
        version=version,
        created_at=account.created_at,
        external_id=account.external_id,
        metadata=account.metadata or {},
        trial=account.trial,
    )
    change, grace = account.scheduled_change, account.grace
    if change is None and grace is None:
        return summary
    return msgspec.structs.replace(
        summary,
        scheduled_change=UNSET if change is None else _scheduled(change),
        grace=UNSET if grace is None else GraceSummary(grace.ends_at),
    )


def _scheduled(change: ScheduledChange) -> ScheduledChangeSummary:
    return ScheduledChangeSummary(change.plan_id, change.effective_at, change.excess or "refuse", change.keep)
