"""API keys."""

from __future__ import annotations

from aiohttp import web

from seatkeeper.http.console.page import Page, Visit


async def list_keys(visit: Visit) -> web.Response:
    """List API keys."""
    return visit.show("keys.html", found=await visit.read_list("list_api_keys", query=visit.given("cursor", "limit")))


async def show_key(visit: Visit) -> web.Response:
    """Show an API key."""
    return visit.show("key.html", key=await visit.read("get_api_key", dict[str, object], visit.ids))


PAGES = (
    Page("/keys", list_keys, ("list_api_keys",), title="Keys"),
    Page("/keys/{key_id}", show_key, ("get_api_key",)),
)
