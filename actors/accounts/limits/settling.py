"""Settling: the end of each decision that moves the numbers. What is owed is given back, and what is passed is told.

It happens in the append that made the room, so nobody new can take it first.
"""

from __future__ import annotations

from seatkeeper.actors.accounts.limits.draft import Draft
from seatkeeper.actors.accounts.limits.events import LimitExceeded, LimitKept, MemberThawed, SeatReturned, UsageReached
from seatkeeper.actors.accounts.terms.events import GraceEnded
from seatkeeper.actors.accounts.values import GraceOutcome, MemberId, Of, UsagePercent
from seatkeeper.actors.aggregates.messages import Event

_TOLD: tuple[UsagePercent, ...] = (100, 80)
"""Per cent, the highest first."""


def settle(draft: Draft) -> list[Event]:
    """Thaw and return what fits again, end a grace that is needed no more, tell what was passed; return all events."""
    account, before, now = draft.account, draft.before, draft.now
    thawed = _thaw(draft) if account.frozen is not None and now.free_members > 0 else frozenset()
    if account.owed_seats is not None and now.free_seats > 0 and (before.free_seats <= 0 or thawed):
        _return_seats(draft, thawed)
    if draft.grace_id is not None and now.fits:
        end_grace(draft, "fits")
    _tell(draft, "members", (before.used, before.shown_limit), (now.used, now.shown_limit))
    _tell(draft, "seats", (before.seats_used, before.shown_total), (now.seats_used, now.shown_total))
    return draft.events


def end_grace(draft: Draft, outcome: GraceOutcome) -> None:
    """End the grace that is running, if one is."""
    if draft.grace_id is not None:
        draft.events.append(GraceEnded(draft.grace_id, outcome))
        draft.now.grace_members = draft.now.grace_seats = 0
        draft.grace_id = None


def _thaw(draft: Draft) -> frozenset[MemberId]:
    """Thaw members, the first frozen first, while there is room."""
    thawed = []
    for member_id in draft.account.frozen or ():
        if draft.now.free_members <= 0:
            break
        if member_id not in draft.left:
            draft.events.append(MemberThawed(member_id))
            draft.now.count += 1
            thawed.append(member_id)
    return frozenset(thawed)


def _return_seats(draft: Draft, thawed: frozenset[MemberId]) -> None:
    """Return seats to active members, the first withdrawn first, while there are some."""
    account, now = draft.account, draft.now
    for member_id in account.owed_seats or ():
        if now.free_seats <= 0:
            return
        if member_id not in draft.left and (member_id in thawed or not account.is_frozen(member_id)):
            draft.events.append(SeatReturned(member_id))
            now.taken += 1


def _tell(draft: Draft, of: Of, before: tuple[int, int], now: tuple[int, int]) -> None:
    """Tell what was passed between two pairs of what is used and the limit."""
    if before == now:
        return
    (used_before, limit_before), (used, limit) = before, now
    if (used > limit) != (used_before > limit_before):
        draft.events.append(LimitExceeded(of, limit, used) if used > limit else LimitKept(of, limit, used))
    if used > used_before:
        for percent in _TOLD:
            share = percent * limit_before
            if used_before * 100 < share and used * 100 >= percent * limit:
                draft.events.append(UsageReached(of, percent, limit, used))
                return
