"""How invitations evolve."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.invitations import events
from seatkeeper.actors.accounts.invitations.invitation import Invitation
from seatkeeper.actors.accounts.members.member import same_email
from seatkeeper.actors.accounts.timers import start
from seatkeeper.actors.accounts.values import InvitationId, InvitationStatus
from seatkeeper.actors.aggregates.messages import Event


def _made(account: Account, event: events.InvitationMade) -> None:
    invitation = Invitation(
        email=event.email,
        role=event.role,
        token_hash=event.token_hash,
        expires_at=event.expires_at,
        created_at=event.created_at,
        seated=event.seated,
    )
    if account.invitations is None:
        account.invitations = {}
    account.invitations[event.invitation_id] = invitation
    _hold(account, event.invitation_id, invitation)


def _renewed(account: Account, event: events.InvitationRenewed) -> None:
    invitation = _invitation(account, event.invitation_id)
    invitation.token_hash, invitation.expires_at = event.token_hash, event.expires_at
    if invitation.status == "pending":
        start(account, (event.expires_at, "invitation-expires", event.invitation_id))
    else:
        invitation.status = "pending"
        _hold(account, event.invitation_id, invitation)


def _revoked(account: Account, event: events.InvitationRevoked) -> None:
    _end(account, event.invitation_id, "revoked")


def _accepted(account: Account, event: events.InvitationAccepted) -> None:
    _end(account, event.invitation_id, "accepted")


def _expired(account: Account, event: events.InvitationExpired) -> None:
    _end(account, event.invitation_id, "expired")


def _invitation(account: Account, invitation_id: InvitationId) -> Invitation:
    return (account.invitations or {})[invitation_id]


def _hold(account: Account, invitation_id: InvitationId, invitation: Invitation) -> None:
    if account.invited is None:
        account.invited = {}
    account.invited[same_email(invitation.email)] = invitation_id
    account.seats_held += invitation.seated
    start(account, (invitation.expires_at, "invitation-expires", invitation_id))


def _end(account: Account, invitation_id: InvitationId, status: InvitationStatus) -> None:
    invitation = _invitation(account, invitation_id)
    invitation.status = status
    account.seats_held -= invitation.seated
    if account.invited is not None:
        del account.invited[same_email(invitation.email)]
        account.invited = account.invited or None


EVOLUTIONS: Mapping[type[Event], Callable[..., None]] = {
    events.InvitationMade: _made,
    events.InvitationRenewed: _renewed,
    events.InvitationRevoked: _revoked,
    events.InvitationAccepted: _accepted,
    events.InvitationExpired: _expired,
}
