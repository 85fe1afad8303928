"""The answers to accepted commands: what a client sees of what the command was about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import msgspec

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.grants.commands import MakeGrant, WithdrawGrant
from seatkeeper.actors.accounts.grants.summaries import GrantSummary, summarize_grant
from seatkeeper.actors.accounts.invitations.commands import AcceptInvitation, Invite, RenewInvitation, RevokeInvitation
from seatkeeper.actors.accounts.invitations.summaries import (
    InvitationSummary,
    InvitationWithToken,
    summarize_invitation,
)
from seatkeeper.actors.accounts.members.adding import ManyAdded
from seatkeeper.actors.accounts.members.commands import (
    AddMember,
    AddMembers,
    ChangeMember,
    FreeSeat,
    RemoveMember,
    TakeSeat,
)
from seatkeeper.actors.accounts.members.summaries import MemberSummary, summarize_member
from seatkeeper.actors.accounts.profile.commands import OpenAccount
from seatkeeper.actors.accounts.summaries import AccountSummary, SignedUp, summarize
from seatkeeper.actors.accounts.values import (
    GrantId,
    InvitationId,
    MemberId,
)
from seatkeeper.actors.aggregates.messages import NOTHING, Command, Event, Told, told


class Entry(msgspec.Struct, frozen=True, gc=False):
    """What became of one entry: the member, or why there is none."""

    member: MemberSummary | None
    refusal: Told | None = None


class Added(msgspec.Struct, frozen=True, gc=False):
    """What became of each entry of a command that adds many members, in their order."""

    results: tuple[Entry, ...]


Answer: TypeAlias = (
    AccountSummary | MemberSummary | SignedUp | Added | InvitationWithToken | InvitationSummary | GrantSummary | None
)

_ABOUT_A_MEMBER = (AddMember, ChangeMember, TakeSeat, FreeSeat, AcceptInvitation)


def answer(account: Account, version: int, command: Command, events: Sequence[Event] = NOTHING) -> Answer:
    """Answer an accepted command; the token of an invitation is not here, and stays null in what is stored."""
    if isinstance(command, OpenAccount):
        return SignedUp(summarize(account, version), summarize_member(account, command.member_id))
    if isinstance(command, _ABOUT_A_MEMBER):
        return summarize_member(account, command.member_id)
    if isinstance(command, RemoveMember | WithdrawGrant):
        return None
    rare = _RARE.get(type(command))
    return summarize(account, version) if rare is None else rare(account, command, events)


def _added(account: Account, command: AddMembers, events: Sequence[Event]) -> Added:
    refused = events.refused if isinstance(events, ManyAdded) else {}
    return Added(
        tuple(
            Entry(None, told(refused[index])) if index in refused else Entry(summarize_member(account, entry.member_id))
            for index, entry in enumerate(command.members)
        )
    )


def _invited(account: Account, command: Invite | RenewInvitation, _events: Sequence[Event]) -> InvitationWithToken:
    return InvitationWithToken(summarize_invitation(account, command.invitation_id))


def _revoked(account: Account, command: RevokeInvitation, _events: Sequence[Event]) -> InvitationSummary:
    return summarize_invitation(account, command.invitation_id)


def _granted(account: Account, command: MakeGrant, _events: Sequence[Event]) -> GrantSummary:
    return summarize_grant(account, command.grant_id)


_RARE: Mapping[type[Command], Callable[..., Answer]] = {
    AddMembers: _added,
    Invite: _invited,
    RenewInvitation: _invited,
    RevokeInvitation: _revoked,
    MakeGrant: _granted,
}


class _StoredAdded(msgspec.Struct, frozen=True):
    """A stored answer about many members, with those of the current state in it; problems stay as they are."""

    results: list[object]


def stored_answer(account: Account, version: int, stored: Mapping[str, object]) -> object:
    """Answer a stored answer's command from the current state; None if its subject is not in the account."""
    try:
        if "account" in stored:
            return SignedUp(summarize(account, version), _member(account, stored["member"]))
        if isinstance(stored.get("results"), list):
            return _stored_added(account, stored)
        part = _stored_part(account, stored)
    except KeyError:
        return None
    return summarize(account, version) if part is None else part


def _stored_part(account: Account, stored: Mapping[str, object]) -> Answer:
    if "member_id" in stored:
        return _member(account, stored)
    if "grant_id" in stored:
        return summarize_grant(account, GrantId(str(stored["grant_id"])))
    invitation = stored.get("invitation", stored)
    if isinstance(invitation, dict) and "invitation_id" in invitation:
        summary = summarize_invitation(account, InvitationId(str(invitation["invitation_id"])))
        return InvitationWithToken(summary) if "invitation" in stored else summary
    return None


def _stored_added(account: Account, stored: Mapping[str, object]) -> _StoredAdded:
    results = msgspec.convert(stored["results"], list[dict[str, object]])
    return _StoredAdded(
        [
            {**entry, "member": msgspec.to_builtins(_member(account, entry["member"]))} if "member" in entry else entry
            for entry in results
        ]
    )


def _member(account: Account, stored: object) -> MemberSummary:
    member_id = stored.get("member_id") if isinstance(stored, Mapping) else None
    return summarize_member(account, MemberId(str(member_id)))
