"""The events of what an account bought."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from seatkeeper.actors.accounts.values import (
    ChangeId,
    Excess,
    ExcessPolicy,
    GraceOutcome,
    MemberId,
    Overage,
    PlanId,
    RefusedBecause,
    Then,
    TrialOutcome,
    TrialReason,
)
from seatkeeper.actors.aggregates.messages import Event


class PlanChanged(Event, frozen=True, gc=False):
    """The account has the terms of another plan or revision."""

    tag: ClassVar[str] = "account.plan_changed"

    plan_id: PlanId
    revision: int
    total_seats: int
    user_limit: int
    overage: Overage | msgspec.UnsetType = msgspec.UNSET
    excess: ExcessPolicy | msgspec.UnsetType = msgspec.UNSET
    grace_seconds: int | msgspec.UnsetType = msgspec.UNSET


class ScheduledChangeSet(Event, frozen=True, gc=False):
    """The account moves to what the plan sells on that day; it replaces the change that was scheduled before."""

    tag: ClassVar[str] = "scheduled-change.set"

    change_id: ChangeId
    plan_id: PlanId
    effective_at: str
    excess: ExcessPolicy | None
    """None where none was named: then it is `refuse`."""
    grace_seconds: int | None
    keep: tuple[MemberId, ...]


class ScheduledChangeCancelled(Event, frozen=True, gc=False):
    """The change that was scheduled does not come."""

    tag: ClassVar[str] = "scheduled-change.cancelled"

    change_id: ChangeId


class ScheduledChangeApplied(Event, frozen=True, gc=False):
    """The change that was scheduled has come; what it changed follows."""

    tag: ClassVar[str] = "scheduled-change.applied"

    change_id: ChangeId


class ScheduledChangeRefused(Event, frozen=True, gc=False):
    """The change that was scheduled could not come on its day."""

    tag: ClassVar[str] = "scheduled-change.refused"

    change_id: ChangeId
    reason: RefusedBecause
    excess: Excess | msgspec.UnsetType = msgspec.UNSET


class GraceStarted(Event, frozen=True, gc=False):
    """The limits of before go on until the grace ends, as what is used does not fit into the new ones."""

    tag: ClassVar[str] = "grace.started"

    grace_id: str
    ends_at: str
    members: int
    seats: int
    keep: tuple[MemberId, ...]


class GraceEnded(Event, frozen=True, gc=False):
    """The grace is over: its time came, all fits, or another change took its place."""

    tag: ClassVar[str] = "grace.ended"

    grace_id: str
    outcome: GraceOutcome


class TrialChanged(Event, frozen=True, gc=False):
    """The trial ends at another time, or one has started."""

    tag: ClassVar[str] = "trial.changed"

    ends_at: str
    then: Then


class TrialEnded(Event, frozen=True, gc=False):
    """The trial is over."""

    tag: ClassVar[str] = "trial.ended"

    outcome: TrialOutcome
    reason: TrialReason | msgspec.UnsetType = msgspec.UNSET
