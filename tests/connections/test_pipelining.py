"""How far ahead a connection is read, and how much of a body is."""

from __future__ import annotations

import pytest
from aiohttp.web_protocol import MAX_MSG_QUEUE_SIZE

from seatkeeper.http import connection
from seatkeeper.http.connection import AHEAD, HEADERS
from tests.connections.wire import BODY_LIMIT, GET, serving, until

READ = 256 * 1024
"""Bytes that asyncio reads at once."""


def posted(size: int) -> bytes:
    """Make a request with a body of this size, which the handler reads."""
    return b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size


async def test_10_000_requests_at_once_are_answered_in_order_and_parsed_a_few_ahead() -> None:
    async with serving() as server:
        wire = await server.connect(b"".join(GET % b"%d" % number for number in range(10_000)))
        bodies, waiting = [], 0
        for _ in range(10_000):
            bodies.append((await wire.answer()).body)
            waiting = max(waiting, *(len(one._messages) for one in server.house.open))
        assert bodies == [b"/%d" % number for number in range(10_000)]
        assert waiting <= MAX_MSG_QUEUE_SIZE <= 100


async def test_large_requests_are_read_a_few_ahead_and_all_are_answered() -> None:
    async with serving() as server:
        wire = await server.connect(GET % b"hold" + posted(BODY_LIMIT) * 100)
        await until(lambda: any(one._buffer_paused for one in server.house.open))
        ((one, _),) = server.house.open.items()
        assert AHEAD < one._waiting() <= AHEAD + READ
        server.held.set()
        assert (await wire.answer()).body == b"/hold"
        for _ in range(100):
            assert (await wire.answer()).body == b"/read"
            assert one._waiting() <= AHEAD + READ


async def test_a_large_request_that_waits_for_its_rest_goes_on() -> None:
    async with serving() as server:
        body = posted(BODY_LIMIT)
        wire = await server.connect(GET % b"hold" + body * 4 + body[:1000])
        await until(lambda: server.heard == ["/hold"])
        server.held.set()
        for _ in range(5):
            await wire.answer()
        assert (await wire.say(body[1000:]).answer()).body == b"/read"


async def test_a_body_of_more_than_the_limit_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LINGERING", 0.05)
    async with serving() as server:
        wire = await server.connect(posted(BODY_LIMIT))
        assert (await wire.answer()).status == 200
        assert (await wire.say(posted(BODY_LIMIT * 100)).answer()).status == 413
        await wire.ended()


async def test_a_million_chunks_of_one_byte_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LINGERING", 0.05)
    async with serving() as server:
        head = b"POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        wire = await server.connect(head + b"1\r\nx\r\n" * 1_000_000)
        assert (await wire.answer()).status == 413
        await wire.ended()


async def test_as_many_headers_as_are_allowed_are_taken() -> None:
    async with serving() as server:
        allowed = b"GET /many HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * (HEADERS - 1)
        wire = await server.connect(allowed + b"\r\n")
        assert (await wire.answer()).body == b"/many"
        assert (await wire.say(allowed + b"X: y\r\n\r\n").answer()).status == 400


async def test_large_headers_are_parsed_a_few_ahead() -> None:
    async with serving() as server:
        request = b"GET /many HTTP/1.1\r\nHost: a\r\n" + (b"X: " + b"y" * 8000 + b"\r\n") * (HEADERS - 1) + b"\r\n"
        wire = await server.connect(GET % b"hold" + request * 20)
        await until(lambda: any(one._buffer_paused for one in server.house.open))
        ((one, _),) = server.house.open.items()
        assert AHEAD < one._waiting() <= AHEAD + len(request) + READ
        server.held.set()
        for _ in range(21):
            assert (await wire.answer()).status == 200
