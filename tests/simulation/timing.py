"""The timers of a run: whether their scheduler rests, and the commands that they send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pykka

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.terms.commands import ApplyScheduledChange, EndTrialOnPlan
from seatkeeper.actors.accounts.terms.events import GraceStarted
from seatkeeper.actors.accounts.timers import due, timers
from seatkeeper.actors.accounts.values import MoveTo, PlanReason, Terms, Timer
from seatkeeper.actors.aggregates.messages import Command, Event
from seatkeeper.http.timing import Timing
from tests.simulation.clock import earlier

EVERY = 20.0
"""Seconds between two looks of the scheduler when nothing is due: more than in the service, as looks cost most."""

Sold = Mapping[str, Sequence[Terms]]
"""What each plan has sold up to now, by its id."""


def coordinators_of(timing: Timing | None) -> Sequence[pykka.ActorRef[Any]]:
    """List the actors that ask plans for timers."""
    coordinator = getattr(timing, "_coordinator", None)
    return [] if coordinator is None else [coordinator]


def fires(timing: Timing) -> bool:
    """Tell whether something that is due is looked for, or under way."""
    scheduler = timing._scheduler
    return scheduler._looking.locked() or bool(scheduler._under_way)


def earliest(state: object) -> Timer | None:
    """Return the timer that is due first."""
    return min(timers(state), default=None) if isinstance(state, Account) else None


def asks_a_plan(account: Account, timer: Timer) -> bool:
    """Tell whether a plan has to be asked for what is due."""
    moves = account.trial is not None and isinstance(account.trial.then, MoveTo)
    return timer[1] == "plan-changes" or (timer[1] == "trial-ends" and moves)


def sent_by_timers(account: Account, events: Sequence[Event], recorded_at: str, sold: Sold) -> Iterator[Command]:
    """Make the commands that timers may have sent for these events: what is due first, or what plans are asked for."""
    first = earliest(account)
    if first is None:
        return
    at = max(first[0], _at(account, events, recorded_at))
    command = due(account, at)
    if command is not None:
        yield command
    change, trial = account.scheduled_change, account.trial
    if change is not None:
        for terms, reason in _offers(sold, change.plan_id):
            yield ApplyScheduledChange(change.change_id, terms, reason, max(at, change.effective_at))
    if trial is not None and isinstance(trial.then, MoveTo):
        for terms, reason in _offers(sold, trial.then.plan_id):
            yield EndTrialOnPlan(trial.then.plan_id, terms, reason, max(at, trial.ends_at))


def _offers(sold: Sold, plan_id: str) -> Iterator[tuple[Terms | None, PlanReason | None]]:
    terms = sold.get(plan_id)
    yield from ((one, None) for one in terms or ())
    yield None, "plan-retired" if terms else "plan-not-found"


def _at(account: Account, events: Sequence[Event], recorded_at: str) -> str:
    """Find when a timer was decided: a grace that it starts tells it."""
    change, policy = account.scheduled_change, account.policy
    for event in events:
        if isinstance(event, GraceStarted):
            if change is not None and event.grace_id == change.change_id:
                return earlier(event.ends_at, change.grace_seconds or 0)
            return earlier(event.ends_at, (policy and policy.grace_seconds) or 0)
    return recorded_at
