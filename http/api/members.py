"""The routes of members and their seats."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.accounts import commands, refusals
from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.events import MemberId, Role
from seatkeeper.actors.accounts.summaries import MemberSummary
from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.messages import Command
from seatkeeper.http import fields
from seatkeeper.http.api.pages import Page, PageQuery, read_cursor, show_found, show_page
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.problems import Refused
from seatkeeper.http.server.routes import Answer, B, Call, Nothing, Q, Route


class NewMember(msgspec.Struct, forbid_unknown_fields=True):
    """A new member, who takes a member slot, and a seat too when `seated`."""

    name: fields.Name
    email: fields.Email | None = None
    role: Role = "member"
    seated: bool = False

    def __post_init__(self) -> None:
        self.name = fields.name("name", self.name)
        self.email = fields.email_if_given("email", self.email)


class MemberChange(msgspec.Struct, forbid_unknown_fields=True):
    """The fields of a member to change; an e-mail address of null is removed."""

    name: fields.Name | msgspec.UnsetType = msgspec.UNSET
    email: fields.Email | msgspec.UnsetType | None = msgspec.UNSET
    role: Role | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        self.name = fields.name_if_given("name", self.name)
        if isinstance(self.email, str):
            self.email = fields.email("email", self.email)


async def list_members(service: Service, call: Call[None, PageQuery]) -> Answer:
    """List the members of an account."""
    after = read_cursor("members", call)
    items = await service.queries.members(call.ids["account_id"], after, call.query.limit + 1)
    if items is None:
        raise Refused(refusals.AccountNotFound())
    return show_page("members", call, items)


def add_member(service: Service, call: Call[NewMember, Nothing]) -> Reply:
    """Add a member to an account."""
    body, member_id = call.body, MemberId(service.new_id())
    command = commands.AddMember(member_id, body.name, body.email, body.role, body.seated, service.now())
    return _ask(service, call, command)


async def get_member(service: Service, call: Call[None, Nothing]) -> Answer:
    """Read a member."""
    found = await service.queries.member(call.ids["account_id"], call.ids["member_id"])
    if found is None:
        await service.require_account(call.ids["account_id"])
        raise Refused(refusals.MemberNotFound())
    return show_found(found)


def change_member(service: Service, call: Call[MemberChange, Nothing]) -> Reply:
    """Change the name, the role or the e-mail address of a member."""
    body = call.body
    command = commands.ChangeMember(MemberId(call.ids["member_id"]), body.name, body.email, body.role)
    return _ask(service, call, command)


def remove_member(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """Remove a member, and free its seat."""
    return _ask(service, call, commands.RemoveMember(MemberId(call.ids["member_id"])))


def take_seat(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """Give a member a seat."""
    return _ask(service, call, commands.TakeSeat(MemberId(call.ids["member_id"])))


def free_seat(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """Take the seat of a member back."""
    return _ask(service, call, commands.FreeSeat(MemberId(call.ids["member_id"])))


def _ask(service: Service, call: Call[B, Q], command: Command) -> Reply:
    return service.ask(AccountActor, call.ids["account_id"], call, command)


def _location(call: Call[NewMember, Nothing], member: MemberSummary) -> str:
    return f"/v1/accounts/{call.ids['account_id']}/members/{member.member_id}"


_NO_ACCOUNT = (refusals.AccountNotFound,)
_NO_MEMBER = (*_NO_ACCOUNT, refusals.MemberNotFound)
_RESTS = (refusals.AccountSuspended, refusals.AccountClosed)
_ADD = (*_NO_ACCOUNT, *_RESTS, refusals.UserLimitReached, refusals.NoSeatLeft, refusals.EmailTaken)
_CHANGE = (*_NO_MEMBER, *_RESTS, refusals.EmailTaken, refusals.LastAdmin)
_REMOVE = (*_NO_MEMBER, *_RESTS, refusals.LastAdmin)
_TAKE = (*_NO_MEMBER, *_RESTS, refusals.NoSeatLeft)
_FREE = (*_NO_MEMBER, *_RESTS)

_MEMBERS = "/v1/accounts/{account_id}/members"
_MEMBER = f"{_MEMBERS}/{{member_id}}"

ROUTES = (
    Route(
        "GET", _MEMBERS, list_members, Page[MemberSummary], query=PageQuery, refusals=_NO_ACCOUNT, scope="accounts:read"
    ),
    Route(
        "POST",
        _MEMBERS,
        add_member,
        MemberSummary,
        201,
        body=NewMember,
        refusals=_ADD,
        location=_location,
        scope="accounts:write",
    ),
    Route("GET", _MEMBER, get_member, MemberSummary, refusals=_NO_MEMBER, scope="accounts:read"),
    Route("PATCH", _MEMBER, change_member, MemberSummary, body=MemberChange, refusals=_CHANGE, scope="accounts:write"),
    Route("DELETE", _MEMBER, remove_member, None, 204, body=Nothing, refusals=_REMOVE, scope="accounts:write"),
    Route("PUT", f"{_MEMBER}/seat", take_seat, MemberSummary, body=Nothing, refusals=_TAKE, scope="accounts:write"),
    Route("DELETE", f"{_MEMBER}/seat", free_seat, MemberSummary, body=Nothing, refusals=_FREE, scope="accounts:write"),
)
