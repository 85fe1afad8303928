"""What a client sees of an invitation."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.values import InvitationId, InvitationStatus, Role


class InvitationSummary(msgspec.Struct, frozen=True, gc=False):
    """One invitation of an account."""

    invitation_id: InvitationId
    email: str
    role: Role
    seated: bool
    status: InvitationStatus
    expires_at: str
    created_at: str


class InvitationWithToken(msgspec.Struct, frozen=True, gc=False):
    """An invitation, and its token, which only the first answer shows."""

    invitation: InvitationSummary
    token: str | None = None


def summarize_invitation(account: Account, invitation_id: InvitationId) -> InvitationSummary:
    """Summarize one invitation; raise KeyError if there is none."""
    invitation = (account.invitations or {})[invitation_id]
    return InvitationSummary(
        invitation_id=invitation_id,
        email=invitation.email,
        role=invitation.role,
        seated=invitation.seated,
        status=invitation.status,
        expires_at=invitation.expires_at,
        created_at=invitation.created_at,
    )
