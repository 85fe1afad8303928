"""Plans: the list, and one with its revisions and the accounts on it."""

from __future__ import annotations

from aiohttp import web

from seatkeeper.http.console.names import tell
from seatkeeper.http.console.page import Page, Visit

FEW = "20"


async def list_plans(visit: Visit) -> web.Response:
    """List plans."""
    query = visit.given("status", "external_id", "cursor", "limit")
    return visit.show("plans.html", found=await visit.read_list("list_plans", query=query))


async def show_plan(visit: Visit) -> web.Response:
    """Show a plan: what it sells, how that came to be, and who is on it."""
    plan = await visit.read("get_plan", dict[str, object], visit.ids)
    events = await visit.read_list_if_allowed("list_plan_events", visit.ids, {"limit": "200", **visit.given("cursor")})
    accounts = await visit.read_list_if_allowed("list_accounts", query={"plan_id": str(plan["plan_id"]), "limit": FEW})
    names = {str(plan["plan_id"]): plan["name"]}
    told = await tell(visit, events.items) if events else []
    return visit.show("plan.html", plan=plan, events=events, told=told, accounts=accounts, plan_names=names)


PAGES = (
    Page("/plans", list_plans, ("list_plans",), title="Plans"),
    Page("/plans/{plan_id}", show_plan, ("get_plan",)),
)
