"""What a request leaves behind in the process: nothing; and unless it failed, nothing waits for the collector."""

from __future__ import annotations

import gc
import logging
from collections.abc import AsyncIterator
from typing import cast

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.journal import JournalFull
from seatkeeper.actors.processes.change_plan import ChangePlanCoordinator
from seatkeeper.actors.processes.sign_up import SignUpCoordinator
from seatkeeper.actors.runtime.futures import LoopFuture
from seatkeeper.actors.runtime.inbox import Inbox
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.http.access.keyring import Keyring
from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.api.service import Service
from seatkeeper.http.api.webhooks.service import WebhookService, not_sent
from seatkeeper.http.events_out.stream import EventStreams
from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.http.once import Once
from seatkeeper.http.server.routes import Call
from seatkeeper.http.server.server import Server
from seatkeeper.http.system import Clock, IdSource
from seatkeeper.storage.memory.deliveries import MemoryDeliveries
from seatkeeper.storage.memory.journal import MemoryJournal
from tests.collector import alive
from tests.server.serving import GET, LIMITS, Anybody, serving
from tests.wire import until

BODY = b'{"name":"Team","type":"team","package":{"total_seats":1,"user_limit":1}}'
RETIRE = "/v1/plans/01900000-0000-7000-8000-%012d/retire"

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """A client of a service in memory."""
    journal, now, new_id = MemoryJournal(now=Clock()), Clock(), IdSource()
    directory = Directory(journal)
    sign_up, change_plan = SignUpCoordinator.start(directory), ChangePlanCoordinator.start(directory)
    service = Service(
        directory=directory,
        sign_up=cast("Inbox", sign_up.actor_inbox),
        change_plan=cast("Inbox", change_plan.actor_inbox),
        queries=journal.queries,
        keyring=Keyring(journal.queries, now),
        identity=lambda: journal.identity,
        streams=EventStreams(journal.queries, lambda: journal.identity, most=1, write_deadline=1.0),
        webhooks=WebhookService(MemoryDeliveries(journal.queries), ping=not_sent, url_problem=lambda _url: None),
        find_receipt=journal.receipt,
        now=now,
        new_id=new_id,
        currency="EUR",
        unready_reason=lambda: None,
        metrics=Metrics().whole,
        openapi=Once(bytes),
    )
    server = Server(
        ROUTES,
        service,
        access=Anybody(),
        find_receipt=service.find_receipt,
        find_refusal=service.queries.refusal_of,
        limits=LIMITS,
        metrics=Metrics(),
        new_id=new_id,
        identity=service.identity,
    )
    async with TestClient(TestServer(server.application)) as client:
        yield client
    await sign_up.stop(block=False)
    await change_plan.stop(block=False)


async def send(client: Client, path: str, body: bytes, key: str | None = None) -> int:
    headers = {"Content-Type": "application/json", **({} if key is None else {"Idempotency-Key": key})}
    async with client.post(path, data=body, headers=headers) as response:
        await response.read()
        return response.status


@pytest.mark.usefixtures("no_collector")
async def test_a_call_without_a_key_leaves_nothing_for_the_collector(client: Client) -> None:
    before = alive(Call)
    assert [await send(client, "/v1/plans", BODY) for _ in range(5)] == [201] * 5
    await until(lambda: alive(Call) == before)


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize(("path", "status"), [("/v1/plans", 201), (RETIRE % 1, 404)], ids=["accepted", "refused"])
async def test_a_call_with_a_key_leaves_nothing_for_the_collector(client: Client, path: str, status: int) -> None:
    before = alive(Call)
    body = BODY if status == 201 else b""
    assert [await send(client, path, body, f"key {number}") for number in range(5)] == [status] * 5
    await until(lambda: alive(Call) == before)


@pytest.mark.parametrize(
    ("error", "status"), [(ZeroDivisionError, 500), (JournalFull, 503)], ids=["a failure", "a full journal"]
)
async def test_a_command_that_raises_leaves_nothing_behind(
    client: Client, monkeypatch: pytest.MonkeyPatch, error: type[Exception], status: int
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(PlanActor, "decide", fail)
    for name in ("seatkeeper.actors.aggregates.aggregate", "seatkeeper.http"):
        monkeypatch.setattr(
            logging.getLogger(name), "disabled", True
        )  # what pytest holds of the log leads to the error
    gc.collect()
    before = alive(LoopFuture, Call)
    assert [await send(client, RETIRE % number, b"") for number in range(5)] == [status] * 5
    gc.collect()
    assert alive(LoopFuture, Call) == before


async def test_a_connection_that_has_ended_is_forgotten() -> None:
    async with serving() as running:
        gc.collect()
        before = alive(web.RequestHandler)
        for data in (b"", b"GET /", GET % b"one") * 10:
            client = await running.connect(data)
            if data.endswith(b"\r\n\r\n"):
                await client.receive()
            await client.reset()
        running.clients.clear()
        await until(lambda: len(running.connections) == 0)
        running.later(0)
        gc.collect()
        assert alive(web.RequestHandler) == before
