"""The routes of invitations. A token is in the first answer only, and who has it becomes a member."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeAlias

import msgspec

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.invitations.commands import AcceptInvitation, Invite, RenewInvitation, RevokeInvitation
from seatkeeper.actors.accounts.invitations.refusals import AlreadyInvited, InvitationNotFound, InvitationOver
from seatkeeper.actors.accounts.invitations.summaries import InvitationSummary, InvitationWithToken
from seatkeeper.actors.accounts.limits.refusals import GraceRunning, NoSeatLeft, UserLimitReached
from seatkeeper.actors.accounts.members.refusals import EmailTaken
from seatkeeper.actors.accounts.members.summaries import MemberSummary
from seatkeeper.actors.accounts.profile.refusals import AccountClosed, AccountNotFound, AccountSuspended
from seatkeeper.actors.accounts.values import InvitationId, InvitationStatus, MemberId, Role
from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.external import ExternalIdTaken
from seatkeeper.actors.aggregates.times import later
from seatkeeper.http import fields
from seatkeeper.http.api.accounts.tokens import new_token, read_token
from seatkeeper.http.api.lists.filters import given
from seatkeeper.http.api.lists.pages import Page, PageQuery, read_cursor, show_found, show_page
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.problems import Refused
from seatkeeper.http.server.routes import Answer, Call, Nothing, Route

ExpiresIn: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=31_622_400)]
"""Seconds, up to a year."""
Token: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]

_WEEK = 604_800


class NewInvitation(msgspec.Struct, forbid_unknown_fields=True):
    """An invitation to this address, which holds a member slot, and a seat too when `seated`."""

    email: fields.Email
    role: Role = "member"
    seated: bool = False
    expires_in_seconds: ExpiresIn = _WEEK

    def __post_init__(self) -> None:
        self.email = fields.email("email", self.email)


class Renewal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For how long the invitation holds what it holds, from now on."""

    expires_in_seconds: ExpiresIn = _WEEK


class Acceptance(msgspec.Struct, forbid_unknown_fields=True):
    """The token of an invitation, and who has it; the address and the role are those of the invitation."""

    token: Token
    name: fields.Name
    external_id: fields.ExternalId | None = None

    def __post_init__(self) -> None:
        self.name = fields.name("name", self.name)
        self.external_id = fields.external_id_if_given("external_id", self.external_id)


class InvitationsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which invitations to list."""

    status: InvitationStatus | msgspec.UnsetType = msgspec.UNSET


def invite(service: Service, call: Call[NewInvitation, Nothing]) -> Reply:
    """Invite somebody; the token is in the first answer only."""
    body, now, account_id = call.body, service.now(), call.ids["account_id"]
    token = new_token(account_id, service.new_id())
    call.shown_once = str(token)
    expires_at = later(now, body.expires_in_seconds)
    command = Invite(token.invitation_id, body.email, body.role, body.seated, token.token_hash, expires_at, now)
    return service.ask(AccountActor, account_id, call, command)


async def list_invitations(service: Service, call: Call[None, InvitationsQuery]) -> Answer:
    """List the invitations of an account, oldest first, those that are over too."""
    query, account_id = call.query, call.ids["account_id"]
    after = read_cursor("invitations", call)
    items = await service.queries.invitations(account_id, given(query.status), after, query.limit + 1)
    if items is None:
        raise Refused(AccountNotFound())
    return show_page("invitations", call, items)


async def get_invitation(service: Service, call: Call[None, Nothing]) -> Answer:
    """Read an invitation."""
    found = await service.queries.invitation(call.ids["account_id"], call.ids["invitation_id"])
    if found is None:
        await service.require_account(call.ids["account_id"])
        raise Refused(InvitationNotFound())
    return show_found(found)


def revoke_invitation(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """End a pending invitation: its token is worth nothing, and what it held is free."""
    command = RevokeInvitation(InvitationId(call.ids["invitation_id"]))
    return service.ask(AccountActor, call.ids["account_id"], call, command)


def renew_invitation(service: Service, call: Call[Renewal, Nothing]) -> Reply:
    """Give an invitation that is pending or has expired a new token and a new end; the old token is worth nothing.

    The token is in the first answer only. An invitation that has expired needs room again.
    """
    account_id, now = call.ids["account_id"], service.now()
    token = new_token(account_id, call.ids["invitation_id"])
    call.shown_once = str(token)
    command = RenewInvitation(token.invitation_id, token.token_hash, later(now, call.body.expires_in_seconds), now)
    return service.ask(AccountActor, account_id, call, command)


def accept_invitation(service: Service, call: Call[Acceptance, Nothing]) -> Reply:
    """Become a member by the token of an invitation, with what the invitation holds."""
    body, token = call.body, read_token(call.body.token)
    if token is None:
        return service.directory.store_refusal(InvitationNotFound(), call.options.key)
    command = AcceptInvitation(
        invitation_id=token.invitation_id,
        token_hash=token.token_hash,
        member_id=MemberId(service.new_id()),
        name=body.name,
        at=service.now(),
        external_id=body.external_id,
    )
    return service.ask(AccountActor, token.account_id, call, command)


def _account_of(body: Acceptance) -> Mapping[str, str]:
    token = read_token(body.token)
    return {} if token is None else {"account_id": token.account_id}


def _location(call: Call[NewInvitation, Nothing], made: InvitationWithToken) -> str:
    return f"/v1/accounts/{call.ids['account_id']}/invitations/{made.invitation.invitation_id}"


def _member_location(call: Call[Acceptance, Nothing], member: MemberSummary) -> str:
    return f"/v1/accounts/{call.ids['account_id']}/members/{member.member_id}"


_NO_ACCOUNT = (AccountNotFound,)
_NO_INVITATION = (*_NO_ACCOUNT, InvitationNotFound)
_RESTS = (AccountSuspended, AccountClosed)
_HOLD = (GraceRunning, EmailTaken, AlreadyInvited, UserLimitReached, NoSeatLeft)

_INVITATIONS = "/v1/accounts/{account_id}/invitations"
_INVITATION = f"{_INVITATIONS}/{{invitation_id}}"

ROUTES = (
    Route(
        "GET",
        _INVITATIONS,
        list_invitations,
        Page[InvitationSummary],
        query=InvitationsQuery,
        refusals=_NO_ACCOUNT,
        scope="accounts:read",
    ),
    Route(
        "POST",
        _INVITATIONS,
        invite,
        InvitationWithToken,
        201,
        body=NewInvitation,
        refusals=(*_NO_ACCOUNT, *_RESTS, *_HOLD),
        location=_location,
        once="token",
        scope="accounts:write",
    ),
    Route("GET", _INVITATION, get_invitation, InvitationSummary, refusals=_NO_INVITATION, scope="accounts:read"),
    Route(
        "POST",
        f"{_INVITATION}/revoke",
        revoke_invitation,
        InvitationSummary,
        body=Nothing,
        refusals=(*_NO_INVITATION, *_RESTS, InvitationOver),
        scope="accounts:write",
    ),
    Route(
        "POST",
        f"{_INVITATION}/renew",
        renew_invitation,
        InvitationWithToken,
        body=Renewal,
        refusals=(*_NO_INVITATION, *_RESTS, InvitationOver, *_HOLD),
        once="token",
        scope="accounts:write",
    ),
    Route(
        "POST",
        "/v1/invitations/accept",
        accept_invitation,
        MemberSummary,
        201,
        body=Acceptance,
        refusals=(InvitationNotFound, *_RESTS, InvitationOver, ExternalIdTaken),
        location=_member_location,
        named=_account_of,
        scope="accounts:write",
    ),
)
