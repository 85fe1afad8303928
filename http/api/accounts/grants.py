"""The routes of grants: seats and member slots beside those of the plan."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.grants.commands import MakeGrant, WithdrawGrant
from seatkeeper.actors.accounts.grants.refusals import GrantNotFound
from seatkeeper.actors.accounts.grants.summaries import GrantSummary
from seatkeeper.actors.accounts.limits.refusals import OverLimit
from seatkeeper.actors.accounts.profile.refusals import AccountClosed, AccountNotFound, AccountSuspended
from seatkeeper.actors.accounts.values import GrantId
from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.http import fields
from seatkeeper.http.api.lists.pages import Page, PageQuery, read_cursor, show_found, show_page
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.problems import Refused
from seatkeeper.http.server.routes import Answer, Call, Nothing, Route
from seatkeeper.http.server.validation import FieldError
from seatkeeper.http.times import Time, ahead_if_given, in_utc

More: TypeAlias = Annotated[int, msgspec.Meta(ge=-1_000_000_000, le=1_000_000_000)]
"""How many more; fewer when it is negative."""


class NewGrant(msgspec.Struct, forbid_unknown_fields=True):
    """Seats and member slots to add to those of the plan, or to take away, for ever or until a time."""

    reason: fields.Reason
    seats: More = 0
    members: More = 0
    expires_at: Time | None = None

    def __post_init__(self) -> None:
        self.reason = fields.reason("reason", self.reason)
        if not self.seats and not self.members:
            raise FieldError("seats", "Expected seats or members, other than 0")
        if self.expires_at is not None:
            self.expires_at = in_utc("expires_at", self.expires_at)


def make_grant(service: Service, call: Call[NewGrant, Nothing]) -> Reply:
    """Grant seats and member slots beside those of the plan, or take some away with negative numbers."""
    body, now = call.body, service.now()
    command = MakeGrant(
        grant_id=GrantId(service.new_id()),
        seats=body.seats,
        members=body.members,
        reason=body.reason,
        at=now,
        expires_at=ahead_if_given("expires_at", body.expires_at, now),
    )
    return service.ask(AccountActor, call.ids["account_id"], call, command)


async def list_grants(service: Service, call: Call[None, PageQuery]) -> Answer:
    """List the grants that are in force, oldest first."""
    after = read_cursor("grants", call)
    items = await service.queries.grants(call.ids["account_id"], after, call.query.limit + 1)
    if items is None:
        raise Refused(AccountNotFound())
    return show_page("grants", call, items)


async def get_grant(service: Service, call: Call[None, Nothing]) -> Answer:
    """Read a grant that is in force."""
    found = await service.queries.grant(call.ids["account_id"], call.ids["grant_id"])
    if found is None:
        await service.require_account(call.ids["account_id"])
        raise Refused(GrantNotFound())
    return show_found(found)


def withdraw_grant(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """End a grant; what does not fit any more is treated as the account's policy says."""
    command = WithdrawGrant(GrantId(call.ids["grant_id"]), service.now())
    return service.ask(AccountActor, call.ids["account_id"], call, command)


def _location(call: Call[NewGrant, Nothing], grant: GrantSummary) -> str:
    return f"/v1/accounts/{call.ids['account_id']}/grants/{grant.grant_id}"


_NO_ACCOUNT = (AccountNotFound,)
_NO_GRANT = (*_NO_ACCOUNT, GrantNotFound)
_RESTS = (AccountSuspended, AccountClosed, OverLimit)

_GRANTS = "/v1/accounts/{account_id}/grants"
_GRANT = f"{_GRANTS}/{{grant_id}}"

ROUTES = (
    Route(
        "GET", _GRANTS, list_grants, Page[GrantSummary], query=PageQuery, refusals=_NO_ACCOUNT, scope="accounts:read"
    ),
    Route(
        "POST",
        _GRANTS,
        make_grant,
        GrantSummary,
        201,
        body=NewGrant,
        refusals=(*_NO_ACCOUNT, *_RESTS),
        location=_location,
        scope="accounts:write",
    ),
    Route("GET", _GRANT, get_grant, GrantSummary, refusals=_NO_GRANT, scope="accounts:read"),
    Route(
        "DELETE",
        _GRANT,
        withdraw_grant,
        None,
        204,
        body=Nothing,
        refusals=(*_NO_GRANT, *_RESTS),
        scope="accounts:write",
    ),
)
