"""The events of invitations."""

from __future__ import annotations

from typing import ClassVar

from seatkeeper.actors.accounts.values import InvitationId, MemberId, Role
from seatkeeper.actors.aggregates.messages import Event


class InvitationMade(Event, frozen=True, gc=False):
    """Somebody is invited; a member slot is held for them, and a seat if `seated`."""

    tag: ClassVar[str] = "invitation.made"
    hidden: ClassVar[frozenset[str]] = frozenset({"token_hash"})

    invitation_id: InvitationId
    email: str
    role: Role
    seated: bool
    token_hash: str
    expires_at: str
    created_at: str


class InvitationRenewed(Event, frozen=True, gc=False):
    """The invitation has a new token and a new end; one that had expired is pending again."""

    tag: ClassVar[str] = "invitation.renewed"
    hidden: ClassVar[frozenset[str]] = frozenset({"token_hash"})

    invitation_id: InvitationId
    token_hash: str
    expires_at: str


class InvitationRevoked(Event, frozen=True, gc=False):
    """The invitation is over before somebody took it; it holds nothing any more."""

    tag: ClassVar[str] = "invitation.revoked"

    invitation_id: InvitationId


class InvitationAccepted(Event, frozen=True, gc=False):
    """Who was invited becomes this member; what the invitation held is theirs."""

    tag: ClassVar[str] = "invitation.accepted"

    invitation_id: InvitationId
    member_id: MemberId


class InvitationExpired(Event, frozen=True, gc=False):
    """The time of the invitation is over; it holds nothing any more."""

    tag: ClassVar[str] = "invitation.expired"

    invitation_id: InvitationId
