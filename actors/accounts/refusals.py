"""The rules of an account. Each docstring is the sentence that the client reads."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.messages import Refusal


class AccountNotFound(Refusal, frozen=True, gc=False):
    """There is no account with this id."""


class AccountExists(Refusal, frozen=True, gc=False):
    """There is an account with this id already."""


class AccountSuspended(Refusal, frozen=True, gc=False):
    """The account is suspended: it can be read, reactivated or closed."""


class AccountClosed(Refusal, frozen=True, gc=False):
    """The account is closed: it can only be read."""


class MemberNotFound(Refusal, frozen=True, gc=False):
    """The account has no member with this id."""


class UserLimitReached(Refusal, frozen=True, gc=False):
    """No place is left of {user_limit}."""

    user_limit: int


class NoSeatLeft(Refusal, frozen=True, gc=False):
    """No seat is left of {total_seats}."""

    total_seats: int


class EmailTaken(Refusal, frozen=True, gc=False):
    """Another member of this account has the e-mail address {email}."""

    email: str


class LastAdmin(Refusal, frozen=True, gc=False):
    """This member is the last admin, and an account has at least one."""


class Excess(msgspec.Struct, frozen=True, gc=False):
    """How many members and seats in use would be too many."""

    members: int
    seats: int


class OverLimit(Refusal, frozen=True, gc=False):
    """What is in use does not fit: {excess.members} members and {excess.seats} seats too many."""

    excess: Excess


class CurrencyMismatch(Refusal, frozen=True, gc=False):
    """The credit of this account is in {currency}."""

    currency: str


class CreditExhausted(Refusal, frozen=True, gc=False):
    """The credit of {balance} minor units does not cover this charge."""

    balance: int


class CreditTooLarge(Refusal, frozen=True, gc=False):
    """The credit would be more than {largest} minor units."""

    largest: int
