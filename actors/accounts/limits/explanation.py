"""Why an account may take what it may: each number with the events that made it, and the cheapest ways to one more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.limits.numbers import UNBOUNDED, Balance, balance_of, may_take
from seatkeeper.actors.accounts.values import GrantId, InvitationId, MemberId, Overage, Percent, PlanId

Source: TypeAlias = Literal["plan", "grant", "overage", "grace"]
Way: TypeAlias = Literal["revoke-invitation", "free-seat", "make-grant", "change-plan", "remove-member"]


class Because(msgspec.Struct, frozen=True, gc=False):
    """One part of what may be taken; the amounts add up to what is used and free."""

    source: Source
    amount: int | None
    """None where there is no end."""
    version: int | None
    """Of the event that made it; None when it is not known any more."""
    plan_id: PlanId | UnsetType = UNSET
    revision: int | UnsetType = UNSET
    grant_id: GrantId | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    ends_at: str | UnsetType = UNSET


class WayToOneMore(msgspec.Struct, frozen=True, gc=False):
    """A command after which one more is free, with what it needs at least."""

    command: Way
    invitation_id: InvitationId | UnsetType = UNSET
    member_id: MemberId | UnsetType = UNSET
    members: int | UnsetType = UNSET
    """To grant, or as the user limit of a package."""
    seats: int | UnsetType = UNSET
    """To grant, or as the total of a package."""


class Room(msgspec.Struct, frozen=True, gc=False):
    """The member slots or the seats of an account; `frozen` seats are those that are owed."""

    limit: int
    used: int
    held: int
    frozen: int
    free: int | None
    """How many more may be taken now; None where there is no end."""
    because: tuple[Because, ...]
    ways: tuple[WayToOneMore, ...]


class Explanation(msgspec.Struct, frozen=True, gc=False):
    """What an account may take, what it takes, and why."""

    members: Room
    seats: Room
    version: int


def explain(account: Account) -> Explanation:
    """Explain the limits of an account, from the numbers by which every command is decided."""
    balance = balance_of(account)
    frozen, owed = len(account.frozen or ()), len(account.owed_seats or ())
    members = Room(
        limit=balance.shown_limit,
        used=balance.count,
        held=balance.held,
        frozen=frozen,
        free=0 if account.grace is not None else _free(balance.free_members, balance.member_cap),
        because=tuple(_because(account, balance, members=True)),
        ways=tuple(_more_members(account, balance)),
    )
    seats = Room(
        limit=balance.shown_total,
        used=balance.taken,
        held=balance.seats_held,
        frozen=owed,
        free=_free(balance.seat_cap_now - balance.seats_used, balance.seat_cap),
        because=tuple(_because(account, balance, members=False)),
        ways=tuple(_more_seats(account, balance)),
    )
    return Explanation(members, seats, account.version)


def _free(free: int, cap: int) -> int | None:
    return None if cap == UNBOUNDED else max(0, free)


def _because(account: Account, balance: Balance, *, members: bool) -> Iterator[Because]:
    plan = Because(
        "plan",
        account.user_limit if members else account.total_seats,
        account.terms_version or None,
        plan_id=account.plan_id,
        revision=account.revision,
    )
    yield plan
    for grant_id, grant in (account.grants or {}).items():
        amount = grant.members if members else grant.seats
        if amount:
            ends_at = UNSET if grant.expires_at is None else grant.expires_at
            yield Because("grant", amount, grant.version, grant_id=grant_id, reason=grant.reason, ends_at=ends_at)
    limit, cap = (balance.limit, balance.member_cap) if members else (balance.total, balance.seat_cap)
    if cap > limit:
        more = None if cap == UNBOUNDED else cap - limit
        yield Because("overage", more, plan.version, plan_id=account.plan_id, revision=account.revision)
    shown = balance.shown_limit if members else balance.shown_total
    if account.grace is not None and shown > limit:
        yield Because("grace", shown - limit, account.grace.version, ends_at=account.grace.ends_at)


def _more_members(account: Account, balance: Balance) -> Iterator[WayToOneMore]:
    """List the ways, those first that cost nobody anything; frozen members come before anybody new."""
    needed = balance.used + len(account.frozen or ()) + 1
    in_grace = account.grace is not None
    if balance.member_cap >= needed and not in_grace:
        return
    if not in_grace and balance.member_cap == needed - 1:
        if account.invited:
            yield WayToOneMore("revoke-invitation", invitation_id=next(reversed(account.invited.values())))
        leaver = next((member_id for member_id in reversed(account.members) if _may_leave(account, member_id)), None)
        if leaver is not None:
            yield WayToOneMore("remove-member", member_id=leaver)
    seats_needed = balance.seats_used if in_grace else 0  # a grace is over when the seats fit too
    granted = _least_limit(needed, account.overage) - account.user_limit - account.granted_members
    seats_granted = _least_limit(seats_needed, account.overage) - account.total_seats - account.granted_seats
    yield WayToOneMore("make-grant", members=_if_more(granted), seats=_if_more(seats_granted if in_grace else 0))
    seats = seats_needed - account.granted_seats if in_grace else 0
    yield WayToOneMore("change-plan", members=needed - account.granted_members, seats=_if_more(seats))


def _more_seats(account: Account, balance: Balance) -> Iterator[WayToOneMore]:
    """List the ways; the seats that active members are owed come before anybody new."""
    waiting = sum(not account.is_frozen(member_id) for member_id in account.owed_seats or ())
    needed = balance.seats_used + waiting + 1
    if balance.seat_cap >= needed or balance.seat_cap_now > balance.seats_used:
        return
    if balance.seat_cap == needed - 1:
        invitations = account.invitations or {}
        # an invitation frees a slot too, and who is thawed for it has the seat back
        pending = () if account.frozen else reversed((account.invited or {}).values())
        seated = next((invitation_id for invitation_id in pending if invitations[invitation_id].seated), None)
        if seated is not None:
            yield WayToOneMore("revoke-invitation", invitation_id=seated)
        holder = next((member_id for member_id, member in reversed(account.members.items()) if member.seated), None)
        if holder is not None:
            yield WayToOneMore("free-seat", member_id=holder)
    granted = _least_limit(needed, account.overage) - account.total_seats - account.granted_seats
    yield WayToOneMore("make-grant", seats=granted)
    yield WayToOneMore("change-plan", seats=needed - account.granted_seats)


def _least_limit(needed: int, overage: Overage | None) -> int:
    """Return the smallest limit of which so much may be taken."""
    if not isinstance(overage, Percent):
        return needed
    least = needed * 100 // (100 + overage.percent)
    return least if may_take(least, overage) >= needed else least + 1


def _if_more(count: int) -> int | UnsetType:
    return count if count > 0 else UNSET


def _may_leave(account: Account, member_id: MemberId) -> bool:
    """Whether the member can be removed, and frees a slot by it."""
    last_admin = account.members[member_id].role == "admin" and account.admins == 1
    return not account.is_frozen(member_id) and not last_admin
