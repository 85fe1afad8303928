"""The JSON of the API that the benchmark uses: the bare service answers it, and the load generator verifies it."""

from __future__ import annotations

import msgspec


class Shape(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A JSON object with these fields and no others."""


class SignUp(Shape, frozen=True, gc=False):
    """The body of `POST /v1/signups`."""

    account_name: str
    user_name: str
    plan_id: str
    user_email: str | None = None
    currency: str = "EUR"


class NewMember(Shape, frozen=True, gc=False):
    """The body of `POST /v1/accounts/{account_id}/members`."""

    name: str
    email: str | None = None
    role: str = "member"
    seated: bool = False


class Plan(Shape, frozen=True, gc=False):
    """The plan and revision that an account bought."""

    plan_id: str
    revision: int


class Members(Shape, frozen=True, gc=False):
    """Member slots in use, and how many there are."""

    count: int
    limit: int
    held: int = 0


class Seats(Shape, frozen=True, gc=False):
    """Seats in use, and how many there are."""

    taken: int
    total: int
    held: int = 0


class Money(Shape, frozen=True, gc=False):
    """Minor units of a currency."""

    amount: int
    currency: str


class Account(Shape, frozen=True, gc=False):
    """An account."""

    account_id: str
    account_name: str
    status: str
    plan: Plan
    members: Members
    seats: Seats
    credit: Money
    version: int
    created_at: str
    external_id: str | None = None
    metadata: dict[str, str] = {}
    trial: None = None


class Member(Shape, frozen=True, gc=False):
    """A member of an account."""

    member_id: str
    name: str
    email: str | None
    role: str
    seated: bool
    joined_at: str
    external_id: str | None = None
    metadata: dict[str, str] = {}
    status: str = "active"


class SignedUp(Shape, frozen=True, gc=False):
    """The answer to a sign-up."""

    account: Account
    member: Member


class Page(Shape, frozen=True, gc=False):
    """A page of members."""

    items: list[Member]
    next_cursor: str | None


class Problem(msgspec.Struct, frozen=True, gc=False):
    """The part of a problem document that names the problem."""

    type: str
