"""How what an account bought evolves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import UNSET

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.terms import events
from seatkeeper.actors.accounts.terms.pending import Grace, ScheduledChange
from seatkeeper.actors.accounts.timers import start
from seatkeeper.actors.accounts.values import Policy, TrialTerms
from seatkeeper.actors.aggregates.messages import Event


def _plan_changed(account: Account, event: events.PlanChanged) -> None:
    account.plan_id, account.revision = event.plan_id, event.revision
    account.total_seats, account.user_limit = event.total_seats, event.user_limit
    account.overage = event.overage or None
    account.terms_version = account.version
    if event.excess is not UNSET:
        account.policy = Policy(event.excess, event.grace_seconds or None)


def _change_set(account: Account, event: events.ScheduledChangeSet) -> None:
    account.scheduled_change = ScheduledChange(
        event.change_id, event.plan_id, event.effective_at, event.excess, event.grace_seconds, event.keep
    )
    start(account, (event.effective_at, "plan-changes", event.change_id))


def _change_over(account: Account, _: Event) -> None:
    account.scheduled_change = None


def _grace_started(account: Account, event: events.GraceStarted) -> None:
    account.grace = Grace(event.grace_id, event.ends_at, event.members, event.seats, account.version, event.keep)
    start(account, (event.ends_at, "grace-ends", event.grace_id))


def _grace_ended(account: Account, _: events.GraceEnded) -> None:
    account.grace = None


def _trial_changed(account: Account, event: events.TrialChanged) -> None:
    account.trial = TrialTerms(event.ends_at, event.then)
    start(account, (event.ends_at, "trial-ends", account.account_id))


def _trial_ended(account: Account, _: events.TrialEnded) -> None:
    account.trial = None


EVOLUTIONS: Mapping[type[Event], Callable[..., None]] = {
    events.PlanChanged: _plan_changed,
    events.ScheduledChangeSet: _change_set,
    events.ScheduledChangeCancelled: _change_over,
    events.ScheduledChangeApplied: _change_over,
    events.ScheduledChangeRefused: _change_over,
    events.GraceStarted: _grace_started,
    events.GraceEnded: _grace_ended,
    events.TrialChanged: _trial_changed,
    events.TrialEnded: _trial_ended,
}
