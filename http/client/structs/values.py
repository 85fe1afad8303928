"""What calls take and return beside their answers: the values of the API that both directions share."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

Metadata: TypeAlias = dict[str, str]
MetadataChange: TypeAlias = dict[str, str | None]
"""Entries to put into metadata; None removes one."""

Role: TypeAlias = Literal["admin", "member", "viewer"]
AccountStatus: TypeAlias = Literal["active", "suspended", "closed"]
MemberStatus: TypeAlias = Literal["active", "frozen"]
PlanStatus: TypeAlias = Literal["active", "retired"]
InvitationStatus: TypeAlias = Literal["pending", "accepted", "revoked", "expired"]
ApiKeyStatus: TypeAlias = Literal["active", "revoked", "expired"]
WebhookStatus: TypeAlias = Literal["active", "paused", "failing", "disabled", "deleted"]
DeliveryStatus: TypeAlias = Literal["delivered", "waiting", "failed"]
Excess: TypeAlias = Literal["refuse", "freeze", "grace"]
"""What becomes of members and seats that do not fit."""

Sort: TypeAlias = Literal["created_at", "-created_at", "account_name"]
Scope: TypeAlias = Literal[
    "plans:read",
    "plans:write",
    "accounts:read",
    "accounts:write",
    "events:read",
    "webhooks",
    "keys",
    "metrics:read",
    "admin",
]


class Money(msgspec.Struct, frozen=True):
    """An amount in minor units of a currency (ISO 4217)."""

    amount: int
    currency: str


class Percent(msgspec.Struct, frozen=True):
    """So many hundredths of a limit may be taken beyond it, rounded down."""

    percent: int


Overage: TypeAlias = Literal["refuse", "allow"] | Percent
"""What may be taken beyond a limit: nothing, anything, or a share of it."""


class Package(msgspec.Struct, frozen=True):
    """What a plan sells: seats (`total_seats`), member slots (`user_limit`), and what may be taken beyond both."""

    total_seats: int
    user_limit: int
    overage: Overage | UnsetType = UNSET


class PlanId(msgspec.Struct, frozen=True):
    """The plan to which an account moves."""

    plan_id: str


class PlanTrial(msgspec.Struct, frozen=True):
    """How many days the trial of a plan lasts from the sign-up on, and what comes then."""

    days: int
    then: Literal["suspend", "continue"] | PlanId


class NewMember(msgspec.Struct, frozen=True):
    """A new member, who takes a member slot, and a seat too when `seated`."""

    name: str
    email: str | UnsetType | None = UNSET
    role: Role | UnsetType = UNSET
    seated: bool | UnsetType = UNSET
    external_id: str | UnsetType | None = UNSET
    metadata: Metadata | UnsetType | None = UNSET
