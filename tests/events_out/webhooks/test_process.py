"""The whole service with a real receiver: what comes, how it is signed, and what a kill leaves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
import requests
from aiohttp import web
from standardwebhooks import Webhook

from tests import suite
from tests.contract.given import a_customer
from tests.events_out.webhooks.receiver import Receiver, receiving
from tests.service import Service

ALLOWED = ("--webhook-http", "--webhook-private-addresses")
ROUNDS = suite.pick(short=3, middle=6, long=60)


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


def sign_up_until(stop: threading.Event, service: Service) -> None:
    """Sign customers up and change them, until it is over or the service is."""
    try:
        while not stop.is_set():
            customer = a_customer(service)
            for name in ("Bob", "Eve"):
                customer.add(name)
    except (requests.RequestException, AssertionError):
        pass  # the service was killed


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


async def now_and_then_not(refused: set[str], request: web.Request) -> web.Response:
    """Refuse some messages the first time."""
    message_id = request.headers["webhook-id"]
    if int(message_id.rpartition("_")[2]) % 37 == 0 and message_id not in refused:
        refused.add(message_id)
        return web.Response(status=500)
    return web.Response()


@suite.thorough
async def test_a_service_that_is_killed_skips_nothing_and_repeats_with_the_same_id(tmp_path: Path) -> None:
    random = Random(1)
    async with receiving(partial(now_and_then_not, set())) as receiver:
        with Service(tmp_path / "seatkeeper.db", *ALLOWED) as service:
            _, secret = await a_webhook(service, receiver.url())
            for _ in range(ROUNDS):
                stop = threading.Event()
                working = asyncio.create_task(asyncio.to_thread(sign_up_until, stop, service))
                await receiver.until(partial(came, receiver, len(receiver.requests) + random.randrange(1, 200)))
                await asyncio.to_thread(service.kill)
                stop.set()
                await working
                await asyncio.to_thread(service.start)
            await everything_comes(service, receiver)
    assert_sound(receiver, secret)


@suite.thorough
async def test_a_network_that_is_cut_again_and_again_loses_nothing(tmp_path: Path) -> None:
    random = Random(2)
    async with receiving() as receiver, cutting(receiver.port, random) as port:
        with Service(tmp_path / "seatkeeper.db", *ALLOWED) as service:
            _, secret = await a_webhook(service, f"http://127.0.0.1:{port}/in")
            stop = threading.Event()
            working = asyncio.create_task(asyncio.to_thread(sign_up_until, stop, service))
            await receiver.until(partial(came, receiver, 100 * ROUNDS))
            stop.set()
            await working
            await everything_comes(service, receiver)
    assert_sound(receiver, secret)


@asynccontextmanager
async def cutting(port: int, random: Random) -> AsyncIterator[int]:
    """Pass connections on to a port, and cut each one after some bytes, in whichever direction they go."""
    passing: set[asyncio.Task[None]] = set()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        left = random.randrange(20_000)

        async def hand_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            nonlocal left
            while left > 0 and (data := await source.read(min(left, 4_096))):
                left -= len(data)
                sink.write(data)
            for end in (writer, back):
                end.transport.abort()

        for one in (hand_on(reader, back), hand_on(there, writer)):
            task = asyncio.ensure_future(one)
            passing.add(task)
            task.add_done_callback(passing.discard)

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
    if passing:
        await asyncio.wait(passing, timeout=10)


async def everything_comes(service: Service, receiver: Receiver) -> None:
    """Wait until each event of the journal has come."""
    expected = {str(event["position"]) for event in await asyncio.to_thread(feed, service)}
    await receiver.until(lambda: expected <= positions(receiver), deadline=300)


def assert_sound(receiver: Receiver, secret: str) -> None:
    """See that each stream came in its order, repeats aside, and that repeats are the same."""
    first: dict[str, dict[int, str]] = {}
    bodies: dict[str, bytes] = {}
    for request in receiver.requests:
        data = Webhook(secret).verify(request.body, dict(request.headers))["data"]
        message_id = request.headers["webhook-id"]
        assert bodies.setdefault(message_id, request.body) == request.body
        first.setdefault(data["stream_id"], {}).setdefault(data["position"], message_id)
    for stream in first.values():
        assert list(stream) == sorted(stream)
        assert len(set(stream.values())) == len(stream)


def came(receiver: Receiver, count: int) -> bool:
    """Tell whether so many messages came."""
    return len(receiver.requests) >= count


def positions(receiver: Receiver) -> set[str]:
    """The positions that came."""
    return {request.headers["webhook-id"].rpartition("_")[2] for request in receiver.requests}
