"""The decisions about trials: when one ends, and what comes then."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.limits.draft import Draft, begin
from seatkeeper.actors.accounts.limits.settling import settle
from seatkeeper.actors.accounts.limits.shrinking import Smaller, policy_of
from seatkeeper.actors.accounts.profile.events import AccountSuspended
from seatkeeper.actors.accounts.terms import commands
from seatkeeper.actors.accounts.terms.changing import change_to
from seatkeeper.actors.accounts.terms.events import TrialChanged, TrialEnded
from seatkeeper.actors.accounts.values import MoveTo
from seatkeeper.actors.aggregates.messages import NOTHING, Command, Decision


def change_trial(account: Account, command: commands.ChangeTrial) -> Decision:
    """Let the trial end at another time; without one, start one that ends in a suspension."""
    trial = account.trial
    if trial is not None and trial.ends_at == command.ends_at:
        return NOTHING
    return [TrialChanged(command.ends_at, "suspend" if trial is None else trial.then)]


def convert_trial(account: Account, _: commands.ConvertTrial) -> Decision:
    """Make a full account of one on trial."""
    return NOTHING if account.trial is None else [TrialEnded("converted")]


def convert(draft: Draft) -> None:
    """End the trial, if there is one, because a plan was chosen."""
    if draft.account.trial is not None:
        draft.events.append(TrialEnded("converted"))


def end_trial(account: Account, command: commands.EndTrial) -> Decision:
    """End a trial whose time is over, where no plan has to be asked."""
    trial = account.trial
    if trial is None or command.at < trial.ends_at or isinstance(trial.then, MoveTo):
        return NOTHING
    if trial.then == "continue":
        return [TrialEnded("continued")]
    ended = TrialEnded("suspended")
    return [ended] if account.status == "suspended" else [ended, AccountSuspended("trial-ended")]


def end_trial_on_plan(account: Account, command: commands.EndTrialOnPlan) -> Decision:
    """End a trial whose time is over on the plan that comes then; without it, in a suspension."""
    trial = account.trial
    if trial is None or command.at < trial.ends_at or trial.then != MoveTo(command.plan_id):
        return NOTHING
    if account.status == "suspended":
        return [TrialEnded("suspended", "account-suspended")]
    if command.terms is None:
        reason = command.reason or "plan-not-found"
        return [TrialEnded("suspended", reason), AccountSuspended(reason)]
    draft = begin(account)
    draft.events.append(TrialEnded("moved"))
    policy = policy_of(account, by_itself=True)
    smaller = Smaller(policy.excess, account.account_id, command.at, policy.grace_seconds)
    return change_to(draft, command.terms, None, smaller) or settle(draft)


DECISIONS: Mapping[type[Command], Callable[..., Decision]] = {
    commands.ChangeTrial: change_trial,
    commands.ConvertTrial: convert_trial,
    commands.EndTrial: end_trial,
    commands.EndTrialOnPlan: end_trial_on_plan,
}
