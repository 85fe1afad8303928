"""The decisions about members and their seats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import UNSET

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.invitations.events import InvitationRevoked
from seatkeeper.actors.accounts.limits.draft import begin
from seatkeeper.actors.accounts.limits.refusals import MemberFrozen, NoSeatLeft
from seatkeeper.actors.accounts.limits.settling import settle
from seatkeeper.actors.accounts.members import commands, events, refusals
from seatkeeper.actors.accounts.members.adding import add_member, add_members
from seatkeeper.actors.accounts.members.member import Member, same_email
from seatkeeper.actors.accounts.values import InvitationId, MemberId
from seatkeeper.actors.aggregates.external import ExternalIdTaken, differing
from seatkeeper.actors.aggregates.messages import NOTHING, Command, Decision, Event, Refusal


def change_member(account: Account, command: commands.ChangeMember) -> Decision:
    """Change what differs; the last admin keeps that role, and an invitation to the new address is taken up."""
    member = account.members.get(command.member_id)
    if member is None:
        return refusals.MemberNotFound()
    changes: list[Event] = []
    invitation_id = None
    if isinstance(command.name, str) and command.name != member.name:
        changes.append(events.MemberRenamed(command.member_id, command.name))
    if (command.email is None or isinstance(command.email, str)) and command.email != member.email:
        if command.email:
            if account.emails.get(same_email(command.email), command.member_id) != command.member_id:
                return refusals.EmailTaken(command.email)
            invitation_id = account.invitation_to(same_email(command.email))
        changes.append(events.MemberEmailChanged(command.member_id, command.email))
    if isinstance(command.role, str) and command.role != member.role:
        if _is_last_admin(account, command.member_id, member):
            return refusals.LastAdmin()
        changes.append(events.MemberRoleChanged(command.member_id, command.role))
    more = _change_external(account, member, command)
    if isinstance(more, Refusal):
        return more
    changes.extend(more)
    return changes if invitation_id is None else _taking_up(account, invitation_id, changes)


def _taking_up(account: Account, invitation_id: InvitationId, changes: Sequence[Event]) -> Decision:
    """End the invitation to the address that a member has from now on; its slot is free."""
    draft = begin(account)
    draft.release(invitation_id)
    draft.events.append(InvitationRevoked(invitation_id))
    draft.events.extend(changes)
    return settle(draft)


def _is_last_admin(account: Account, member_id: MemberId, member: Member) -> bool:
    return member.role == "admin" and account.admins == 1 and not account.is_frozen(member_id)


def _change_external(account: Account, member: Member, command: commands.ChangeMember) -> Decision:
    """Change the external id and the metadata of a member."""
    changes: list[Event] = []
    external_id = command.external_id
    if external_id is not UNSET and external_id != member.external_id:
        if external_id is not None and account.member_of(external_id) is not None:
            return ExternalIdTaken("member", external_id)
        changes.append(events.MemberExternalIdChanged(command.member_id, external_id))
    differs = differing(member.metadata, command.metadata)
    if isinstance(differs, Refusal):
        return differs
    if differs:
        changes.append(events.MemberMetadataChanged(command.member_id, differs))
    return changes


def remove_member(account: Account, command: commands.RemoveMember) -> Decision:
    """Remove a member, unless it is the last admin; their slot and seat go to who waits for them."""
    member_id = command.member_id
    member = account.members.get(member_id)
    if member is None:
        return refusals.MemberNotFound()
    if _is_last_admin(account, member_id, member):
        return refusals.LastAdmin()
    draft = begin(account)
    draft.events.append(events.MemberRemoved(member_id))
    draft.left.add(member_id)
    draft.now.count -= not account.is_frozen(member_id)
    draft.now.taken -= member.seated
    return settle(draft)


def take_seat(account: Account, command: commands.TakeSeat) -> Decision:
    """Give the member a seat while one is free."""
    member = account.members.get(command.member_id)
    if member is None:
        return refusals.MemberNotFound()
    if member.seated:
        return NOTHING
    if account.is_frozen(command.member_id):
        return MemberFrozen()
    draft = begin(account)
    if draft.now.seats_used >= draft.now.seat_cap_now:
        return NoSeatLeft(draft.now.seat_cap_now)
    draft.events.append(events.SeatTaken(command.member_id))
    draft.now.taken += 1
    return settle(draft)


def free_seat(account: Account, command: commands.FreeSeat) -> Decision:
    """Free the seat of the member, or give up the one that is owed to them; it goes to who waits for one."""
    member_id = command.member_id
    member = account.members.get(member_id)
    if member is None:
        return refusals.MemberNotFound()
    if not member.seated and member_id not in (account.owed_seats or ()):
        return NOTHING
    draft = begin(account)
    draft.events.append(events.SeatFreed(member_id))
    draft.left.add(member_id)
    draft.now.taken -= member.seated
    return settle(draft)


DECISIONS: Mapping[type[Command], Callable[..., Decision]] = {
    commands.AddMember: add_member,
    commands.AddMembers: add_members,
    commands.ChangeMember: change_member,
    commands.RemoveMember: remove_member,
    commands.TakeSeat: take_seat,
    commands.FreeSeat: free_seat,
}
