"""Events in forms of old: how they are read as what they are called today.

The journal keeps each event as it was written. A form that is no longer written keeps its tag, its shape and its
function here for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from seatkeeper.actors.accounts.events import CreditAdjusted, Money
from seatkeeper.actors.messages import Event


class _CreditAdjusted1(msgspec.Struct, frozen=True, gc=False):
    """`credit.adjusted`: one currency beside two bare numbers."""

    amount: int
    currency: str
    reason: str
    balance: int


_credit_adjusted_1 = msgspec.json.Decoder(_CreditAdjusted1)


def _credit_adjusted(data: str | bytes) -> CreditAdjusted:
    """Give each of the two amounts its currency."""
    old = _credit_adjusted_1.decode(data)
    return CreditAdjusted(Money(old.amount, old.currency), old.reason, Money(old.balance, old.currency))


UPCASTERS: Mapping[str, Callable[[str | bytes], Event]] = {"credit.adjusted": _credit_adjusted}
"""By old tag: from the stored JSON to the event of today; each raises msgspec.DecodeError for what is not its form."""
