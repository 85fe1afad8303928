"""How members are added: one, or many in one append. Who is invited and added takes the invitation up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import UNSET

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.invitations.events import InvitationRevoked
from seatkeeper.actors.accounts.limits.draft import Draft, begin
from seatkeeper.actors.accounts.limits.refusals import GraceRunning, NoSeatLeft, UserLimitReached
from seatkeeper.actors.accounts.limits.settling import settle
from seatkeeper.actors.accounts.members.commands import AddMember, AddMembers
from seatkeeper.actors.accounts.members.events import MemberAdded, SeatTaken
from seatkeeper.actors.accounts.members.member import same_email
from seatkeeper.actors.accounts.members.refusals import EmailTaken, EntryRefused
from seatkeeper.actors.accounts.values import InvitationId
from seatkeeper.actors.aggregates.external import ExternalIdTaken
from seatkeeper.actors.aggregates.messages import Decision, Event, Refusal, told


class ManyAdded(list[Event]):
    """The events of who is added, and why others are not, by their places in the command."""

    def __init__(self, events: Sequence[Event], refused: Mapping[int, Refusal]) -> None:
        """Keep both."""
        super().__init__(events)
        self.refused = refused


def add_member(account: Account, command: AddMember) -> Decision:
    """Add a member while a member slot is free, and give them a seat if the command says so."""
    draft = begin(account)
    return _join(draft, command, set(), set()) or settle(draft)


def add_members(account: Account, command: AddMembers) -> Decision:
    """Add members, each as if it came alone after those before it; what is passed is told once, at the end."""
    draft = begin(account)
    emails: set[str] = set()
    external_ids: set[str] = set()
    refused: dict[int, Refusal] = {}
    for index, entry in enumerate(command.members):
        refusal = _join(draft, entry, emails, external_ids)
        if refusal is not None and command.atomic:
            return EntryRefused(index, told(refusal))
        if refusal is not None:
            refused[index] = refusal
    return ManyAdded(settle(draft), refused)


def _join(draft: Draft, command: AddMember, emails: set[str], external_ids: set[str]) -> Refusal | None:
    """Add one member to the draft, unless it is refused; both sets are of those who joined in it before."""
    account, now = draft.account, draft.now
    email = None if command.email is None else same_email(command.email)
    invitation_id = None if email is None or email in emails else account.invitation_to(email)
    refusal = _no_slot(draft, invitation_id)
    if refusal is not None:
        return refusal
    if email is not None and (email in account.emails or email in emails):
        return EmailTaken(command.email or "")
    external_id = command.external_id
    if external_id is not None and (account.member_of(external_id) is not None or external_id in external_ids):
        return ExternalIdTaken("member", external_id)
    seat_held = invitation_id is not None and (account.invitations or {})[invitation_id].seated
    if command.seated and now.free_seats + seat_held <= 0:
        return NoSeatLeft(now.seat_cap)
    if invitation_id is not None:
        draft.release(invitation_id)
        draft.events.append(InvitationRevoked(invitation_id))
    _joined(draft, command)
    emails.update(() if email is None else (email,))
    external_ids.update(() if external_id is None else (external_id,))
    return None


def _no_slot(draft: Draft, taken_up: InvitationId | None) -> Refusal | None:
    """Refuse one more member where no slot is free; an invitation that is taken up frees its own."""
    grace = draft.account.grace
    if grace is not None:
        return GraceRunning(grace.ends_at)
    return UserLimitReached(draft.now.member_cap) if draft.now.free_members + (taken_up is not None) <= 0 else None


def _joined(draft: Draft, command: AddMember) -> None:
    draft.events.append(
        MemberAdded(
            command.member_id,
            command.name,
            command.email,
            command.role,
            command.at,
            command.external_id or UNSET,
            command.metadata or UNSET,
        )
    )
    draft.now.count += 1
    if command.seated:
        draft.events.append(SeatTaken(command.member_id))
        draft.now.taken += 1
