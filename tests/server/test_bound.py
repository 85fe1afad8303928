"""How many connections there may be, and which ones are closed to make room."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator

import pytest

from seatkeeper.http.server.connections import FILES, REFUSED, affordable
from tests.server.serving import GET, LIMITS, serving
from tests.wire import until


@pytest.fixture
def _limit_restored() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_a_connection_beyond_the_bound_gets_a_503_and_the_end() -> None:
    async with serving(LIMITS._replace(connections=2)) as running:
        inside = [await running.connect() for _ in range(2)]
        await until(lambda: len(running.connections) == 2)
        refused = await running.connect(GET % b"one")
        answer = await refused.receive()
        assert (answer.status, answer.slug) == (503, "overloaded")
        assert (answer.headers["retry-after"], answer.headers["connection"]) == ("1", "close")
        assert await refused.ended() == b""
        assert [(await client.write(GET % b"in").receive()).status for client in inside] == [200, 200]
        assert (len(running.connections), running.connections.refused, running.handlers.words) == (2, 1, ["in", "in"])


async def test_a_connection_that_was_closed_makes_room() -> None:
    async with serving(LIMITS._replace(connections=1)) as running:
        first = await running.connect(GET % b"one")
        await first.receive()
        await first.close()
        await until(lambda: len(running.connections) == 0)
        assert (await (await running.connect(GET % b"two")).receive()).body == b"two"


async def test_a_refused_connection_that_stays_is_cut() -> None:
    async with serving(LIMITS._replace(connections=0)) as running:
        silent = await running.connect()
        await until(lambda: running.connections.refused == 1)
        running.later(1.5)
        assert (await silent.ended()).startswith(b"HTTP/1.1 503 ")


async def test_only_so_many_refused_connections_are_open_at_a_time() -> None:
    async with serving(LIMITS._replace(connections=0)) as running:
        clients = [await running.connect() for _ in range(REFUSED + 5)]
        await until(lambda: running.connections.refused == REFUSED + 5)
        for client in clients[:5]:
            await client.ended()
        assert (await clients[5].write(GET % b"one").receive()).status == 503


async def test_the_longest_idle_connection_makes_room() -> None:
    async with serving(LIMITS._replace(connections=3)) as running:
        silent, idle, busy = await running.connect(), await running.connect(), await running.connect(GET % b"hold")
        await until(lambda: len(running.connections) == 3 and "hold" in running.handlers.words)
        await idle.write(GET % b"one").receive()
        await (await running.connect(GET % b"refused")).receive()
        running.later(2)
        assert await silent.ended() == b""
        await until(lambda: len(running.connections) == 2)
        assert (await (await running.connect(GET % b"room")).receive()).status == 200
        assert (await idle.write(GET % b"two").receive()).status == 200
        running.handlers.held.set()
        assert (await busy.receive()).status == 200
        assert running.connections.let_go == 1


async def test_of_many_idle_ones_a_tenth_makes_room_at_a_time() -> None:
    async with serving(LIMITS._replace(connections=20)) as running:
        for _ in range(20):
            await running.connect()
        await until(lambda: len(running.connections) == 20)
        for _ in range(20):
            await running.connect()
        await until(lambda: running.connections.refused == 20)
        running.later(2)
        await until(lambda: len(running.connections) == 17)


async def test_no_connection_is_closed_while_there_is_room() -> None:
    async with serving(LIMITS._replace(connections=2)) as running:
        client = await running.connect()
        await until(lambda: len(running.connections) == 1)
        running.later(60)
        assert (await client.write(GET % b"one").receive()).status == 200


async def test_a_connection_that_was_active_a_moment_ago_is_spared() -> None:
    async with serving(LIMITS._replace(connections=1)) as running:
        client = await running.connect(GET % b"one")
        await client.receive()
        await (await running.connect(GET % b"refused")).receive()
        running.later(0.5)
        assert (await client.write(GET % b"two").receive()).status == 200


async def test_after_a_flood_everything_is_as_before() -> None:
    async with serving(LIMITS._replace(connections=50)) as running:
        before = len(asyncio.all_tasks())
        clients = [await running.connect() for _ in range(200)]
        await until(lambda: len(running.connections) + running.connections.refused >= 200)
        # What is accepted in one turn of the loop is counted in the next, and a listener accepts no more than this.
        assert 50 <= len(running.connections) <= 50 + 100
        for client in clients:
            client.writer.transport.abort()
        await until(lambda: len(running.connections) == 0)
        assert (await (await running.connect(GET % b"one")).receive()).status == 200
        running.clients[-1].writer.transport.abort()
        await until(lambda: len(asyncio.all_tasks()) <= before)


@pytest.mark.usefixtures("_limit_restored")
def test_the_limit_of_open_files_is_raised_as_far_as_is_needed() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (150, hard))
    assert affordable(100) == 100
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (100 + FILES + REFUSED, hard)


def test_fewer_connections_are_taken_where_the_limit_cannot_be_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (256, 256))
    monkeypatch.setattr(resource, "setrlimit", lambda _kind, _limits: None)
    assert affordable(5_000) == 256 - FILES - REFUSED
    assert affordable(10) == 10
