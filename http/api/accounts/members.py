"""The routes of members and their seats."""

from __future__ import annotations

from itertools import islice
from typing import Literal

import msgspec

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.limits.refusals import GraceRunning, MemberFrozen, NoSeatLeft, UserLimitReached
from seatkeeper.actors.accounts.members.commands import AddMember, ChangeMember, FreeSeat, RemoveMember, TakeSeat
from seatkeeper.actors.accounts.members.refusals import EmailTaken, LastAdmin, MemberNotFound
from seatkeeper.actors.accounts.members.summaries import Membership, MemberSummary
from seatkeeper.actors.accounts.profile.refusals import AccountClosed, AccountNotFound, AccountSuspended
from seatkeeper.actors.accounts.values import MemberId, Role
from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.external import ExternalIdTaken, MetadataTooLarge
from seatkeeper.actors.aggregates.messages import Command
from seatkeeper.http import fields
from seatkeeper.http.api.accounts.past import account_as_of
from seatkeeper.http.api.lists.filters import Part, Sought, given, normalized, normalized_id
from seatkeeper.http.api.lists.moments import MomentText
from seatkeeper.http.api.lists.pages import Page, PageQuery, read_cursor, show_found, show_page
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.problems import Refused
from seatkeeper.http.server.routes import Answer, B, Call, Nothing, Q, Route
from seatkeeper.http.server.validation import FieldError
from seatkeeper.storage.projections.members import rows_after
from seatkeeper.storage.queries import Item, MemberFilter


class NewMember(msgspec.Struct, forbid_unknown_fields=True):
    """A new member, who takes a member slot, and a seat too when `seated`."""

    name: fields.Name
    email: fields.Email | None = None
    role: Role = "member"
    seated: bool = False
    external_id: fields.ExternalId | None = None
    metadata: fields.Metadata | None = None

    def __post_init__(self) -> None:
        self.name = fields.name("name", self.name)
        self.email = fields.email_if_given("email", self.email)
        self.external_id = fields.external_id_if_given("external_id", self.external_id)
        fields.check_metadata("metadata", self.metadata)


class MemberChange(msgspec.Struct, forbid_unknown_fields=True):
    """The fields of a member to change; null removes an e-mail address, an external id or an entry of metadata."""

    name: fields.Name | msgspec.UnsetType = msgspec.UNSET
    email: fields.Email | msgspec.UnsetType | None = msgspec.UNSET
    role: Role | msgspec.UnsetType = msgspec.UNSET
    external_id: fields.ExternalId | msgspec.UnsetType | None = msgspec.UNSET
    metadata: fields.MetadataChange | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        self.name = fields.name_if_given("name", self.name)
        if isinstance(self.email, str):
            self.email = fields.email("email", self.email)
        self.external_id = fields.external_id_if_given("external_id", self.external_id)
        fields.check_metadata("metadata", self.metadata, change=True)


class MembersQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which members of an account to list; `q` is a part of the name or the e-mail address, in any case."""

    role: Role | msgspec.UnsetType = msgspec.UNSET
    seated: Literal["true", "false"] | msgspec.UnsetType = msgspec.UNSET
    status: Literal["active", "frozen"] | msgspec.UnsetType = msgspec.UNSET
    q: Part | msgspec.UnsetType = msgspec.UNSET
    as_of: MomentText | msgspec.UnsetType = msgspec.UNSET


class MembershipsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Whom to look for in all accounts: by an e-mail address, or by an external id."""

    email: Sought | msgspec.UnsetType = msgspec.UNSET
    external_id: Sought | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        if (self.email is msgspec.UNSET) == (self.external_id is msgspec.UNSET):
            raise FieldError("email", "Expected either email or external_id")


async def list_members(service: Service, call: Call[None, MembersQuery]) -> Answer:
    """List the members of an account, as they are or as they were."""
    query = call.query
    seated = None if query.seated is msgspec.UNSET else query.seated == "true"
    which = MemberFilter(given(query.role), seated, given(query.status), normalized(query.q))
    after = read_cursor("members", call)
    if isinstance(query.as_of, str):
        account, past = await account_as_of(service, call.ids["account_id"], "as_of", query.as_of)
        rows = (row for row in rows_after(account, after or "") if which.matches(row))
        found = [Item(row.member_id, row.summary) for row in islice(rows, query.limit + 1)]
        return msgspec.structs.replace(show_page("members", call, found), position=past.position)
    items = await service.queries.members(call.ids["account_id"], which, after, query.limit + 1)
    if items is None:
        raise Refused(AccountNotFound())
    return show_page("members", call, items)


