"""What both aggregates do, behind one name each: evolve, decide, answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from seatkeeper.actors.accounts import account as accounts
from seatkeeper.actors.accounts import decisions, summaries
from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.events import AccountOpened
from seatkeeper.actors.messages import Command, Decision, Event
from seatkeeper.actors.subscriptions import plan as plans
from seatkeeper.actors.subscriptions.plan import Plan

State: TypeAlias = Account | Plan | None


def evolve(state: State, event: Event) -> Account | Plan:
    """Carry an event into the state, in place."""
    if isinstance(state, Account) or isinstance(event, AccountOpened):
        return accounts.evolve(state if isinstance(state, Account) else None, event)
    return plans.evolve(state, event)


def replayed(events: Sequence[Event]) -> State:
    """Return the state that these events lead to."""
    state: State = None
    for event in events:
        state = evolve(state, event)
    return state


def decide(state: State, command: Command) -> Decision:
    """Decide as the actor does."""
    if type(command).__module__.endswith("subscriptions.commands"):
        return plans.decide(state if isinstance(state, Plan) else None, command)
    return decisions.decide(state if isinstance(state, Account) else None, command)


def answer(state: Account | Plan, version: int, command: Command) -> object:
    """Say what the actor answers."""
    return (plans if isinstance(state, Plan) else summaries).answer(state, version, command)
