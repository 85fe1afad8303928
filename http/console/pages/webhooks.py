"""Webhooks: the list, and one with its deliveries."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from seatkeeper.http.console.names import tell
from seatkeeper.http.console.page import Feed, Page, Visit


async def list_webhooks(visit: Visit) -> web.Response:
    """List webhooks."""
    return visit.show(
        "webhooks.html", found=await visit.read_list("list_webhooks", query=visit.given("cursor", "limit"))
    )


async def show_webhook(visit: Visit) -> web.Response:
    """Show a webhook, and what became of its deliveries, the newest first."""
    webhook = await visit.read("get_webhook", dict[str, object], visit.ids)
    query = visit.given("status", "cursor", "limit")
    deliveries = await visit.read_list("list_webhook_deliveries", visit.ids, query)
    positions = [one["position"] for one in deliveries.items if isinstance(one["position"], int)]
    events = await _events(visit, positions) if visit.may("read_feed") else []
    told = {event["position"]: event for event in await tell(visit, events)}
    return visit.show("webhook.html", webhook=webhook, deliveries=deliveries, told=told)


async def _events(visit: Visit, positions: Sequence[int]) -> list[dict[str, object]]:
    """Read the events at these positions."""
    pages = [await visit.read("read_feed", Feed, query={"after": str(at - 1), "limit": "1"}) for at in positions]
    return [event for page in pages for event in page.items]


PAGES = (
    Page("/webhooks", list_webhooks, ("list_webhooks",), title="Webhooks"),
    Page("/webhooks/{webhook_id}", show_webhook, ("get_webhook",)),
)
