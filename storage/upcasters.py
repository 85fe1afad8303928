"""Upcasters: old forms of events, read as the events of today.

The journal never changes a stored event. So the tag, the shape and the function of an old form stay here for ever.
Each function raises msgspec.DecodeError for JSON of another form.
"""

from __future__ import annotations

import msgspec

from seatkeeper.actors.accounts.profile.events import CreditAdjusted
from seatkeeper.actors.accounts.values import Money


class _CreditAdjusted1(msgspec.Struct, frozen=True, gc=False):
    """`credit.adjusted`: one currency beside two bare numbers."""

    amount: int
    currency: str
    reason: str
    balance: int


_credit_adjusted_1 = msgspec.json.Decoder(_CreditAdjusted1)


def read_credit_adjusted_1(data: str | bytes) -> CreditAdjusted:
    """Give each of the two amounts its currency."""
    old = _credit_adjusted_1.decode(data)
    return CreditAdjusted(Money(old.amount, old.currency), old.reason, Money(old.balance, old.currency))
