"""Other limits: what happens to what does not fit into them, by the policy of the account.

What is frozen is set aside, and nothing of it is lost. Its events come before the one that shrinks the limits, so that
the rules hold after each of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.invitations.events import InvitationRevoked
from seatkeeper.actors.accounts.limits.draft import Draft
from seatkeeper.actors.accounts.limits.events import MemberFrozen, SeatWithdrawn
from seatkeeper.actors.accounts.limits.refusals import OverLimit
from seatkeeper.actors.accounts.limits.settling import end_grace
from seatkeeper.actors.accounts.terms.events import GraceStarted
from seatkeeper.actors.accounts.values import ExcessPolicy, MemberId, Overage, Policy
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.actors.aggregates.times import later


class Smaller(msgspec.Struct, frozen=True):
    """What to do when the limits become smaller than what is used."""

    excess: ExcessPolicy
    grace_id: str
    at: str
    grace_seconds: int | None = None
    keep: tuple[MemberId, ...] = ()


class Limits(msgspec.Struct, frozen=True):
    """What is bought and granted."""

    members: int
    seats: int
    overage: Overage | None


def policy_of(account: Account, *, by_itself: bool) -> Policy:
    """Return what an account wants for what does not fit; what comes by itself cannot be refused."""
    policy = account.policy or Policy("refuse")
    return Policy("freeze") if by_itself and policy.excess == "refuse" else policy


def move(draft: Draft, limits: Limits, event: Event, smaller: Smaller, *, anew: bool) -> OverLimit | None:
    """Move to other limits by this event, unless what is used does not fit and the policy refuses.

    A change of plan decides a running grace `anew`; anything else leaves it, and is taken in by it.
    """
    now = draft.now
    members, seats, excess = now.shown_limit, now.shown_total, now.excess
    now.allow(limits.members, limits.seats, limits.overage)
    if now.fits or (not anew and _no_worse(draft, excess.members, excess.seats)):
        draft.events.append(event)
        if anew:
            end_grace(draft, "replaced")
        return None
    if draft.grace_id is not None and not anew:
        draft.events.append(event)
    elif smaller.excess == "refuse":
        return OverLimit(now.excess)
    elif smaller.excess == "grace":
        ends_at = later(smaller.at, smaller.grace_seconds or 0)
        draft.events.append(GraceStarted(smaller.grace_id, ends_at, members, seats, smaller.keep))
        draft.events.append(event)
        draft.grace_id, now.grace_members, now.grace_seats = smaller.grace_id, members, seats
    else:
        freeze(draft, smaller.keep, event)
        if anew:
            end_grace(draft, "replaced")
    return None


def freeze(draft: Draft, keep: Collection[MemberId], event: Event) -> None:
    """Freeze what does not fit, then come to the event that made the limits smaller."""
    make_fit(draft, keep)
    draft.events.append(event)


def _no_worse(draft: Draft, members: int, seats: int) -> bool:
    """Whether no more is too much than was before: the last admin beyond a limit of 0 is no new excess."""
    excess = draft.now.excess
    return excess.members <= members and excess.seats <= seats


def make_fit(draft: Draft, keep: Collection[MemberId]) -> None:
    """Make all fit into the limits that the draft has now: invitations first, then members, then seats."""
    if draft.now.free_seats < 0:
        _revoke(draft, seated=True)
    if draft.now.free_members < 0:
        _revoke(draft, seated=False)
    if draft.now.free_members < 0:
        _freeze(draft, keep)
    if draft.now.free_seats < 0:
        _withdraw(draft, keep)


def _revoke(draft: Draft, *, seated: bool) -> None:
    """Revoke pending invitations, the latest first, while seats (of `seated` ones) or members do not fit."""
    account, now = draft.account, draft.now
    for invitation_id in reversed((account.invited or {}).values()):
        if (now.free_seats if seated else now.free_members) >= 0:
            return
        invitation = (account.invitations or {})[invitation_id]
        if invitation_id not in draft.revoked and (invitation.seated or not seated):
            draft.events.append(InvitationRevoked(invitation_id))
            draft.release(invitation_id)


def _freeze(draft: Draft, keep: Collection[MemberId]) -> None:
    """Freeze members, the latest joined first, those to keep last, and the last active admin never."""
    account, now = draft.account, draft.now
    admins = account.admins
    chosen = []
    for member_id in _latest_first(account, keep):
        if now.free_members >= 0:
            break
        member = account.members[member_id]
        if account.is_frozen(member_id) or (member.role == "admin" and admins == 1):
            continue
        admins -= member.role == "admin"
        now.count -= 1
        now.taken -= member.seated
        chosen.append(member_id)
    for member_id in reversed(chosen):  # who was nearest to staying is the first to come back
        if account.members[member_id].seated:
            draft.events.append(SeatWithdrawn(member_id))
        draft.events.append(MemberFrozen(member_id))
    draft.left.update(chosen)


def _withdraw(draft: Draft, keep: Collection[MemberId]) -> None:
    """Take seats back, from the latest joined first, from those to keep last."""
    account, now = draft.account, draft.now
    chosen = []
    for member_id in _latest_first(account, keep):
        if now.free_seats >= 0:
            break
        if account.members[member_id].seated and member_id not in draft.left:
            now.taken -= 1
            chosen.append(member_id)
    draft.events.extend(SeatWithdrawn(member_id) for member_id in reversed(chosen))
    draft.left.update(chosen)


def _latest_first(account: Account, keep: Collection[MemberId]) -> Iterator[MemberId]:
    """Go through the members, the latest joined first; those to keep come after all others."""
    kept = frozenset(keep)
    yield from (member_id for member_id in reversed(account.members) if member_id not in kept)
    yield from (member_id for member_id in reversed(account.members) if member_id in kept)
