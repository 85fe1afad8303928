"""What happens to an account by itself: its timers, and the commands that they send."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.grants.commands import ExpireGrant
from seatkeeper.actors.accounts.invitations.commands import ExpireInvitation
from seatkeeper.actors.accounts.terms.commands import EndGrace, EndTrial
from seatkeeper.actors.accounts.values import GrantId, InvitationId, MoveTo, Timer
from seatkeeper.actors.aggregates.messages import Command

SPARE_TIMERS = 16
"""Timers that may be over in a heap before it is made anew."""


def timers(account: Account) -> Iterator[Timer]:
    """List the timers that the account wants, from the things that are due themselves."""
    if account.timers is None or account.status == "closed":
        return
    for invitation_id in (account.invited or {}).values():
        yield (account.invitations or {})[invitation_id].expires_at, "invitation-expires", invitation_id
    if account.trial is not None:
        yield account.trial.ends_at, "trial-ends", account.account_id
    for grant_id, grant in (account.grants or {}).items():
        if grant.expires_at is not None:
            yield grant.expires_at, "grant-expires", grant_id
    if account.scheduled_change is not None:
        yield account.scheduled_change.effective_at, "plan-changes", account.scheduled_change.change_id
    if account.grace is not None:
        yield account.grace.ends_at, "grace-ends", account.grace.grace_id


def subject(account: Account, timer: Timer) -> str:
    """Name what a timer is about: the plan that has to be asked first, otherwise the thing that is due."""
    _, kind, timer_id = timer
    if kind == "plan-changes" and account.scheduled_change is not None:
        return account.scheduled_change.plan_id
    if kind == "trial-ends" and account.trial is not None and isinstance(account.trial.then, MoveTo):
        return account.trial.then.plan_id
    return timer_id


def next_due(account: Account) -> str | None:
    """Say when the earliest timer is due."""
    return account.timers[0][0] if account.timers else None


def due(account: Account, now: str) -> Command | None:
    """Make the command of the earliest timer; None if it is not due yet, or if a plan has to be asked first."""
    if not account.timers or account.timers[0][0] > now:
        return None
    _, kind, timer_id = account.timers[0]
    match kind:
        case "invitation-expires":
            return ExpireInvitation(InvitationId(timer_id), now)
        case "grant-expires":
            return ExpireGrant(GrantId(timer_id), now)
        case "grace-ends":
            return EndGrace(timer_id, now)
        case "trial-ends" if account.trial is not None and not isinstance(account.trial.then, MoveTo):
            return EndTrial(now)
        case _:
            return None


def start(account: Account, timer: Timer) -> None:
    """Want a timer, in place; a heap in which most timers are over is made anew."""
    if account.timers is None:
        account.timers = []
    heapq.heappush(account.timers, timer)
    most = 2 * (len(account.invited or ()) + len(account.grants or ())) + SPARE_TIMERS
    if len(account.timers) > most:
        account.timers = [some for some in account.timers if wanted(account, some)]
        heapq.heapify(account.timers)


def drop_unwanted(account: Account) -> None:
    """Take timers from the top of the heap that are wanted no more, so that the earliest is a wanted one."""
    timers_ = account.timers
    while timers_ and not wanted(account, timers_[0]):
        heapq.heappop(timers_)
    if not timers_:
        account.timers = None


def wanted(account: Account, timer: Timer) -> bool:
    """Whether the thing of a timer is still due then."""
    due_at, kind, timer_id = timer
    if account.status == "closed":
        return False
    match kind:
        case "invitation-expires":
            invitation = (account.invitations or {}).get(InvitationId(timer_id))
            return invitation is not None and invitation.status == "pending" and invitation.expires_at == due_at
        case "trial-ends":
            return account.trial is not None and account.trial.ends_at == due_at
        case "grant-expires":
            grant = (account.grants or {}).get(GrantId(timer_id))
            return grant is not None and grant.expires_at == due_at
        case "plan-changes":
            change = account.scheduled_change
            return change is not None and (change.effective_at, change.change_id) == (due_at, timer_id)
        case "grace-ends":
            return account.grace is not None and (account.grace.ends_at, account.grace.grace_id) == (due_at, timer_id)
