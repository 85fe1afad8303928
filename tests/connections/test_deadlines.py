"""How long a connection may take: for headers, for bodies, and to take its answers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from seatkeeper.http import connection, connections
from tests.connections.wire import GET, HEADER_DEADLINE, POST, WRITE_DEADLINE, Wire, serving, until

HALF = b"GET /half HTTP/1.1\r\nHost: a\r\nX: "
LARGE = GET % b"large"


async def heard(wire: Wire, data: bytes) -> None:
    """Send this, and be sure that it was read: the two sides share the loop."""
    wire.say(data)
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.parametrize("before", [b"", GET % b"one"], ids=["the first request", "a later one"])
async def test_headers_that_are_late_get_a_408(before: bytes) -> None:
    async with serving() as server:
        wire = await server.connect(before)
        if before:
            await wire.answer()
        await until(lambda: len(server.house.open) == 1)
        await heard(wire, HALF)
        server.later(HEADER_DEADLINE - 5)
        await heard(wire, b"more")  # a drop now and then does not help
        server.later(HEADER_DEADLINE + 5)
        answer = await wire.answer()
        assert (answer.status, answer.problem, answer.headers["connection"]) == (408, "request-timeout", "close")
        assert await wire.ended() == b""
        assert server.house.slow_headers == 1


async def test_headers_that_come_in_pieces_but_in_time_are_fine() -> None:
    async with serving() as server:
        wire = await server.connect()
        await until(lambda: len(server.house.open) == 1)
        await heard(wire, HALF)
        await heard(wire, b"y\r\n\r\n")
        assert (await wire.answer()).body == b"/half"
        server.later(HEADER_DEADLINE + 5)
        assert (await wire.say(GET % b"again").answer()).status == 200
        assert server.house.slow_headers == 0


async def test_a_body_that_is_slow_is_left_to_the_handler() -> None:
    async with serving() as server:
        wire = await server.connect(POST)
        await until(lambda: server.heard == ["/read"])
        await heard(wire, b"12")
        await heard(wire, b"34")
        server.later(HEADER_DEADLINE + 5)
        await heard(wire, b"5")
        assert (await wire.answer()).body == b"/read"
        server.later(HEADER_DEADLINE + 5)
        await heard(wire, HALF)
        server.later(HEADER_DEADLINE + 5)
        assert (await wire.answer()).status == 408


async def test_a_request_under_way_is_answered_before_late_headers_behind_it_end_the_connection() -> None:
    async with serving() as server:
        wire = await server.connect(GET % b"hold")
        await until(lambda: server.heard == ["/hold"])
        await heard(wire, HALF)
        server.later(HEADER_DEADLINE + 5)
        server.held.set()
        assert (await wire.answer()).body == b"/hold"
        assert await wire.ended() == b""
        assert server.heard == ["/hold"]


async def test_a_connection_that_never_says_anything_is_closed_after_the_keep_alive_time() -> None:
    async with serving(keep_alive=0.05) as server:
        assert await (await server.connect()).ended() == b""


async def test_a_body_that_nobody_reads_does_not_keep_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LINGERING", 0.05)
    async with serving() as server:
        wire = await server.connect(b"POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\nx")
        assert (await wire.answer()).status == 413
        assert await wire.ended() == b""
        await until(lambda: not server.house.open)


async def test_a_client_that_does_not_read_is_cut() -> None:
    async with serving() as server:
        wire = await server.connect(LARGE)
        await until(lambda: any(one.writing_paused for one in server.house.open))
        server.later(WRITE_DEADLINE - 5)
        assert len(server.house.open) == 1
        server.later(WRITE_DEADLINE + 5)
        await until(lambda: not server.house.open)
        assert server.house.slow_readers == 1
        assert len(await wire.ended()) < 4_000_000


def in_the_kernel(port: int) -> int:
    """Count the bytes that the kernel has for the clients of this port, as /proc/net/tcp tells it."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return sum(int(line[4].partition(":")[0], 16) for line in lines if int(line[1].rpartition(":")[2], 16) == port)


async def test_of_a_client_that_was_cut_the_kernel_keeps_nothing() -> None:
    async with serving() as server:
        wire = await server.connect()
        wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
        wire.say(LARGE)
        await until(lambda: any(one.writing_paused for one in server.house.open))
        assert in_the_kernel(server.port) > 0
        server.later(WRITE_DEADLINE + 5)
        await until(lambda: not server.house.open)
        assert in_the_kernel(server.port) == 0


async def test_a_client_that_has_read_everything_is_not_cut() -> None:
    async with serving() as server:
        wire = await server.connect(LARGE)
        assert len((await wire.answer()).body) == 4_000_000
        server.later(WRITE_DEADLINE + 5)
        assert (await wire.say(GET % b"one").answer()).status == 200
        assert server.house.slow_readers == 0


async def test_a_closed_connection_whose_last_bytes_are_not_taken_is_cut() -> None:
    async with serving() as server:
        wire = await server.connect()
        wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await until(lambda: len(server.house.open) == 1)
        ((one, transport),) = server.house.open.items()
        while not transport.get_write_buffer_size():  # until the socket takes no more, and below the high-water mark
            transport.write(b"x" * 1000)
        one.force_close()
        server.later(0)
        server.later(WRITE_DEADLINE - 5)
        assert len(server.house.open) == 1
        server.later(WRITE_DEADLINE + 5)
        await until(lambda: not server.house.open)
        assert server.house.slow_readers == 1


async def test_a_client_that_asks_without_reading_is_stopped_and_then_cut() -> None:
    async with serving() as server:
        wire = await server.connect(LARGE * 1000)
        await until(lambda: any(one.writing_paused for one in server.house.open))
        assert len(server.heard) < 10
        server.later(WRITE_DEADLINE + 5)
        await wire.ended()
        assert len(server.heard) < 10


async def test_at_the_end_who_is_being_answered_gets_the_answer() -> None:
    async with serving() as server:
        wire = await server.connect(GET % b"hold")
        await until(lambda: server.heard == ["/hold"])
        ending = asyncio.create_task(server.house.shutdown(10))
        server.held.set()
        assert (await wire.answer()).body == b"/hold"
        await ending
        assert not server.house.open


async def test_at_the_end_nobody_waits_for_who_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "FLUSHING", 0.05)
    async with serving() as server:
        await server.connect(LARGE)
        await until(lambda: any(one.writing_paused for one in server.house.open))
        await server.house.shutdown(0.05)
        await until(lambda: not server.house.open)
