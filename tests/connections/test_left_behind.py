"""What a connection that breaks leaves behind in the process: nothing, for the old are hardly ever looked over."""

from __future__ import annotations

import pytest
from aiohttp import StreamReader

from seatkeeper.http.connection import Connection
from tests.collector import alive
from tests.connections.wire import GET, POST, serving, until

CONNECTIONS = 5
MALFORMED = b"GET / HTTP/1.1\r\nno header\r\n\r\n"


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("said", [b"", b"GET /", POST[:-2]], ids=["nothing", "half a line", "half of the headers"])
async def test_a_client_that_leaves_before_its_request_leaves_nothing_for_the_collector(said: bytes) -> None:
    async with serving() as server:
        before = alive(Connection, StreamReader)
        for _ in range(CONNECTIONS):
            wire = await server.connect(said)
            await until(lambda: len(server.house.open) == 1)
            wire.reset()
            await until(lambda: not server.house.open)
        server.wires.clear()
        await until(lambda: alive(Connection, StreamReader) <= before)


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize(
    "behind", [(POST + b"abcde") * 30, POST + b"abc", MALFORMED], ids=["many requests", "half a body", "malformed"]
)
async def test_a_client_that_leaves_with_requests_waiting_leaves_nothing_for_the_collector(behind: bytes) -> None:
    async with serving() as server:
        before = alive(Connection, StreamReader)
        for number in range(1, CONNECTIONS + 1):
            wire = await server.connect(GET % b"hold")
            await until(lambda number=number: len(server.heard) == number)  # type: ignore[misc]
            wire.say(behind)
            await until(lambda: any(one._messages for one in server.house.open))
            wire.reset()
            await until(lambda: not server.house.open)
        server.held.set()
        server.wires.clear()
        await until(lambda: alive(Connection, StreamReader) <= before)


@pytest.mark.usefixtures("no_collector")
async def test_what_is_malformed_leaves_nothing_for_the_collector() -> None:
    async with serving() as server:
        before = alive(Connection, StreamReader)
        for _ in range(CONNECTIONS):
            wire = await server.connect(MALFORMED)
            assert (await wire.answer()).status == 400
            await wire.ended()
            wire.writer.transport.abort()
        server.wires.clear()
        await until(lambda: not server.house.open and alive(Connection, StreamReader) <= before)
