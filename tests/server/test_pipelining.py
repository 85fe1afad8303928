"""Requests that come before the answers to others: they are answered in order, and few of them wait in memory."""

from __future__ import annotations

import asyncio
import tracemalloc

import pytest

from seatkeeper.http.server import server
from seatkeeper.http.server.routes import BODY_LIMIT
from seatkeeper.http.server.server import MAX_HEADERS
from tests.server.serving import GET, POST, command, serving
from tests.wire import until

FULL = b'{"word": "' + b"x" * (BODY_LIMIT - 12) + b'"}'
MUCH = 24 * 2**20  # of 64 MB; a buffer keeps the memory of what the kernel has taken from it
"""Bytes that a connection costs less than, whatever its client sends: 32 requests and their bodies, read ahead."""


async def test_10_000_requests_at_once_are_answered_in_order() -> None:
    async with serving() as running:
        client = await running.connect(b"".join(GET % b"%d" % number for number in range(10_000)))
        assert [(await client.receive()).body for _ in range(10_000)] == [b"%d" % number for number in range(10_000)]


async def test_commands_and_queries_are_answered_in_order() -> None:
    async with serving() as running:
        client = await running.connect(GET % b"hold" + command("two") + GET % b"three" + command("four"))
        await until(lambda: running.handlers.words == ["hold"])
        running.handlers.held.set()
        assert [(await client.receive()).body for _ in range(4)] == [b"hold", b'"two"', b"three", b'"four"']
        assert running.handlers.words == ["hold", "two", "three", "four"]


async def test_requests_that_wait_take_bounded_memory() -> None:
    async with serving() as running:
        client = await running.connect(GET % b"hold")
        await until(lambda: running.handlers.words == ["hold"])
        tracemalloc.start()
        sent = (POST % len(FULL) + FULL) * 1_000  # 64 MB
        before, _ = tracemalloc.get_traced_memory()
        client.write(sent)
        waits = client.writer.transport.get_write_buffer_size
        for _ in range(1_000):
            await asyncio.sleep(0)
        now, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert waits() > 32 * 2**20  # the server has stopped to read
        assert now - before - waits() < MUCH
        assert running.handlers.words == ["hold"]


async def test_large_requests_are_all_answered() -> None:
    async with serving() as running:
        client = await running.connect(GET % b"hold" + (POST % len(FULL) + FULL) * 100)
        await until(lambda: running.handlers.words == ["hold"])
        running.handlers.held.set()
        assert (await client.receive()).body == b"hold"
        assert {(await client.receive()).status for _ in range(100)} == {200}


async def test_a_body_of_more_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LINGERING", 0.05)
    async with serving() as running:
        client = await running.connect(POST % len(FULL) + FULL)
        assert (await client.receive()).status == 200
        assert (await client.write(POST % (BODY_LIMIT + 1) + FULL + b" ").receive()).slug == "content-too-large"
        await client.ended()


async def test_a_million_chunks_of_one_byte_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LINGERING", 0.05)
    async with serving() as running:
        head = POST.replace(b"Content-Length: %d", b"Transfer-Encoding: chunked")
        client = await running.connect(head + b"1\r\nx\r\n" * 1_000_000)
        assert (await client.receive()).slug == "content-too-large"
        await client.ended()


async def test_as_many_headers_as_are_allowed_are_taken() -> None:
    async with serving() as running:
        allowed = b"GET /words/many HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * (MAX_HEADERS - 1)
        client = await running.connect(allowed + b"\r\n")
        assert (await client.receive()).body == b"many"
        assert (await client.write(allowed + b"X: y\r\n\r\n").receive()).status == 400
        assert await client.ended() == b""
