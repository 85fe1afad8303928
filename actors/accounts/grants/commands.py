"""The commands about grants."""

from __future__ import annotations

from seatkeeper.actors.accounts.values import GrantId
from seatkeeper.actors.aggregates.messages import Command


class MakeGrant(Command, frozen=True, gc=False):
    """Grant seats and member slots beside those of the plan, or take some away; for ever without an end."""

    grant_id: GrantId
    seats: int
    members: int
    reason: str
    at: str
    expires_at: str | None = None


class WithdrawGrant(Command, frozen=True, gc=False):
    """End a grant."""

    grant_id: GrantId
    at: str


class ExpireGrant(Command, frozen=True, gc=False):
    """End a grant whose time is over."""

    grant_id: GrantId
    at: str
