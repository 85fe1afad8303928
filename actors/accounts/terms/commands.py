"""The commands about what an account bought."""

from __future__ import annotations

from seatkeeper.actors.accounts.values import ChangeId, ExcessPolicy, MemberId, PlanId, PlanReason, Terms
from seatkeeper.actors.aggregates.messages import Command


class ChangeTerms(Command, frozen=True, gc=False):
    """Move the account to the terms of another plan, or of a newer revision; without `excess` nobody is frozen."""

    terms: Terms
    change_id: ChangeId
    at: str
    excess: ExcessPolicy | None = None
    grace_seconds: int | None = None
    keep: tuple[MemberId, ...] = ()


class ScheduleChange(Command, frozen=True, gc=False):
    """Change the plan on a day that lies ahead; what the plan sells is asked on that day."""

    change_id: ChangeId
    plan_id: PlanId
    effective_at: str
    excess: ExcessPolicy | None = None
    grace_seconds: int | None = None
    keep: tuple[MemberId, ...] = ()


class CancelScheduledChange(Command, frozen=True, gc=False):
    """Keep the plan: the change that was scheduled does not come."""


class ApplyScheduledChange(Command, frozen=True, gc=False):
    """Change the plan on its day, to these terms; without terms, the plan sells nothing for this reason."""

    change_id: ChangeId
    terms: Terms | None
    reason: PlanReason | None
    at: str


class ChangeTrial(Command, frozen=True, gc=False):
    """Let the trial end at another time, or start one."""

    ends_at: str


class ConvertTrial(Command, frozen=True, gc=False):
    """End the trial now: the account is a full one."""


class EndTrial(Command, frozen=True, gc=False):
    """End a trial whose time is over, where no plan has to be asked."""

    at: str


class EndTrialOnPlan(Command, frozen=True, gc=False):
    """End a trial whose time is over on these terms; without terms, the plan sells nothing for this reason."""

    plan_id: PlanId
    terms: Terms | None
    reason: PlanReason | None
    at: str


class EndGrace(Command, frozen=True, gc=False):
    """End a grace whose time is over: what does not fit is frozen."""

    grace_id: str
    at: str
