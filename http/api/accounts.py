"""The routes of accounts."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from seatkeeper.actors.accounts import commands, refusals
from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.events import LARGEST_AMOUNT, AccountId, Money
from seatkeeper.actors.accounts.summaries import AccountSummary
from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.external import ExternalIdTaken, MetadataTooLarge
from seatkeeper.actors.aggregates.messages import Command
from seatkeeper.actors.processes.change_plan import ChangePlan
from seatkeeper.actors.subscriptions.events import PlanId
from seatkeeper.actors.subscriptions.refusals import PlanNotFound, PlanRetired
from seatkeeper.http import fields
from seatkeeper.http.api.lists.filters import AtMost, Part, Sought, given, normalized, normalized_id
from seatkeeper.http.api.lists.pages import Page, PageQuery, read_number, read_numbered, show_found, show_page
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.problems import Refused
from seatkeeper.http.server.routes import Answer, B, Call, Nothing, Q, Route
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


class AccountChange(msgspec.Struct, forbid_unknown_fields=True):
    """The fields of an account to change; an external id of null is removed, and so are entries of metadata."""

    account_name: fields.Name | msgspec.UnsetType = msgspec.UNSET
    external_id: fields.ExternalId | msgspec.UnsetType | None = msgspec.UNSET
    metadata: fields.MetadataChange | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        self.account_name = fields.name_if_given("account_name", self.account_name)
        self.external_id = fields.external_id_if_given("external_id", self.external_id)
        fields.check_metadata("metadata", self.metadata, change=True)


class OtherPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The plan to change to."""

    plan_id: fields.Id


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


async def get_account(service: Service, call: Call[None, Nothing]) -> Answer:
    """Read an account."""
    found = await service.queries.account(call.ids["account_id"])
    if found is None:
        raise Refused(refusals.AccountNotFound())
    return show_found(found)


def rename_account(service: Service, call: Call[AccountChange, Nothing]) -> Reply:
    """Rename an account, or change its external id and its metadata."""
    body = call.body
    return _ask(service, call, commands.ChangeAccount(body.account_name, body.external_id, body.metadata))


def change_plan(service: Service, call: Call[OtherPlan, Nothing]) -> Reply:
    """Move an account to what a plan sells now, if its members and seats fit."""
    account_id, plan_id = AccountId(call.ids["account_id"]), PlanId(call.body.plan_id.lower())
    return service.change_plan.ask(ChangePlan(account_id, plan_id, call.options))


def adjust_credit(service: Service, call: Call[CreditChange, Nothing]) -> Reply:
    """Add to the credit of an account, or charge it with a negative amount."""
    amount = Money(call.body.amount.amount, call.body.amount.currency)
    return _ask(service, call, commands.AdjustCredit(amount, call.body.reason))


def suspend_account(service: Service, call: Call[WithReason, Nothing]) -> Reply:
    """Suspend an account: it can only be read until it is reactivated."""
    return _ask(service, call, commands.SuspendAccount(call.body.reason))


def reactivate_account(service: Service, call: Call[WithReason, Nothing]) -> Reply:
    """Reactivate a suspended account."""
    return _ask(service, call, commands.ReactivateAccount(call.body.reason))


def close_account(service: Service, call: Call[WithReason, Nothing]) -> Reply:
    """Close an account for good; it can still be read."""
    return _ask(service, call, commands.CloseAccount(call.body.reason))


def _ask(service: Service, call: Call[B, Q], command: Command) -> Reply:
    return service.ask(AccountActor, call.ids["account_id"], call, command)


_GONE = (refusals.AccountNotFound,)
_RESTS = (*_GONE, refusals.AccountSuspended, refusals.AccountClosed)
_CHANGE = (*_RESTS, ExternalIdTaken, MetadataTooLarge)
_CREDIT = (*_RESTS, refusals.CurrencyMismatch, refusals.CreditExhausted, refusals.CreditTooLarge)
_PLAN = (*_RESTS, PlanNotFound, PlanRetired, refusals.OverLimit)
_CLOSED = (*_GONE, refusals.AccountClosed)

_ACCOUNT = "/v1/accounts/{account_id}"

ROUTES = (
    Route("GET", "/v1/accounts", list_accounts, Page[AccountSummary], query=AccountsQuery, scope="accounts:read"),
    Route("GET", _ACCOUNT, get_account, AccountSummary, refusals=_GONE, scope="accounts:read"),
    Route(
        "PATCH", _ACCOUNT, rename_account, AccountSummary, body=AccountChange, refusals=_CHANGE, scope="accounts:write"
    ),
    Route(
        "PUT", f"{_ACCOUNT}/plan", change_plan, AccountSummary, body=OtherPlan, refusals=_PLAN, scope="accounts:write"
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
