"""The decisions about what an account bought: a change of plan, now and on its day, and the end of a grace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.limits.draft import begin
from seatkeeper.actors.accounts.limits.settling import end_grace, settle
from seatkeeper.actors.accounts.limits.shrinking import make_fit
from seatkeeper.actors.accounts.members.refusals import MemberNotFound
from seatkeeper.actors.accounts.terms import commands, events, trials
from seatkeeper.actors.accounts.terms.changing import change_as_wanted
from seatkeeper.actors.accounts.values import MemberId, RefusedBecause
from seatkeeper.actors.aggregates.messages import NOTHING, Command, Decision


def change_terms(account: Account, command: commands.ChangeTerms) -> Decision:
    """Change the plan now. It ends a trial, and cancels what was scheduled: the last word counts."""
    if not _all_known(account, command.keep):
        return MemberNotFound()
    draft = begin(account)
    if account.scheduled_change is not None:
        draft.events.append(events.ScheduledChangeCancelled(account.scheduled_change.change_id))
    trials.convert(draft)
    return change_as_wanted(draft, command.terms, command, command.at) or settle(draft)


def schedule_change(account: Account, command: commands.ScheduleChange) -> Decision:
    """Note a change of plan that lies ahead; it replaces the one before."""
    if not _all_known(account, command.keep):
        return MemberNotFound()
    wanted = (command.plan_id, command.effective_at, command.excess, command.grace_seconds, command.keep)
    scheduled = account.scheduled_change
    if scheduled is not None and wanted == (
        scheduled.plan_id,
        scheduled.effective_at,
        scheduled.excess,
        scheduled.grace_seconds,
        scheduled.keep,
    ):
        return NOTHING
    return [events.ScheduledChangeSet(command.change_id, *wanted)]


def cancel_change(account: Account, _: commands.CancelScheduledChange) -> Decision:
    """Forget the change that was scheduled, if there is one."""
    scheduled = account.scheduled_change
    return NOTHING if scheduled is None else [events.ScheduledChangeCancelled(scheduled.change_id)]


def apply_change(account: Account, command: commands.ApplyScheduledChange) -> Decision:
    """Change the plan on its day, as a change now; who is named and has left is ignored."""
    scheduled = account.scheduled_change
    if scheduled is None or scheduled.change_id != command.change_id or command.at < scheduled.effective_at:
        return NOTHING
    if command.terms is None:
        return _not_applied(command, command.reason or "plan-not-found")
    if account.status == "suspended":
        return _not_applied(command, "account-suspended")
    draft = begin(account)
    draft.events.append(events.ScheduledChangeApplied(command.change_id))
    trials.convert(draft)
    refused = change_as_wanted(draft, command.terms, scheduled, command.at)
    if refused is not None:
        return [events.ScheduledChangeRefused(command.change_id, "over-limit", refused.excess)]
    return settle(draft)


def _not_applied(command: commands.ApplyScheduledChange, reason: RefusedBecause) -> Decision:
    return [events.ScheduledChangeRefused(command.change_id, reason)]


def end_grace_now(account: Account, command: commands.EndGrace) -> Decision:
    """End a grace whose time is over: what does not fit is frozen."""
    grace = account.grace
    if grace is None or grace.grace_id != command.grace_id or command.at < grace.ends_at:
        return NOTHING
    draft = begin(account)
    make_fit(draft, grace.keep)
    end_grace(draft, "over")
    return settle(draft)


def _all_known(account: Account, keep: Sequence[MemberId]) -> bool:
    return all(member_id in account.members for member_id in keep)


DECISIONS: Mapping[type[Command], Callable[..., Decision]] = {
    commands.ChangeTerms: change_terms,
    commands.ScheduleChange: schedule_change,
    commands.CancelScheduledChange: cancel_change,
    commands.ApplyScheduledChange: apply_change,
    commands.EndGrace: end_grace_now,
    **trials.DECISIONS,
}
