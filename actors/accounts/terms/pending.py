"""What of the terms lies ahead: a scheduled change of plan, and a grace that is running."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.accounts.values import ChangeId, ExcessPolicy, MemberId, PlanId


class ScheduledChange(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A change of plan that waits for its day."""

    change_id: ChangeId
    plan_id: PlanId
    effective_at: str
    excess: ExcessPolicy | None = None
    grace_seconds: int | None = None
    keep: tuple[MemberId, ...] = ()


class Grace(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The limits of before, which go on until the grace ends."""

    grace_id: str
    """The id of what made it necessary: of a change of plan, of a grant, or of the account when its trial ended."""
    ends_at: str
    members: int
    seats: int
    version: int
    """Of the event that started it, so that it can be named."""
    keep: tuple[MemberId, ...] = ()
