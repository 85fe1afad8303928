"""The routes of accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.profile.commands import (
    AdjustCredit,
    ChangeAccount,
    CloseAccount,
    ReactivateAccount,
    SuspendAccount,
)
from seatkeeper.actors.accounts.profile.refusals import (
    AccountClosed,
    AccountNotFound,
    AccountSuspended,
    CreditExhausted,
    CreditTooLarge,
    CurrencyMismatch,
)
from seatkeeper.actors.accounts.summaries import AccountSummary, summarize
from seatkeeper.actors.accounts.values import LARGEST_AMOUNT, Money
from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.external import ExternalIdTaken, MetadataTooLarge
from seatkeeper.actors.aggregates.messages import Command, Refusal
from seatkeeper.http import fields
from seatkeeper.http.api.accounts.past import account_as_of
from seatkeeper.http.api.lists.filters import AtMost, Part, Sought, given, normalized, normalized_id
from seatkeeper.http.api.lists.moments import MomentText
from seatkeeper.http.api.lists.pages import Page, PageQuery, read_number, read_numbered, show_found, show_page
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.problems import Refused
from seatkeeper.http.server.routes import Answer, B, Call, Nothing, Q, Route, encode
from seatkeeper.storage.queries import AccountFilter, Place, Sort


class AccountsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which accounts to list, and in which order; `q` is a part of the name, in any case."""

    plan_id: fields.Id | msgspec.UnsetType = msgspec.UNSET
    status: Literal["active", "suspended", "closed"] | msgspec.UnsetType = msgspec.UNSET
    external_id: Sought | msgspec.UnsetType = msgspec.UNSET
    q: Part | msgspec.UnsetType = msgspec.UNSET
    members_free_at_most: AtMost | msgspec.UnsetType = msgspec.UNSET
    seats_free_at_most: AtMost | msgspec.UnsetType = msgspec.UNSET
    sort: Sort = "-created_at"


class AsOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The moment of the past to look at: a time, or a position of the journal."""

    as_of: MomentText | msgspec.UnsetType = msgspec.UNSET


class AccountChange(msgspec.Struct, forbid_unknown_fields=True):
    """The fields of an account to change; an external id of null is removed, and so are entries of metadata."""

    account_name: fields.Name | msgspec.UnsetType = msgspec.UNSET
    external_id: fields.ExternalId | msgspec.UnsetType | None = msgspec.UNSET
    metadata: fields.MetadataChange | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        self.account_name = fields.name_if_given("account_name", self.account_name)
        self.external_id = fields.external_id_if_given("external_id", self.external_id)
        fields.check_metadata("metadata", self.metadata, change=True)


class Amount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Minor units of a currency (ISO 4217); negative to charge."""

    amount: Annotated[int, msgspec.Meta(ge=-LARGEST_AMOUNT, le=LARGEST_AMOUNT)]
    currency: fields.AnyCurrency


class CreditChange(msgspec.Struct, forbid_unknown_fields=True):
    """The amount to add to the credit, and the reason."""

    amount: Amount
    reason: fields.Reason

    def __post_init__(self) -> None:
        self.reason = fields.reason("reason", self.reason)


class WithReason(msgspec.Struct, forbid_unknown_fields=True):
    """The reason, for readers of the events."""

    reason: fields.Reason | None = None

    def __post_init__(self) -> None:
        self.reason = fields.reason_if_given("reason", self.reason)


async def list_accounts(service: Service, call: Call[None, AccountsQuery]) -> Answer:
    """List accounts, newest first."""
    query = call.query
    plan_id = given(query.plan_id)
    which = AccountFilter(
        plan_id=None if plan_id is None else plan_id.lower(),
        status=given(query.status),
        external_id=normalized_id(query.external_id),
        part=normalized(query.q),
        members_free_at_most=given(query.members_free_at_most),
        seats_free_at_most=given(query.seats_free_at_most),
    )
    items = await service.queries.accounts(which, query.sort, _read_place(call), query.limit + 1)
    return show_page("accounts", call, items)


def _read_place(call: Call[None, AccountsQuery]) -> Place | None:
    """Read the place that a cursor names."""
    if call.query.sort == "account_name":
        return read_numbered("accounts", call)
    number = read_number("accounts", call)
    return None if number is None else Place(number)


