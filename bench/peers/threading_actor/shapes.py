"""The JSON of a sign-up and of its answer."""

from __future__ import annotations

import unicodedata
from typing import Annotated

import msgspec
from msgspec import Meta

UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
Email = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]


class NewSignUp(msgspec.Struct, forbid_unknown_fields=True):
    account_name: Name
    user_name: Name
    plan_id: Annotated[str, Meta(pattern=UUID)]
    user_email: Email | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "EUR"

    def __post_init__(self) -> None:
        self.account_name = cleaned(self.account_name)
        self.user_name = cleaned(self.user_name)


def cleaned(name: str) -> str:
    """Trim a name and compose letters and their accents."""
    name = unicodedata.normalize("NFC", name.strip())
    if not name:
        raise ValueError("a name may not be blank")
    return name


class PlanRevision(msgspec.Struct, frozen=True):
    plan_id: str
    revision: int


class MemberSlots(msgspec.Struct, frozen=True):
    count: int
    limit: int


class Seats(msgspec.Struct, frozen=True):
    taken: int
    total: int


class Money(msgspec.Struct, frozen=True):
    amount: int
    currency: str


class Account(msgspec.Struct, frozen=True):
    account_id: str
    account_name: str
    status: str
    plan: PlanRevision
    members: MemberSlots
    seats: Seats
    credit: Money
    version: int
    created_at: str


class Member(msgspec.Struct, frozen=True):
    member_id: str
    name: str
    email: str | None
    role: str
    seated: bool
    joined_at: str


class SignedUp(msgspec.Struct, frozen=True):
    account: Account
    member: Member
