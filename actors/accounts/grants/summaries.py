"""What a client sees of grants."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.values import GrantId


class GrantSummary(msgspec.Struct, frozen=True, gc=False):
    """One grant of an account."""

    grant_id: GrantId
    seats: int
    members: int
    reason: str
    expires_at: str | None
    created_at: str


def summarize_grant(account: Account, grant_id: GrantId) -> GrantSummary:
    """Summarize one grant; raise KeyError if none with this id is in force."""
    grant = (account.grants or {})[grant_id]
    return GrantSummary(grant_id, grant.seats, grant.members, grant.reason, grant.expires_at, grant.created_at)
