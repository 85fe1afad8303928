"""What belongs to an account, each kind with a page of its own: members, invitations, grants and timers."""

from __future__ import annotations

from aiohttp import web

from seatkeeper.http.console.page import Page, Visit

_PAGE = ("cursor", "limit")


async def list_members(visit: Visit) -> web.Response:
    """List the members of an account."""
    query = visit.given("q", "role", "seated", "status", "as_of", *_PAGE)
    return visit.show("members.html", account=await _account(visit), members=await _list(visit, "list_members", query))


async def show_member(visit: Visit) -> web.Response:
    """Show a member."""
    member = await visit.read("get_member", dict[str, object], visit.ids)
    return visit.show("member.html", account=await _account(visit), member=member)


async def list_invitations(visit: Visit) -> web.Response:
    """List the invitations of an account, those that are over too."""
    found = await _list(visit, "list_invitations", visit.given("status", *_PAGE))
    return visit.show("invitations.html", account=await _account(visit), invitations=found)


async def list_grants(visit: Visit) -> web.Response:
    """List the grants of an account."""
    found = await _list(visit, "list_grants", visit.given(*_PAGE))
    return visit.show("grants.html", account=await _account(visit), grants=found)


async def list_timers(visit: Visit) -> web.Response:
    """List what will happen to an account by itself."""
    found = await _list(visit, "list_timers", visit.given(*_PAGE))
    return visit.show("timers.html", account=await _account(visit), timers=found)


async def _list(visit: Visit, name: str, query: dict[str, str]) -> object:
    return await visit.read_list(name, visit.ids, query)


async def _account(visit: Visit) -> dict[str, object]:
    return await visit.read("get_account", dict[str, object], {"account_id": visit.ids["account_id"]})


_ACCOUNT = "/accounts/{account_id}"

PAGES = (
    Page(f"{_ACCOUNT}/members", list_members, ("list_members",)),
    Page(f"{_ACCOUNT}/members/{{member_id}}", show_member, ("get_member",)),
    Page(f"{_ACCOUNT}/invitations", list_invitations, ("list_invitations",)),
    Page(f"{_ACCOUNT}/grants", list_grants, ("list_grants",)),
    Page(f"{_ACCOUNT}/timers", list_timers, ("list_timers",)),
)
