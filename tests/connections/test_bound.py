"""How many connections there may be, and who makes room."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator

import pytest

from seatkeeper.http import connections
from seatkeeper.http.connections import TURNED_AWAY, affordable
from tests.connections.wire import GET, serving, until

RESERVE = connections.FILES + connections.TURNED_AWAY + 4 * connections.ACCEPTS


@pytest.fixture
def _limit_restored() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_a_connection_beyond_the_bound_is_told_to_come_back() -> None:
    async with serving(bound=2) as server:
        inside = [await server.connect() for _ in range(2)]
        await until(lambda: len(server.house.open) == 2)
        refused = await server.connect(GET % b"one")
        answer = await refused.answer()
        assert (answer.status, answer.problem) == (503, "overloaded")
        assert (answer.headers["retry-after"], answer.headers["connection"]) == ("1", "close")
        assert await refused.ended() == b""
        assert [(await wire.say(GET % b"in").answer()).status for wire in inside] == [200, 200]
        assert (len(server.house.open), server.house.refused, server.heard) == (2, 1, ["/in", "/in"])


async def test_a_connection_that_was_closed_makes_room() -> None:
    async with serving(bound=1) as server:
        first = await server.connect(GET % b"one")
        await first.answer()
        first.writer.close()
        await until(lambda: not server.house.open)
        assert (await (await server.connect(GET % b"two")).answer()).body == b"/two"


async def test_who_is_turned_away_and_says_nothing_is_cut() -> None:
    async with serving(bound=0) as server:
        silent = await server.connect()
        await until(lambda: len(server.house.turned_away) == 1)
        server.later(0.5)
        assert len(server.house.turned_away) == 1
        server.later(1.5)
        await silent.ended()
        await until(lambda: not server.house.turned_away)


async def test_only_so_many_are_told_why_at_a_time() -> None:
    async with serving(bound=0) as server:
        wires = [await server.connect() for _ in range(TURNED_AWAY + 5)]
        await until(lambda: server.house.refused == TURNED_AWAY + 5)
        assert len(server.house.turned_away) == TURNED_AWAY
        for wire in wires[:5]:
            await wire.ended()
        assert (await wires[5].say(GET % b"one").answer()).status == 503


async def test_the_longest_idle_one_makes_room_for_who_was_turned_away() -> None:
    async with serving(bound=3) as server:
        silent, idle, busy = await server.connect(), await server.connect(), await server.connect(GET % b"hold")
        await until(lambda: len(server.house.open) == 3)
        await idle.say(GET % b"one").answer()
        await (await server.connect(GET % b"refused")).answer()
        server.later(2)
        await silent.ended()
        assert (await (await server.connect(GET % b"room")).answer()).status == 200
        assert (await idle.say(GET % b"two").answer()).status == 200
        server.held.set()
        assert (await busy.answer()).status == 200
        assert server.house.let_go == 1


async def test_of_many_idle_ones_a_tenth_makes_room_at_a_time() -> None:
    async with serving(bound=20) as server:
        for _ in range(40):
            await server.connect()
        await until(lambda: server.house.refused == 20)
        server.later(2)
        await until(lambda: len(server.house.open) == 17)


async def test_nobody_is_closed_while_there_is_room() -> None:
    async with serving(bound=2) as server:
        wire = await server.connect()
        await until(lambda: len(server.house.open) == 1)
        server.later(60)
        assert (await wire.say(GET % b"one").answer()).status == 200


async def test_who_was_active_a_moment_ago_is_spared() -> None:
    async with serving(bound=1) as server:
        wire = await server.connect(GET % b"one")
        await wire.answer()
        await (await server.connect(GET % b"refused")).answer()
        server.later(0.5)
        assert (await wire.say(GET % b"two").answer()).status == 200


async def test_after_a_flood_everything_is_as_before() -> None:
    async with serving(bound=50) as server:
        wires = [await server.connect() for _ in range(200)]
        await until(lambda: server.house.refused == 150)
        assert len(server.house.open) == 50
        for wire in wires:
            wire.writer.transport.abort()
        await until(lambda: not server.house.open and not server.house.turned_away)
        assert (await (await server.connect(GET % b"one")).answer()).status == 200
        assert len(asyncio.all_tasks()) < 5


async def test_the_sweep_runs_by_itself() -> None:
    async with serving(interval=0.01) as server:
        server.house.start()
        wire = await server.connect(b"GET / HT")
        await until(lambda: len(server.house.open) == 1)
        ((connection, _),) = server.house.open.items()
        connection.headers_since = 0
        assert (await wire.answer()).status == 408


@pytest.mark.usefixtures("_limit_restored")
def test_the_limit_of_open_files_is_raised_as_far_as_is_needed() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    assert affordable(100) == 100
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (100 + RESERVE, hard)


def test_fewer_connections_are_taken_where_the_limit_cannot_be_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (256, 256))
    monkeypatch.setattr(resource, "setrlimit", lambda _kind, _limits: None)
    assert affordable(5_000) == 256 - RESERVE
    assert affordable(10) == 10
