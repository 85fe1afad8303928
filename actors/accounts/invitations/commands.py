"""The commands about invitations. The edge makes the tokens; here only their hashes are known (SHA-256, in hex)."""

from __future__ import annotations

from seatkeeper.actors.accounts.values import InvitationId, MemberId, Role
from seatkeeper.actors.aggregates.messages import Command


class Invite(Command, frozen=True, gc=False):
    """Hold a member slot and, when `seated`, a seat for whoever has the token, until it expires."""

    invitation_id: InvitationId
    email: str
    role: Role
    seated: bool
    token_hash: str
    expires_at: str
    at: str


class RenewInvitation(Command, frozen=True, gc=False):
    """Give a pending or expired invitation a new token and a new end."""

    invitation_id: InvitationId
    token_hash: str
    expires_at: str
    at: str


class RevokeInvitation(Command, frozen=True, gc=False):
    """End a pending invitation, which frees what it holds."""

    invitation_id: InvitationId


class AcceptInvitation(Command, frozen=True, gc=False):
    """Become a member, with what the invitation holds."""

    invitation_id: InvitationId
    token_hash: str
    member_id: MemberId
    name: str
    at: str
    external_id: str | None = None


class ExpireInvitation(Command, frozen=True, gc=False):
    """End an invitation that was not accepted in time, which frees what it holds."""

    invitation_id: InvitationId
    at: str
