"""The whole service with a real receiver: what comes, and how it is signed. Faults are in `tests/torture`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from tests.contract.given import a_customer
from tests.events_out.webhooks.receiver import receiving
from tests.service import Service

ALLOWED = ("--webhook-http", "--webhook-private-addresses")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path / "seatkeeper.db", *ALLOWED) as running:
        yield running


async def post(service: Service, path: str, body: object = None, status: int = 200) -> Any:  # noqa: ANN401 - JSON
    response = await asyncio.to_thread(service.post, path, body)
    assert response.status_code == status, response.text
    return response.json()


async def a_webhook(service: Service, url: str, *types: str) -> tuple[str, str]:
    """Make a webhook that gets everything from the beginning; its path and its secret."""
    body = {"url": url, "types": list(types) or ["*"], "after": 0}
    made = await post(service, "/v1/webhooks", body, 201)
    return f"/v1/webhooks/{made['webhook']['webhook_id']}", made["secret"]


def feed(service: Service, after: int = 0) -> list[Any]:
    """All events of the journal."""
    events: list[Any] = []
    while page := service.get("/v1/events", after=after, limit=200).json()["items"]:
        events += page
        after = page[-1]["position"]
    return events


async def test_a_message_is_the_event_of_the_feed_and_its_signature_holds(service: Service) -> None:
    async with receiving() as receiver:
        _, secret = await a_webhook(service, receiver.url(), "account.opened")
        customer = await asyncio.to_thread(a_customer, service)
        await receiver.until(lambda: len(receiver.requests) == 1)
    (request,) = receiver.requests
    body = Webhook(secret).verify(request.body, dict(request.headers))
    (event,) = [event for event in await asyncio.to_thread(feed, service) if event["type"] == "account.opened"]
    assert body == {"type": "account.opened", "timestamp": event["recorded_at"], "data": event}
    assert event["stream_id"] == f"account-{customer.account_id}"


async def test_during_a_rotation_both_secrets_sign(service: Service) -> None:
    async with receiving() as receiver:
        path, earlier = await a_webhook(service, receiver.url(), "account.opened")
        rotated = await post(service, f"{path}/rotate-secret", {"overlap_seconds": 3600})
        await asyncio.to_thread(a_customer, service)
        await receiver.until(lambda: len(receiver.requests) == 1)
    (request,) = receiver.requests
    for secret in (earlier, rotated["secret"]):
        Webhook(secret).verify(request.body, dict(request.headers))


async def test_a_receiver_that_is_gone_is_sent_nothing_until_the_webhook_is_resumed(service: Service) -> None:
    status = 410

    async def respond(_: web.Request) -> web.Response:
        return web.Response(status=status)

    async with receiving(respond) as receiver:
        path, secret = await a_webhook(service, receiver.url(), "account.opened", "webhook.disabled")
        customers = [await asyncio.to_thread(a_customer, service) for _ in range(2)]
        async with receiving() as other:
            await a_webhook(service, other.url(), "webhook.disabled")
            await other.until(lambda: len(other.requests) == 1)
        assert (await asyncio.to_thread(service.get, path)).json()["status"] == "disabled"
        before, status = len(receiver.requests), 200
        await post(service, f"{path}/resume")
        await receiver.until(lambda: len(receiver.requests) >= before + len(customers) + 1)
    bodies = [Webhook(secret).verify(request.body, dict(request.headers)) for request in receiver.requests[before:]]
    assert {body["data"]["stream_id"] for body in bodies[: len(customers)]} <= {
        *(f"account-{customer.account_id}" for customer in customers),
        f"webhook-{path.rpartition('/')[2]}",
    }
    assert sorted(body["type"] for body in bodies) == ["account.opened", "account.opened", "webhook.disabled"]


async def test_the_metrics_count_what_was_delivered(service: Service) -> None:
    async with receiving() as receiver:
        await a_webhook(service, receiver.url(), "account.opened", "member.added")
        customer = await asyncio.to_thread(a_customer, service)
        await asyncio.to_thread(customer.add)
        await receiver.until(lambda: len(receiver.requests) >= 2)  # it is sent when the one before it was counted
        lines = (await asyncio.to_thread(service.get, "/metrics")).text.splitlines()
    (counted,) = [line.split()[1] for line in lines if line.startswith("seatkeeper_webhook_deliveries_total{")]
    assert float(counted) >= 1
    assert "seatkeeper_webhooks_waiting 0.0" in lines


async def test_neither_the_secret_nor_what_is_in_the_url_is_in_the_log_or_in_an_attempt(service: Service) -> None:
    async def gone(_: web.Request) -> web.Response:
        return web.Response(status=410)

    async with receiving(gone) as receiver, receiving() as other:
        path, secret = await a_webhook(service, receiver.url(path="/in?token=hush"), "account.opened")
        await a_webhook(service, other.url(), "webhook.disabled")
        await asyncio.to_thread(a_customer, service)
        await other.until(lambda: len(other.requests) == 1)
    attempts = (await asyncio.to_thread(service.get, f"{path}/deliveries")).text
    log = service.errors()
    assert "a webhook is disabled" in log
    assert '"status":410' in attempts
    for hidden in ("hush", secret.removeprefix("whsec_")):
        assert hidden not in log + attempts
