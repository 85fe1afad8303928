"""The shapes of what lies ahead of an account, and of what limits it."""

from __future__ import annotations

from typing import Literal

import msgspec

from tests.contract.shapes import Member


class Invitation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An invitation as the API shows it."""

    invitation_id: str
    email: str
    role: Literal["admin", "member", "viewer"]
    seated: bool
    status: Literal["pending", "accepted", "revoked", "expired"]
    expires_at: str
    created_at: str


class InvitationWithToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An invitation with its token, which only the first answer has."""

    invitation: Invitation
    token: str | None


class Grant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A grant as the API shows it."""

    grant_id: str
    seats: int
    members: int
    reason: str
    expires_at: str | None
    created_at: str


class Reason(msgspec.Struct, frozen=True):
    """A part of a limit, and where it comes from."""

    source: Literal["plan", "grant", "overage", "grace"]
    amount: int | None
    position: int | None


class Way(msgspec.Struct, frozen=True):
    """A command that makes room for one more."""

    command: str


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A limit, explained."""

    limit: int
    used: int
    held: int
    frozen: int
    free: int | None
    because: list[Reason]
    ways: list[Way]


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Both limits, explained."""

    members: Limit
    seats: Limit


class EntryProblem(msgspec.Struct, frozen=True):
    """Why one of many was refused."""

    type: str
    title: str
    status: int
    detail: str


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one of many."""

    status: int
    member: Member | None = None
    problem: EntryProblem | None = None


class Results(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of each of many."""

    results: list[Result]
