"""An account in its actor."""

from __future__ import annotations

from typing import ClassVar

from seatkeeper.actors.accounts import account, decisions, summaries
from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.aggregate import AggregateActor


class AccountActor(AggregateActor[Account]):
    """The actor of one account."""

    kind: ClassVar[str] = "account"

    decide = staticmethod(decisions.decide)
    evolve = staticmethod(account.evolve)
    answer = staticmethod(summaries.answer)

    @staticmethod
    def size(state: Account) -> int:
        """Count the members."""
        return len(state.members)
