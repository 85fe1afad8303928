"""What a request leaves behind in the process: nothing, also when it came with a key."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import cast

import pytest
from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request

from seatkeeper.actors.directory import Directory
from seatkeeper.actors.futures import LoopFuture
from seatkeeper.actors.journal import JournalFull
from seatkeeper.actors.runtime import Inbox
from seatkeeper.actors.signup import SignupCoordinator
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.http import outside
from seatkeeper.http.edge import Edge
from seatkeeper.http.errands import Errand
from seatkeeper.http.metrics import Metrics
from seatkeeper.http.problems import INCOMPLETE, Faulty
from seatkeeper.http.responses import Response
from seatkeeper.http.routes import Call
from seatkeeper.http.service import Service
from seatkeeper.http.table import ROUTES
from seatkeeper.storage.memory import MemoryJournal
from tests.collector import alive

BODY = b'{"name":"Team","type":"team","package":{"total_seats":1,"user_limit":1}}'
RETIRE = "/v1/plans/01900000-0000-7000-8000-000000000001/retire"


@pytest.fixture
async def edge() -> AsyncIterator[Edge]:
    """The edge of a service in memory."""
    journal, new_id = MemoryJournal(now=outside.Clock()), outside.IdSource()
    directory = Directory(journal)
    signup = SignupCoordinator.start(directory)
    service = Service(
        directory=directory,
        signup=cast("Inbox", signup.actor_inbox),
        views=journal.views,
        find_receipt=journal.receipt,
        now=outside.Clock(),
        new_id=new_id,
        currency="EUR",
        ready=lambda: None,
        metrics=lambda: b"",
        openapi=b"",
    )
    yield Edge(
        service,
        ROUTES,
        Metrics(),
        in_flight=100,
        command_deadline=30.0,
        body_deadline=1.0,
        access_log=False,
        new_id=new_id,
    )
    signup.stop(block=False)


async def send(edge: Edge, path: str, body: bytes, key: str | None) -> int:
    headers = {"Content-Type": "application/json", **({} if key is None else {"Idempotency-Key": key})}
    request = make_mocked_request("POST", path, headers)
    answered: asyncio.Future[Response | None] = asyncio.get_running_loop().create_future()
    Errand(edge(request, body), answered.set_result).step()
    response = await answered
    assert response is not None
    return response.status


@pytest.mark.usefixtures("no_collector")
async def test_a_call_without_a_key_leaves_nothing_for_the_collector(edge: Edge) -> None:
    before = alive(Call)
    assert [await send(edge, "/v1/plans", BODY, None) for _ in range(5)] == [201] * 5
    assert alive(Call) == before


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize(("path", "status"), [("/v1/plans", 201), (RETIRE, 404)], ids=["accepted", "refused"])
async def test_a_call_with_a_key_leaves_nothing_for_the_collector(edge: Edge, path: str, status: int) -> None:
    before = alive(Call)
    body = BODY if status == 201 else b""
    assert [await send(edge, path, body, f"key {number}") for number in range(5)] == [status] * 5
    assert alive(Call) == before


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize(
    ("error", "status"), [(ZeroDivisionError, 500), (JournalFull, 503)], ids=["a failure", "a full journal"]
)
async def test_a_command_that_raises_leaves_nothing_for_the_collector(
    edge: Edge, monkeypatch: pytest.MonkeyPatch, error: type[Exception], status: int
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(PlanActor, "decide", fail)
    for name in ("seatkeeper.actors.aggregate", "seatkeeper.http"):  # what pytest keeps of the log leads to the error
        monkeypatch.setattr(logging.getLogger(name), "disabled", True)
    before = alive(LoopFuture, Call)
    answers = [await send(edge, f"/v1/plans/01900000-0000-7000-8000-{n:012}/retire", b"", None) for n in range(5)]
    assert (answers, alive(LoopFuture, Call)) == ([status] * 5, before)


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("error", [partial(Faulty, INCOMPLETE), ConnectionResetError], ids=["said all", "reset"])
async def test_a_body_that_breaks_off_leaves_nothing_for_the_collector(
    edge: Edge, error: Callable[[], Exception]
) -> None:
    before = alive(StreamReader)
    for _ in range(5):
        protocol = BaseProtocol(asyncio.get_running_loop())
        protocol.transport = asyncio.Transport()
        body = StreamReader(protocol, 2**16, loop=asyncio.get_running_loop())
        headers = {"Content-Type": "application/json", "Content-Length": "9"}
        request = make_mocked_request("POST", "/v1/plans", headers, payload=body)
        asyncio.get_running_loop().call_soon(body.set_exception, error())
        assert (await edge(request)).status == 400
        del protocol, body, request
    await asyncio.sleep(0)
    assert alive(StreamReader) == before
