"""The tasks that deliver to webhooks: whether they rest, and how many there are."""

from __future__ import annotations

import asyncio

from seatkeeper.http.events_out.webhooks.deliveries import WebhookDeliveries

_WHERE = ("seatkeeper.http.events_out.webhooks", "seatkeeper.http.outgoing")


async def wait_until_at_rest(deliveries: WebhookDeliveries) -> None:
    """Wait until no worker delivers, reads or begins anew, which those that failed do at any time."""
    while not at_rest(deliveries):  # noqa: ASYNC110 - there is no event to wait for; virtual time costs nothing
        await asyncio.sleep(1.0)


def at_rest(deliveries: WebhookDeliveries) -> bool:
    """Tell whether no worker delivers, reads or begins anew."""
    workers = [deliveries._workers.get(webhook_id) for webhook_id in deliveries.known()]
    return not deliveries._tools.feed._pages and all(
        worker is not None and hasattr(worker, "_recorder") and not worker._lanes for worker in workers
    )


def delivering() -> int:
    """Count the tasks of the deliveries: at rest there are two for each webhook."""
    return sum(
        frame.f_globals["__name__"].startswith(_WHERE)
        for task in asyncio.all_tasks()
        if (frame := getattr(task.get_coro(), "cr_frame", None)) is not None
    )
