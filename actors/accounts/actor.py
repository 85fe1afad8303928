"""The actor class of accounts: it binds the pure functions of this context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, get_args

from seatkeeper.actors.accounts import account, answers, decisions, evolution, invariants, timers
from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.events import AccountEvent
from seatkeeper.actors.aggregates.aggregate import AggregateActor
from seatkeeper.actors.aggregates.messages import Event


class AccountActor(AggregateActor[Account]):
    """The actor of one account."""

    kind: ClassVar[str] = "account"
    state_type: ClassVar[type[Account]] = Account
    event_types: ClassVar[Sequence[type[Event]]] = get_args(AccountEvent)

    decide = staticmethod(decisions.decide)
    evolve = staticmethod(evolution.evolve)
    answer = staticmethod(answers.answer)
    stored_answer = staticmethod(answers.stored_answer)
    identity = staticmethod(account.identity)
    size = staticmethod(account.size)
    same = staticmethod(account.same)
    complete = staticmethod(account.complete)
    next_due = staticmethod(timers.next_due)
    due = staticmethod(timers.due)
    broken_rules = staticmethod(invariants.broken_rules)
