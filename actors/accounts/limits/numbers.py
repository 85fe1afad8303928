"""The numbers: what an account may take, and what it takes. Nothing else computes them."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.values import Excess, Overage, Percent

UNBOUNDED = 2**62
"""What may be taken where any overage is allowed."""


class Balance(msgspec.Struct, gc=False):
    """What an account may take and what it takes, while a decision is made: only a decision changes it."""

    count: int
    held: int
    taken: int
    seats_held: int
    limit: int
    total: int
    member_cap: int
    """The members that may be there: the limit, and more where the overage allows it."""
    seat_cap: int
    grace_members: int = 0
    """The limit of before that goes on in a grace; 0 without one."""
    grace_seats: int = 0

    @property
    def used(self) -> int:
        """The member slots that are used."""
        return self.count + self.held

    @property
    def seats_used(self) -> int:
        """The seats that are used."""
        return self.taken + self.seats_held

    @property
    def free_members(self) -> int:
        """How many more members may be there; negative when there are too many."""
        return self.member_cap - self.count - self.held

    @property
    def free_seats(self) -> int:
        """How many more seats may be taken; negative when there are too many."""
        return self.seat_cap - self.taken - self.seats_held

    @property
    def seat_cap_now(self) -> int:
        """The seats that may be taken now: in a grace those of before, while they are more."""
        return max(self.seat_cap, self.grace_seats)

    @property
    def shown_limit(self) -> int:
        """The limit in force: in a grace that of before, while it is the larger one."""
        return max(self.limit, self.grace_members)

    @property
    def shown_total(self) -> int:
        """The total in force: in a grace that of before, while it is the larger one."""
        return max(self.total, self.grace_seats)

    @property
    def excess(self) -> Excess:
        """What is too much."""
        return Excess(members=max(0, -self.free_members), seats=max(0, -self.free_seats))

    @property
    def fits(self) -> bool:
        """Whether nothing is too much."""
        return self.free_members >= 0 and self.free_seats >= 0

    def allow(self, limit: int, total: int, overage: Overage | None) -> None:
        """Have these limits from now on; below zero is zero."""
        self.limit, self.total = max(0, limit), max(0, total)
        self.member_cap, self.seat_cap = may_take(self.limit, overage), may_take(self.total, overage)


def balance_of(account: Account) -> Balance:
    """Return the numbers of an account."""
    limit = max(0, account.user_limit + account.granted_members)
    total = max(0, account.total_seats + account.granted_seats)
    overage, grace = account.overage, account.grace
    balance = Balance(
        account.count,
        account.held,
        account.seats_taken,
        account.seats_held,
        limit,
        total,
        limit if overage is None else may_take(limit, overage),
        total if overage is None else may_take(total, overage),
    )
    if grace is not None:
        balance.grace_members, balance.grace_seats = grace.members, grace.seats
    return balance


def may_take(limit: int, overage: Overage | None) -> int:
    """Return how much may be taken of a limit."""
    if overage == "allow":
        return UNBOUNDED
    return limit + limit * overage.percent // 100 if isinstance(overage, Percent) else limit


Shown: TypeAlias = tuple[int, int, int, int, int]
"""Active members, held slots, the limit in force, held seats and the total in force: a plain tuple is made faster."""


def shown(account: Account) -> Shown:
    """Return the numbers to show; most accounts have only those of their package, and each sign-up asks for them."""
    if account.frozen is None and account.invited is None and account.grants is None and account.grace is None:
        return len(account.members), 0, account.user_limit, 0, account.total_seats
    balance = balance_of(account)
    return balance.count, balance.held, balance.shown_limit, balance.seats_held, balance.shown_total
