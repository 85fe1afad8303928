"""The decisions about invitations: what they hold is counted from the invitation to its end, and only once."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping

from msgspec import UNSET

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.invitations import commands, events
from seatkeeper.actors.accounts.invitations.invitation import Invitation
from seatkeeper.actors.accounts.invitations.refusals import AlreadyInvited, InvitationNotFound, InvitationOver
from seatkeeper.actors.accounts.limits.draft import Draft, begin
from seatkeeper.actors.accounts.limits.refusals import GraceRunning, NoSeatLeft, UserLimitReached
from seatkeeper.actors.accounts.limits.settling import settle
from seatkeeper.actors.accounts.members.events import MemberAdded, SeatTaken
from seatkeeper.actors.accounts.members.member import same_email
from seatkeeper.actors.accounts.members.refusals import EmailTaken
from seatkeeper.actors.accounts.values import InvitationId
from seatkeeper.actors.aggregates.external import ExternalIdTaken
from seatkeeper.actors.aggregates.messages import NOTHING, Command, Decision, Event, Refusal


def invite(account: Account, command: commands.Invite) -> Decision:
    """Hold a slot, and a seat if the command says so, for an address that has neither a member nor an invitation."""
    draft = begin(account)
    refusal = _hold(draft, command.email, seated=command.seated)
    if refusal is not None:
        return refusal
    draft.events.append(
        events.InvitationMade(
            command.invitation_id,
            command.email,
            command.role,
            command.seated,
            command.token_hash,
            command.expires_at,
            command.at,
        )
    )
    return settle(draft)


def renew(account: Account, command: commands.RenewInvitation) -> Decision:
    """Give a new token and a new end; an invitation that has expired needs room again."""
    invitation = _found(account, command.invitation_id)
    if invitation is None:
        return InvitationNotFound()
    if invitation.status not in {"pending", "expired"}:
        return InvitationOver(invitation.status)
    draft = begin(account)
    if invitation.status == "expired":
        refusal = _hold(draft, invitation.email, seated=invitation.seated)
        if refusal is not None:
            return refusal
    elif (invitation.token_hash, invitation.expires_at) == (command.token_hash, command.expires_at):
        return NOTHING
    draft.events.append(events.InvitationRenewed(command.invitation_id, command.token_hash, command.expires_at))
    return settle(draft)


def revoke(account: Account, command: commands.RevokeInvitation) -> Decision:
    """End a pending invitation; what it held is free."""
    invitation = _found(account, command.invitation_id)
    if invitation is None:
        return InvitationNotFound()
    if invitation.status == "revoked":
        return NOTHING
    if invitation.status != "pending":
        return InvitationOver(invitation.status)
    return _ended(account, command.invitation_id, events.InvitationRevoked(command.invitation_id))


def expire(account: Account, command: commands.ExpireInvitation) -> Decision:
    """End an invitation whose time is over; what it held is free."""
    invitation = _found(account, command.invitation_id)
    if invitation is None or invitation.status != "pending" or command.at < invitation.expires_at:
        return NOTHING
    return _ended(account, command.invitation_id, events.InvitationExpired(command.invitation_id))


def accept(account: Account, command: commands.AcceptInvitation) -> Decision:
    """Make a member of who has the token. The limits are not asked: the invitation holds what the member takes."""
    invitation = _found(account, command.invitation_id)
    if invitation is None or not hmac.compare_digest(invitation.token_hash, command.token_hash):
        return InvitationNotFound()
    if invitation.status != "pending":
        return InvitationOver(invitation.status)
    if command.at >= invitation.expires_at:
        return InvitationOver("expired")
    member_id, external_id = command.member_id, command.external_id
    if external_id is not None and account.member_of(external_id) is not None:
        return ExternalIdTaken("member", external_id)
    email, role = invitation.email, invitation.role
    added = MemberAdded(member_id, command.name, email, role, command.at, external_id or UNSET)
    accepted: list[Event] = [events.InvitationAccepted(command.invitation_id, member_id), added]
    return [*accepted, SeatTaken(member_id)] if invitation.seated else accepted


def revoke_all(account: Account) -> list[Event]:
    """End all pending invitations, as the account is closed."""
    return [events.InvitationRevoked(invitation_id) for invitation_id in (account.invited or {}).values()]


def _found(account: Account, invitation_id: InvitationId) -> Invitation | None:
    return None if account.invitations is None else account.invitations.get(invitation_id)


def _hold(draft: Draft, address: str, *, seated: bool) -> Refusal | None:
    """Hold a slot and perhaps a seat for an address, unless that is refused."""
    account, now, email = draft.account, draft.now, same_email(address)
    if account.grace is not None:
        return GraceRunning(account.grace.ends_at)
    if email in account.emails:
        return EmailTaken(address)
    if account.invitation_to(email) is not None:
        return AlreadyInvited(address)
    if now.free_members <= 0:
        return UserLimitReached(now.member_cap)
    if seated and now.free_seats <= 0:
        return NoSeatLeft(now.seat_cap)
    now.held += 1
    now.seats_held += seated
    return None


def _ended(account: Account, invitation_id: InvitationId, event: Event) -> Decision:
    draft = begin(account)
    draft.events.append(event)
    draft.release(invitation_id)
    return settle(draft)


DECISIONS: Mapping[type[Command], Callable[..., Decision]] = {
    commands.Invite: invite,
    commands.RenewInvitation: renew,
    commands.RevokeInvitation: revoke,
    commands.ExpireInvitation: expire,
    commands.AcceptInvitation: accept,
}
