"""The refusals of the limits. Each docstring is the `detail` that the client reads, with its fields filled in."""

from __future__ import annotations

from seatkeeper.actors.accounts.values import Excess
from seatkeeper.actors.aggregates.messages import Refusal


class UserLimitReached(Refusal, frozen=True, gc=False):
    """User limit reached: {user_limit} of {user_limit} member slots are taken. Remove a member, or change the plan.

    It comes when a member is added or somebody is invited, and members and pending invitations take all member
    slots of the account.

    Remove a member, revoke an invitation, grant more member slots, or move the account to a plan with more. The
    limits of the account say why there are so many and which way is the cheapest.
    """

    user_limit: int


class NoSeatLeft(Refusal, frozen=True, gc=False):
    """Seat limit reached: {total_seats} of {total_seats} seats are taken. Free a seat, or change the plan.

    It comes when a member or an invitation needs a seat, and members and pending invitations hold all seats of the
    account.

    Take a seat back from a member, revoke an invitation that holds one, grant more seats, or move the account to a
    plan with more. The limits of the account say why there are so many and which way is the cheapest.
    """

    total_seats: int


class OverLimit(Refusal, frozen=True, gc=False):
    """Plan too small: {excess.members} members and {excess.seats} seats too many. Remove members, or free seats.

    It comes when an account is moved to a plan, or loses a grant, and what it uses does not fit. The field
    `excess` says by how much.

    Remove members or free seats first, or say with `excess` what becomes of those who do not fit: `freeze` them,
    or give them a `grace`. A dry run shows it beforehand.
    """

    excess: Excess


class MemberFrozen(Refusal, frozen=True, gc=False):
    """Member frozen: a frozen member holds no seat. Make room first: remove a member, or change the plan.

    It comes when a seat is given to a frozen member. Members are frozen when a smaller plan has no room for them.

    Make room by removing members, by a grant, or by a change of plan. Members are thawed by themselves as soon as
    there is room, those first who were frozen first.
    """


class GraceRunning(Refusal, frozen=True, gc=False):
    """Grace running: until {ends_at} nobody can join, as too many are members. Remove members, or change the plan.

    It comes when a member is added or somebody is invited while the account is over its new limits, which do not
    hold until the grace is over.

    Remove members until the account fits its plan, or move it to one that is large enough. When the grace is over,
    those who do not fit are frozen.
    """

    ends_at: str
