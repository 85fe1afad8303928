"""The events of limits: what does not fit and comes back, and how much is used."""

from __future__ import annotations

from typing import ClassVar

from seatkeeper.actors.accounts.values import MemberId, Of, UsagePercent
from seatkeeper.actors.aggregates.messages import Event


class MemberFrozen(Event, frozen=True, gc=False):
    """The member has no member slot any more; they are kept, and come back when there is room."""

    tag: ClassVar[str] = "member.frozen"

    member_id: MemberId


class MemberThawed(Event, frozen=True, gc=False):
    """The member has a member slot again."""

    tag: ClassVar[str] = "member.thawed"

    member_id: MemberId


class SeatWithdrawn(Event, frozen=True, gc=False):
    """The seat of the member is taken back; it is owed to them."""

    tag: ClassVar[str] = "seat.withdrawn"

    member_id: MemberId


class SeatReturned(Event, frozen=True, gc=False):
    """The member holds the seat again that was owed to them."""

    tag: ClassVar[str] = "seat.returned"

    member_id: MemberId


class UsageReached(Event, frozen=True, gc=False):
    """So many per cent of a limit are used, on the way up."""

    tag: ClassVar[str] = "account.usage-reached"

    of: Of
    percent: UsagePercent
    limit: int
    used: int


class LimitExceeded(Event, frozen=True, gc=False):
    """More is used than the limit."""

    tag: ClassVar[str] = "account.limit-exceeded"

    of: Of
    limit: int
    used: int


class LimitKept(Event, frozen=True, gc=False):
    """No more is used than the limit any more."""

    tag: ClassVar[str] = "account.limit-kept"

    of: Of
    limit: int
    used: int
