"""How long a connection may take: for its first request, a body, the next request, and to take its answers.

The kernel cuts a client off that does not take its answers (TCP_USER_TIMEOUT).
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from seatkeeper.http.server import connections, server
from tests.server.serving import GET, LARGE, LIMITS, POST, Running, serving
from tests.wire import Connection, until

HALF = b"GET /words/half HTTP/1.1\r\nHost: a\r\nX: "
DEADLINE = 100.0
"""Seconds for the first request, in the tests that only pretend that they pass."""
SMALL = 4_096
"""Bytes of a client's receive buffer: its window closes at once."""

KERNEL_DEADLINE = 60.0
"""Seconds in which the kernel notices, whatever the machine does meanwhile."""


async def read_by_server(client: Connection, data: bytes) -> None:
    """Send this, and be sure that it was read: the two sides share the loop."""
    client.write(data)
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.parametrize("data", [b"", HALF], ids=["nothing", "half a request"])
async def test_a_first_request_that_is_late_gets_a_408_and_the_end(data: bytes) -> None:
    async with serving(LIMITS._replace(header_deadline=DEADLINE)) as running:
        client = await running.connect()
        await until(lambda: len(running.connections) == 1)
        await read_by_server(client, data)
        running.later(DEADLINE - 5)
        await read_by_server(client, b"G")  # a byte now and then does not help
        running.later(DEADLINE + 5)
        answer = await client.receive()
        assert (answer.status, answer.slug, answer.headers["connection"]) == (408, "request-timeout", "close")
        assert await client.ended() == b""
        assert running.connections.slow_headers == 1
        assert running.handlers.words == []


async def test_a_request_that_comes_in_pieces_but_in_time_is_answered() -> None:
    async with serving(LIMITS._replace(header_deadline=DEADLINE)) as running:
        client = await running.connect()
        await until(lambda: len(running.connections) == 1)
        await read_by_server(client, HALF)
        await read_by_server(client, b"y\r\n\r\n")
        assert (await client.receive()).body == b"half"
        running.later(DEADLINE + 5)
        assert (await client.write(GET % b"again").receive()).status == 200
        assert running.connections.slow_headers == 0


async def test_a_request_under_way_has_no_header_deadline() -> None:
    async with serving(LIMITS._replace(header_deadline=DEADLINE)) as running:
        client = await running.connect(GET % b"hold")
        await until(lambda: running.handlers.words == ["hold"])
        running.later(DEADLINE + 5)
        running.handlers.held.set()
        assert (await client.receive()).body == b"hold"


async def test_the_sweep_runs_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SWEEP_EVERY", 0.01)
    async with serving(LIMITS._replace(header_deadline=0.05)) as running:
        client = await running.connect(HALF)
        assert (await client.receive()).status == 408


@pytest.mark.parametrize("before", [b"", GET % b"one"], ids=["a new connection", "a used one"])
async def test_an_idle_connection_is_closed_after_the_keep_alive_time(
    before: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "KEEP_ALIVE", 0.05)
    async with serving() as running:
        client = await running.connect(before)
        if before:
            await client.receive()
        assert await client.ended() == b""


async def test_half_of_a_later_request_does_not_outlast_the_keep_alive_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "KEEP_ALIVE", 0.05)
    async with serving() as running:
        client = await running.connect(GET % b"one")
        assert (await client.receive()).status == 200
        assert await client.write(HALF).ended() == b""


@pytest.mark.parametrize("length", [b"Content-Length: 50", b"Transfer-Encoding: chunked"])
async def test_a_body_that_is_late_gets_a_408_and_the_end(length: bytes) -> None:
    async with serving(LIMITS._replace(body_deadline=0.05)) as running:
        client = await running.connect(POST.replace(b"Content-Length: %d", length) + b"1\r\n{")
        answer = await client.receive()
        assert (answer.status, answer.slug, answer.headers["connection"]) == (408, "request-timeout", "close")
        assert await client.ended() == b""
        assert running.handlers.words == []


async def test_a_body_that_comes_in_pieces_but_in_time_is_read() -> None:
    async with serving() as running:
        client = await running.connect(POST % 15)
        for piece in (b'{"word"', b":", b' "two"}'):
            await read_by_server(client, piece)
        assert (await client.receive()).body == b'"two"'


async def test_a_body_that_is_not_read_does_not_hold_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LINGERING", 0.05)
    async with serving() as running:
        client = await running.connect(POST % 9_999_999 + b"x")
        assert (await client.receive()).slug == "content-too-large"
        assert await client.ended() == b""
        await until(lambda: len(running.connections) == 0)


async def reads_nothing(running: Running, data: bytes) -> Connection:
    """Connect a client whose window stays closed, and let it ask."""
    client = await running.connect(receive_buffer=SMALL)
    client.stop_reading()
    await until(lambda: len(running.connections) == 1)
    return client.write(data)


def waits_in_the_kernel(port: int) -> int:
    """Count the bytes that the kernel holds for the clients of this port (/proc/net/tcp)."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return sum(int(line[4].partition(":")[0], 16) for line in lines if int(line[1].rpartition(":")[2], 16) == port)


async def test_a_client_that_does_not_read_is_cut_off() -> None:
    async with serving(LIMITS._replace(write_deadline=1.0)) as running:
        await reads_nothing(running, GET % b"large")
        await until(lambda: running.handlers.words == ["large"])
        await until(lambda: len(running.connections) == 0, KERNEL_DEADLINE)
        await until(lambda: waits_in_the_kernel(running.port) == 0, KERNEL_DEADLINE)


async def test_a_client_that_asks_without_reading_is_not_answered_on() -> None:
    async with serving(LIMITS._replace(write_deadline=1.0)) as running:
        await reads_nothing(running, GET % b"large" * 100)
        await until(lambda: len(running.connections) == 0, KERNEL_DEADLINE)
        assert len(running.handlers.words) < 10


async def test_a_client_that_reads_late_but_in_time_gets_everything() -> None:
    async with serving() as running:
        client = await reads_nothing(running, GET % b"large")
        await until(lambda: waits_in_the_kernel(running.port) > 0)
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert len((await client.receive()).body) == LARGE
        assert (await client.write(GET % b"one").receive()).status == 200


async def test_at_the_stop_nobody_waits_for_a_client_that_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "GRACE", 0.1)
    async with serving(LIMITS._replace(stop_deadline=0.1)) as running:
        await reads_nothing(running, GET % b"large")
        await until(lambda: running.handlers.words == ["large"])
        await running.server.stop()
        await until(lambda: len(running.connections) == 0)
