"""Accounts: the list to search in, and one with all that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aiohttp import web

from seatkeeper.http.console.page import Page, Visit

BY: Mapping[str, str] = {
    "name": "Name of the account",
    "external_id": "External ID of the account",
    "email": "E-mail address of a member",
    "member_external_id": "External ID of a member",
}
"""What can be looked for."""


class Search(NamedTuple):
    """What is looked for, and the plans to choose from."""

    by: str
    sought: str
    plans: Sequence[Mapping[str, object]]
    ways: Mapping[str, str] = BY


FEW = "20"
"""Items of each list on the page of an account, at most: each has a page of its own."""

SHORT = range(1_000)
"""Versions of accounts whose limits are explained on their page: what has more events takes longer to be read."""

_FILTERS = ("status", "plan_id", "members_free_at_most", "seats_free_at_most", "sort", "cursor", "limit")


async def list_accounts(visit: Visit) -> web.Response:
    """List accounts, or the accounts in which somebody is."""
    by, sought = visit.query.get("by", "name"), visit.query.get("q", "")
    plans = await visit.read_list_if_allowed("list_plans", query={"limit": "200"})
    search = Search(by, sought, plans.items if plans else [])
    names = {str(plan["plan_id"]): plan["name"] for plan in search.plans}
    if sought and by in {"email", "member_external_id"}:
        field = "email" if by == "email" else "external_id"
        found = await visit.read_list("find_members", query={field: sought, **visit.given("cursor", "limit")})
        return visit.show("memberships.html", found=found, search=search)
    name = "external_id" if by == "external_id" else "q"
    query = {**visit.given(*_FILTERS), **({name: sought} if sought else {})}
    found = await visit.read_list("list_accounts", query=query)
    return visit.show("accounts.html", found=found, search=search, plan_names=names)


async def show_account(visit: Visit) -> web.Response:
    """Show an account, as it is or as it was: its numbers and why, and the first of all that belongs to it."""
    ids, moment = visit.ids, visit.given("as_of")
    account = await visit.read("get_account", dict[str, object], ids, moment)
    members = await visit.read_list("list_members", ids, {"limit": FEW, **moment})
    if moment:
        return visit.show("account_past.html", account=account, members=members, moment=moment["as_of"])
    return visit.show(
        "account.html",
        account=account,
        plan_names=await visit.plan_names(),
        limits=await _limits(visit) if account["version"] in SHORT else None,
        members=members,
        invitations=await visit.read_list("list_invitations", ids, {"limit": FEW, "status": "pending"}),
        grants=await visit.read_list("list_grants", ids, {"limit": FEW}),
        timers=await visit.read_list("list_timers", ids, {"limit": FEW}),
    )


async def show_limits(visit: Visit) -> web.Response:
    """Show where the limits of an account come from, and the ways to one more."""
    account = await visit.read("get_account", dict[str, object], visit.ids)
    return visit.show("limits.html", account=account, plan_names=await visit.plan_names(), limits=await _limits(visit))


async def _limits(visit: Visit) -> dict[str, dict[str, object]]:
    return await visit.read("explain_limits", dict[str, dict[str, object]], visit.ids)


PAGES = (
    Page("/accounts", list_accounts, ("list_accounts",), title="Accounts"),
    Page("/accounts/{account_id}", show_account, ("get_account",)),
    Page("/accounts/{account_id}/limits", show_limits, ("explain_limits",)),
)
