"""The invariants of an account, checked when a journal is verified."""

from __future__ import annotations

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.events import (
    AccountOpened,
    CreditAdjusted,
    MemberAdded,
    MemberExternalIdChanged,
    Money,
)
from seatkeeper.actors.aggregates.messages import Event


def broken_rules(account: Account, event: Event) -> list[str]:
    """List the invariants that the state after this event breaks: members, seats, credit, admins, balance, names."""
    broken = []
    if len(account.members) > account.user_limit:
        broken.append(f"{len(account.members)} members of {account.user_limit}")
    if account.seats_taken > account.total_seats:
        broken.append(f"{account.seats_taken} seats taken of {account.total_seats}")
    if account.credit < 0:
        broken.append(f"a credit of {account.credit}")
    if not account.admins and not isinstance(event, AccountOpened):
        broken.append("no admin")
    if isinstance(event, CreditAdjusted):
        balance = Money(account.credit, account.currency)
        if event.balance != balance or event.amount.currency != account.currency:
            broken.append(f"a balance of {_money(event.balance)}, where the events add up to {_money(balance)}")
    if isinstance(event, MemberAdded | MemberExternalIdChanged) and event.external_id:
        holder = account.member_of(event.external_id)
        if holder != event.member_id:
            broken.append(f"the external id {event.external_id} for two members")
    return broken


def _money(money: Money) -> str:
    return f"{money.amount} {money.currency}"
