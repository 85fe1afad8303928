"""The JSON of a sign-up and of its answer."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


def normalised(text: str) -> str:
    """Compose letters and their accents."""
    return unicodedata.normalize("NFC", text)


PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]+$"

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=PRINTABLE),
    AfterValidator(normalised),
]
Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]


class NewSignUp(BaseModel):
    model_config = ConfigDict(extra="forbid")

    account_name: Name
    user_name: Name
    plan_id: UUID
    user_email: Email | None = None
    currency: Currency = "EUR"


class PlanRevision(BaseModel):
    plan_id: UUID
    revision: int


class MemberSlots(BaseModel):
    count: int
    limit: int


class Seats(BaseModel):
    taken: int
    total: int


class Money(BaseModel):
    amount: int
    currency: str


class Account(BaseModel):
    account_id: UUID
    account_name: str
    status: Literal["active", "suspended", "closed"]
    plan: PlanRevision
    members: MemberSlots
    seats: Seats
    credit: Money
    version: int
    created_at: str


class Member(BaseModel):
    member_id: UUID
    name: str
    email: str | None
    role: Literal["admin", "member", "viewer"]
    seated: bool
    joined_at: str


class SignedUp(BaseModel):
    account: Account
    member: Member