async def get_account(service: Service, call: Call[None, AsOf]) -> Answer:
    """Read an account, as it is or as it was; the position is that of the last event in it then."""
    if isinstance(call.query.as_of, str):
        account, past = await account_as_of(service, call.ids["account_id"], "as_of", call.query.as_of)
        return Answer(encode(summarize(account, past.version)), version=past.version, position=past.position)
    found = await service.queries.account(call.ids["account_id"])
    if found is None:
        raise Refused(AccountNotFound())
    return show_found(found)


def rename_account(service: Service, call: Call[AccountChange, Nothing]) -> Reply:
    """Rename an account, or change its external id and its metadata."""
    body = call.body
    return _ask(service, call, ChangeAccount(body.account_name, body.external_id, body.metadata))


def adjust_credit(service: Service, call: Call[CreditChange, Nothing]) -> Reply:
    """Add to the credit of an account, or charge it with a negative amount."""
    amount = Money(call.body.amount.amount, call.body.amount.currency)
    return _ask(service, call, AdjustCredit(amount, call.body.reason))


def suspend_account(service: Service, call: Call[WithReason, Nothing]) -> Reply:
    """Suspend an account: it can only be read until it is reactivated."""
    return _ask(service, call, SuspendAccount(call.body.reason))


def reactivate_account(service: Service, call: Call[WithReason, Nothing]) -> Reply:
    """Reactivate a suspended account."""
    return _ask(service, call, ReactivateAccount(call.body.reason))


def close_account(service: Service, call: Call[WithReason, Nothing]) -> Reply:
    """Close an account for good; it can still be read."""
    return _ask(service, call, CloseAccount(call.body.reason))


def _ask(service: Service, call: Call[B, Q], command: Command) -> Reply:
    return service.ask(AccountActor, call.ids["account_id"], call, command)


_GONE = (AccountNotFound,)
_RESTS = (*_GONE, AccountSuspended, AccountClosed)
_CHANGE = (*_RESTS, ExternalIdTaken, MetadataTooLarge)
_CREDIT = (*_RESTS, CurrencyMismatch, CreditExhausted, CreditTooLarge)
_CLOSED = (*_GONE, AccountClosed)

_ACCOUNT = "/v1/accounts/{account_id}"

_REFUSED_WHEN: Mapping[str, type[Refusal]] = {"suspended": AccountSuspended, "closed": AccountClosed}

_LEADS_TO: Mapping[str, str] = {
    suspend_account.__name__: "suspended",
    reactivate_account.__name__: "active",
    close_account.__name__: "closed",
}


def takes(route: Route, status: str) -> bool:
    """Tell whether a call may change an account in this status, as far as that depends on its status."""
    return _REFUSED_WHEN.get(status) not in route.refusals and _LEADS_TO.get(route.name) != status


ROUTES = (
    Route("GET", "/v1/accounts", list_accounts, Page[AccountSummary], query=AccountsQuery, scope="accounts:read"),
    Route("GET", _ACCOUNT, get_account, AccountSummary, query=AsOf, refusals=_GONE, scope="accounts:read"),
    Route(
        "PATCH", _ACCOUNT, rename_account, AccountSummary, body=AccountChange, refusals=_CHANGE, scope="accounts:write"
    ),
    Route(
        "POST",
        f"{_ACCOUNT}/credit",
        adjust_credit,
        AccountSummary,
        body=CreditChange,
        refusals=_CREDIT,
        scope="accounts:write",
    ),
    Route(
        "POST",
        f"{_ACCOUNT}/suspend",
        suspend_account,
        AccountSummary,
        body=WithReason,
        refusals=_CLOSED,
        scope="accounts:write",
    ),
    Route(
        "POST",
        f"{_ACCOUNT}/reactivate",
        reactivate_account,
        AccountSummary,
        body=WithReason,
        refusals=_CLOSED,
        scope="accounts:write",
    ),
    Route(
        "POST",
        f"{_ACCOUNT}/close",
        close_account,
        AccountSummary,
        body=WithReason,
        refusals=_GONE,
        scope="accounts:write",
    ),
)
