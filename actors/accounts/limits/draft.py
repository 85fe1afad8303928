"""A decision while it is made: its events so far, and the numbers that they lead to."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.limits.numbers import Balance, balance_of
from seatkeeper.actors.accounts.values import InvitationId, MemberId
from seatkeeper.actors.aggregates.messages import Event


class Draft(msgspec.Struct):
    """What a decision has so far; the account itself stays as it is until the events are applied."""

    account: Account
    before: Balance
    now: Balance
    events: list[Event]
    left: set[MemberId]
    """Who gets nothing back in this append: removed, frozen or without a seat by it."""
    revoked: set[InvitationId]
    grace_id: str | None
    """Of the grace that is running."""

    def release(self, invitation_id: InvitationId) -> None:
        """Free what a pending invitation holds."""
        self.revoked.add(invitation_id)
        self.now.held -= 1
        self.now.seats_held -= (self.account.invitations or {})[invitation_id].seated


def begin(account: Account) -> Draft:
    """Begin a decision."""
    grace_id = None if account.grace is None else account.grace.grace_id
    return Draft(account, balance_of(account), balance_of(account), [], set(), set(), grace_id)
