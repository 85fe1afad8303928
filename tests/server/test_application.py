"""The application is an ordinary aiohttp application: aiohttp's own test client works on it, without a port of ours."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from seatkeeper.http.observability.logs import JsonFormatter
from seatkeeper.http.server import middleware
from tests.server.serving import LIMITS, Handlers, a_server
from tests.wire import until

Client = TestClient[web.Request, web.Application]


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.fixture
async def client(handlers: Handlers) -> AsyncIterator[Client]:
    """A client of the application, which takes one request at a time and logs it."""
    server = a_server(handlers, LIMITS._replace(in_flight=1), access_log=True)
    async with TestClient(TestServer(server.application)) as client:
        yield client
    handlers.held.set()


async def test_the_test_client_of_aiohttp_gets_answers(client: Client, handlers: Handlers) -> None:
    async with client.get("/words/one") as response:
        assert (response.status, await response.text(), response.headers["Server"]) == (200, "one", "seatkeeper")
    async with client.post("/words", json={"word": "two"}) as response:
        assert (response.status, await response.json(), response.headers["ETag"]) == (200, "two", '"2"')
    assert handlers.words == ["one", "two"]


async def test_what_answers_get_answers_head(client: Client) -> None:
    async with client.head("/words/one") as response:
        assert (response.status, await response.read(), response.headers["Content-Length"]) == (200, b"", "3")


@pytest.mark.parametrize(
    ("method", "path", "slug"),
    [
        ("GET", "/nothing", "not-found"),
        ("DELETE", "/words", "method-not-allowed"),
        ("GET", "/words/raise", "internal-error"),
    ],
)
async def test_every_error_becomes_a_problem(client: Client, method: str, path: str, slug: str) -> None:
    async with client.request(method, path, headers={"X-Request-Id": "mine"}) as response:
        problem = await response.json(content_type="application/problem+json")
    assert (problem["type"], problem["request_id"]) == (f"/problems/{slug}", "mine")
    assert response.headers["X-Request-Id"] == "mine"
    assert response.headers["Server"] == "seatkeeper"


async def test_the_answer_to_a_wrong_method_lists_the_right_ones(client: Client) -> None:
    async with client.put("/words/one") as response:
        assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


async def test_a_request_beyond_the_bound_is_refused_after_a_moment(
    client: Client, handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def no_sleep(seconds: float) -> None:
        slept.append(seconds)

    held = asyncio.create_task(client.get("/words/hold").__aenter__())
    await until(lambda: handlers.words == ["hold"])
    monkeypatch.setattr(middleware, "asyncio", SimpleNamespace(sleep=no_sleep))
    async with client.get("/words/one") as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "1")
    handlers.held.set()
    assert (await held).status == 200
    async with client.get("/words/one") as response:
        assert response.status == 200
    assert slept == [middleware.REFUSED_AFTER]


async def test_the_access_log_has_a_line_for_each_request(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "seatkeeper.http")
    async with client.get("/words/on%1be", headers={"X-Request-Id": "mine"}) as response:
        assert response.headers["X-Request-Id"] == "mine"
    async with client.get("/words/one") as response:
        made = response.headers["X-Request-Id"]
    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records if record.message == "request"]
    fields = [(line["request_id"], line["method"], line["path"], line["status"], line["remote"]) for line in lines]
    assert fields == [
        ("mine", "GET", "/words/on%1Be", 404, "127.0.0.1"),
        (made, "GET", "/words/one", 200, "127.0.0.1"),
    ]
    assert all(line["milliseconds"] >= 0 for line in lines)


async def test_without_the_access_log_a_request_leaves_no_line(
    handlers: Handlers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "seatkeeper.http")
    async with TestClient(TestServer(a_server(handlers).application)) as client, client.get("/words/one"):
        pass
    assert [record.message for record in caplog.records if record.name == "seatkeeper.http"] == []
