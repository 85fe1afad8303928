"""An invitation, which holds a member slot, and perhaps a seat, while it is pending."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.accounts.values import InvitationStatus, Role


class Invitation(msgspec.Struct, gc=False, omit_defaults=True):
    """An invitation; of its token only the hash is known."""

    email: str
    role: Role
    token_hash: str
    expires_at: str
    created_at: str
    seated: bool = False
    status: InvitationStatus = "pending"
