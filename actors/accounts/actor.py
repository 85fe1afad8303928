"""The actor class of accounts: it binds the pure functions of this context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, get_args

from seatkeeper.actors.accounts import account, decisions, invariants, summaries
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
    evolve = staticmethod(account.evolve)
    answer = staticmethod(summaries.answer)
    stored_answer = staticmethod(summaries.stored_answer)
    identity = staticmethod(account.identity)
    size = staticmethod(account.size)
    broken_rules = staticmethod(invariants.broken_rules)
