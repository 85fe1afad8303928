"""How the server stops: what is under way is answered, within a time, and every connection is closed."""

from __future__ import annotations

import asyncio

import pytest

from seatkeeper.http.server import server
from tests.server.serving import GET, LIMITS, Running, command, serving
from tests.wire import Connection, until


async def stopping(running: Running) -> asyncio.Task[None]:
    """Begin to stop, and come back once no new connection is taken."""
    task = asyncio.create_task(running.server.stop())
    await until(lambda: running.connections.draining)
    return task


@pytest.mark.parametrize("asks", [GET % b"hold", command("hold")], ids=["query", "command"])
async def test_a_request_under_way_is_answered_and_its_connection_closed(asks: bytes) -> None:
    async with serving() as running:
        client = await running.connect(asks)
        await until(lambda: running.handlers.words == ["hold"])
        task = await stopping(running)
        running.release()
        answer = await client.receive()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert await client.ended() == b""
        await task
        assert len(running.connections) == 0


async def test_a_request_under_way_after_the_drain_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "DRAIN", 0.01)
    async with serving() as running:
        client = await running.connect(command("hold"))
        idle = await running.connect(GET % b"one")
        await idle.receive()
        await until(lambda: "hold" in running.handlers.words)
        task = await stopping(running)
        assert await idle.ended() == b""  # the drain is over
        running.release()
        assert (await client.receive()).status == 200
        assert await client.ended() == b""
        await task


async def test_what_waits_beyond_the_deadline_has_an_unknown_outcome() -> None:
    async with serving(LIMITS._replace(stop_deadline=0.01)) as running:
        client = await running.connect(command("hold"))
        await until(lambda: running.handlers.words == ["hold"])
        task = await stopping(running)
        assert (await client.receive()).slug == "outcome-unknown"
        await task


async def test_an_idle_connection_is_closed() -> None:
    async with serving() as running:
        client = await running.connect(GET % b"one")
        await client.receive()
        silent = await running.connect()
        await until(lambda: len(running.connections) == 2)
        await running.server.stop()
        assert await client.ended() == b""
        assert await silent.ended() == b""


async def test_no_connection_is_taken_any_more() -> None:
    async with serving() as running:
        await running.server.stop()
        with pytest.raises(ConnectionRefusedError):
            await Connection.open(running.port)


async def test_a_query_that_never_ends_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "GRACE", 0.1)
    async with serving(LIMITS._replace(stop_deadline=0.1)) as running:
        client = await running.connect(GET % b"hold")
        await until(lambda: running.handlers.words == ["hold"])
        await running.server.stop()
        assert await client.ended() == b""
        assert len(running.connections) == 0


async def test_nothing_is_left_behind() -> None:
    before = asyncio.all_tasks()
    async with serving() as running:
        clients = [await running.connect(GET % b"one") for _ in range(5)]
        for client in clients:
            await client.receive()
    await until(lambda: asyncio.all_tasks() <= before)
