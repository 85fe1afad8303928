"""A command that is all there is run without a task; what its connection promises is what aiohttp promises."""

from __future__ import annotations

import asyncio
import gc
from typing import cast

import pytest

from seatkeeper.actors.futures import LoopFuture
from seatkeeper.http.connection import Connection
from seatkeeper.http.errands import Errand
from tests.connections.wire import GET, Server, serving, until

HOLD = b"POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
COMMAND = b"POST /%s HTTP/1.%d\r\nHost: a\r\n%sContent-Length: 2\r\n\r\n{}"


async def held(server: Server, count: int = 1) -> Connection:
    """Wait until the handler holds a command; return its connection."""
    await until(lambda: server.heard.count("/hold") == count)
    return next(iter(server.house.open))


async def test_a_command_runs_in_no_task_of_its_own() -> None:
    async with serving() as server:
        wire = await server.connect()
        await until(lambda: len(server.house.open) == 1)
        before = len(asyncio.all_tasks())
        wire.say(HOLD)
        await held(server)
        assert len(asyncio.all_tasks()) == before
        server.held.set()
        assert (await wire.answer()).body == b"/hold"


async def test_a_command_may_let_others_go_first() -> None:
    async with serving() as server:
        wire = await server.connect(COMMAND % (b"turn", 1, b""))
        assert (await wire.answer()).body == b"/turn"


async def test_an_errand_that_is_cut_off_does_not_cut_off_who_settled_what_it_waited_for() -> None:
    reply: LoopFuture[None] = LoopFuture()

    async def cut_off() -> str:
        await reply.without_a_task()
        raise asyncio.CancelledError

    answers: list[str | None] = []
    Errand(cut_off(), answers.append).step()
    reply.set(None)
    assert answers == [None]


async def test_what_comes_while_a_command_runs_waits_its_turn() -> None:
    async with serving() as server:
        wire = await server.connect(HOLD)
        await held(server)
        wire.say(COMMAND % (b"second", 1, b"")).say(GET % b"third").say(COMMAND % (b"fourth", 1, b""))
        server.held.set()
        assert [(await wire.answer()).body for _ in range(4)] == [b"/hold", b"/second", b"/third", b"/fourth"]
        assert server.heard == ["/hold", "/second", "/third", "/fourth"]


async def test_a_connection_goes_on_after_a_command() -> None:
    async with serving() as server:
        wire = await server.connect()
        for _ in range(3):
            assert (await wire.say(COMMAND % (b"one", 1, b"")).answer()).status == 200
            assert (await wire.say(GET % b"two").answer()).status == 200


async def test_a_connection_is_not_idle_while_a_command_runs_and_is_afterwards() -> None:
    async with serving() as server:
        wire = await server.connect(HOLD)
        connection = await held(server)
        assert connection.idle_since() == float("inf")
        server.held.set()
        await wire.answer()
        assert connection.idle_since() <= server.house.loop.time()


@pytest.mark.parametrize(
    ("minor", "header", "stays"), [(1, b"", True), (1, b"Connection: close\r\n", False), (0, b"", False)]
)
async def test_a_connection_ends_with_the_answer_if_the_client_wants_it(
    minor: int, header: bytes, *, stays: bool
) -> None:
    async with serving() as server:
        wire = await server.connect(COMMAND % (b"one", minor, header))
        answer = await wire.answer()
        assert answer.headers.get("connection") == ("close" if minor == 1 and not stays else None)
        if not stays:
            assert await wire.ended() == b""
        else:
            assert (await wire.say(GET % b"two").answer()).status == 200


async def test_a_client_of_http_1_0_that_wants_to_go_on_is_told_that_it_may() -> None:
    async with serving() as server:
        wire = await server.connect(COMMAND % (b"one", 0, b"Connection: keep-alive\r\n"))
        assert (await wire.answer()).headers["connection"] == "keep-alive"
        assert (await wire.say(GET % b"two").answer()).status == 200


async def test_a_client_that_leaves_during_its_command_leaves_nothing_behind() -> None:
    async with serving() as server:
        before = asyncio.all_tasks()
        wire = await server.connect(HOLD)
        await held(server)
        wire.reset()
        await until(lambda: not server.house.open)
        await until(lambda: asyncio.all_tasks() == before)
        server.held.set()
        await until(lambda: not [one for one in gc.get_objects() if isinstance(one, Errand)])


async def test_a_stop_waits_for_a_command_and_answers_it() -> None:
    async with serving() as server:
        wire = await server.connect(HOLD)
        await held(server)
        stopping = asyncio.ensure_future(server.house.shutdown(10.0))
        await asyncio.sleep(0)
        server.held.set()
        assert (await wire.answer()).body == b"/hold"
        assert await wire.ended() == b""
        await stopping


async def test_a_stop_that_is_out_of_patience_closes() -> None:
    async with serving() as server:
        wire = await server.connect(HOLD)
        await held(server)
        await server.house.shutdown(0.01)
        assert await wire.ended() == b""


async def test_a_command_whose_client_does_not_read_is_left_to_the_way_that_waits() -> None:
    async with serving() as server:
        wire = await server.connect()
        cast("asyncio.Transport", wire.writer.transport).pause_reading()
        wire.say(COMMAND % (b"large", 1, b""))
        await until(lambda: any(connection.writing_paused for connection in server.house.open))
        wire.say(COMMAND % (b"next", 1, b""))
        (connection,) = server.house.open
        assert connection.writing_paused
        await until(lambda: "/next" in server.heard)
        server.later(1_000.0)
        await until(lambda: not server.house.open)
        assert server.house.slow_readers == 1


async def test_a_command_that_fails_unforeseen_gets_a_problem_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with serving() as server:
        wire = await server.connect()
        await until(lambda: len(server.house.open) == 1)
        wire.say(COMMAND % (b"raise", 1, b""))
        assert (await wire.answer()).problem == "internal-error"
        assert await wire.ended() == b""
    (record,) = [record for record in caplog.records if record.name == "seatkeeper.http.errands"]
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError
