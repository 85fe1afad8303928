"""The refusals of an account. Each docstring is the `detail` that the client reads, with its fields filled in."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.aggregates.messages import NotFound, Refusal


class AccountNotFound(NotFound, frozen=True, gc=False):
    """Account not found: no account has this id. Check the id."""


class AccountExists(Refusal, frozen=True, gc=False):
    """Account id taken: an account with this id exists already. Use another id."""


class AccountSuspended(Refusal, frozen=True, gc=False):
    """Account suspended: it can only be read, reactivated or closed. Reactivate it first."""


class AccountClosed(Refusal, frozen=True, gc=False):
    """Account closed: it can only be read. Sign up for a new account."""


class MemberNotFound(NotFound, frozen=True, gc=False):
    """Member not found: no member of this account has this id. Check the id."""


class UserLimitReached(Refusal, frozen=True, gc=False):
    """User limit reached: {user_limit} of {user_limit} member slots are taken. Remove a member, or change the plan."""

    user_limit: int


class NoSeatLeft(Refusal, frozen=True, gc=False):
    """Seat limit reached: {total_seats} of {total_seats} seats are taken. Free a seat, or change the plan."""

    total_seats: int


class EmailTaken(Refusal, frozen=True, gc=False):
    """E-mail address taken: another member of this account has {email}. Use another address."""

    email: str


class LastAdmin(Refusal, frozen=True, gc=False):
    """Last admin: an account needs at least one admin. Make another member an admin first."""


class Excess(msgspec.Struct, frozen=True, gc=False):
    """How many members and taken seats are too many for a package."""

    members: int
    seats: int


class OverLimit(Refusal, frozen=True, gc=False):
    """Plan too small: {excess.members} members and {excess.seats} seats too many. Remove members, or free seats."""

    excess: Excess


class CurrencyMismatch(Refusal, frozen=True, gc=False):
    """Currency mismatch: the credit of this account is in {currency}. Send the amount in {currency}."""

    currency: str


class CreditExhausted(Refusal, frozen=True, gc=False):
    """Credit exhausted: {balance} minor units do not cover this charge. Charge less, or add credit."""

    balance: int


class CreditTooLarge(Refusal, frozen=True, gc=False):
    """Credit too large: the balance may not exceed {largest} minor units. Add less."""

    largest: int