async def find_members(service: Service, call: Call[None, MembershipsQuery]) -> Answer:
    """List in which accounts somebody is, by the e-mail address or the external id."""
    query, after, queries = call.query, read_cursor("memberships", call), service.queries
    if isinstance(query.email, str):
        items = await queries.memberships_by_email(query.email.strip(), after, query.limit + 1)
    else:
        items = await queries.memberships_by_external_id(normalized_id(query.external_id) or "", after, query.limit + 1)
    return show_page("memberships", call, items)


def add_member(service: Service, call: Call[NewMember, Nothing]) -> Reply:
    """Add a member to an account."""
    return _ask(service, call, addition(call.body, service.new_id(), service.now()))


def addition(entry: NewMember, member_id: str, at: str) -> AddMember:
    """Make the command that adds a member."""
    return AddMember(
        member_id=MemberId(member_id),
        name=entry.name,
        email=entry.email,
        role=entry.role,
        seated=entry.seated,
        at=at,
        external_id=entry.external_id,
        metadata=entry.metadata,
    )


async def get_member(service: Service, call: Call[None, Nothing]) -> Answer:
    """Read a member."""
    found = await service.queries.member(call.ids["account_id"], call.ids["member_id"])
    if found is None:
        await service.require_account(call.ids["account_id"])
        raise Refused(MemberNotFound())
    return show_found(found)


def change_member(service: Service, call: Call[MemberChange, Nothing]) -> Reply:
    """Change the name, the role, the e-mail address, the external id or the metadata of a member."""
    body = call.body
    command = ChangeMember(
        member_id=MemberId(call.ids["member_id"]),
        name=body.name,
        email=body.email,
        role=body.role,
        external_id=body.external_id,
        metadata=body.metadata,
    )
    return _ask(service, call, command)


def remove_member(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """Remove a member, and free its seat."""
    return _ask(service, call, RemoveMember(MemberId(call.ids["member_id"])))


def take_seat(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """Give a member a seat."""
    return _ask(service, call, TakeSeat(MemberId(call.ids["member_id"])))


def free_seat(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """Take the seat of a member back."""
    return _ask(service, call, FreeSeat(MemberId(call.ids["member_id"])))


def _ask(service: Service, call: Call[B, Q], command: Command) -> Reply:
    return service.ask(AccountActor, call.ids["account_id"], call, command)


def _location(call: Call[NewMember, Nothing], member: MemberSummary) -> str:
    return f"/v1/accounts/{call.ids['account_id']}/members/{member.member_id}"


_NO_ACCOUNT = (AccountNotFound,)
_NO_MEMBER = (*_NO_ACCOUNT, MemberNotFound)
_RESTS = (AccountSuspended, AccountClosed)
_ADD = (*_NO_ACCOUNT, *_RESTS, GraceRunning, UserLimitReached, NoSeatLeft, EmailTaken, ExternalIdTaken)
_CHANGE = (*_NO_MEMBER, *_RESTS, EmailTaken, LastAdmin, ExternalIdTaken, MetadataTooLarge)
_REMOVE = (*_NO_MEMBER, *_RESTS, LastAdmin)
_TAKE = (*_NO_MEMBER, *_RESTS, NoSeatLeft, MemberFrozen)
_FREE = (*_NO_MEMBER, *_RESTS)

_MEMBERS = "/v1/accounts/{account_id}/members"
_MEMBER = f"{_MEMBERS}/{{member_id}}"

ROUTES = (
    Route("GET", "/v1/members", find_members, Page[Membership], query=MembershipsQuery, scope="accounts:read"),
    Route(
        "GET",
        _MEMBERS,
        list_members,
        Page[MemberSummary],
        query=MembersQuery,
        refusals=_NO_ACCOUNT,
        scope="accounts:read",
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
