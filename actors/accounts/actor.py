"""An account in its actor."""

from __future__ import annotations

from typing import ClassVar

from seatkeeper.actors.accounts import account, decisions, summaries
from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.aggregate import AggregateActor
from seatkeeper.actors.messages import Command, Decision, Event


class AccountActor(AggregateActor[Account]):
    """The actor of one account."""

    kind: ClassVar[str] = "account"

    def decide(self, state: Account | None, command: Command) -> Decision:
        """Decide as decisions.py does."""
        return decisions.decide(state, command)

    def evolve(self, state: Account | None, event: Event) -> Account:
        """Evolve as account.py does."""
        return account.evolve(state, event)

    def answer(self, state: Account, version: int, command: Command) -> summaries.Answer:
        """Answer as summaries.py does."""
        return summaries.answer(state, version, command)

    def size(self, state: Account) -> int:
        """Count the members."""
        return len(state.members)
