"""A client that has said all, and shuts its side down, still gets its answers; then the connection ends."""

from __future__ import annotations

import asyncio

import pytest

from tests.connections.wire import GET, POST, Wire, serving, until

HELD = {"a query": GET % b"hold", "a command": b"POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"}
CHUNKED = b"POST /%s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


def said_all(wire: Wire) -> None:
    """Shut down the sending side."""
    wire.writer.write_eof()


@pytest.mark.parametrize("data", HELD.values(), ids=HELD)
async def test_who_shuts_down_after_the_request_gets_the_answer_and_the_end(data: bytes) -> None:
    async with serving() as server:
        wire = await server.connect(data)
        said_all(wire)
        await until(lambda: any(one.has_said_all for one in server.house.open))
        server.held.set()
        answer = await wire.answer()
        assert (answer.body, answer.headers["connection"]) == (b"/hold", "close")
        assert await wire.ended() == b""
        await until(lambda: not server.house.open)


async def test_all_that_was_asked_before_is_answered() -> None:
    async with serving() as server:
        wire = await server.connect(HELD["a command"] + GET % b"two" + POST + b"12345" + GET % b"four")
        said_all(wire)
        await until(lambda: any(one.has_said_all for one in server.house.open))
        server.held.set()
        assert [(await wire.answer()).body for _ in range(4)] == [b"/hold", b"/two", b"/read", b"/four"]
        assert await wire.ended() == b""


@pytest.mark.parametrize("data", [b"", GET % b"one", b"GET /half HTTP/1.1\r\n"], ids=["nothing", "one", "a half"])
async def test_who_waits_for_no_answer_is_closed_at_once(data: bytes) -> None:
    async with serving() as server:
        wire = await server.connect(data)
        if data == GET % b"one":
            await wire.answer()
        await until(lambda: len(server.house.open) == 1)
        said_all(wire)
        assert await wire.ended() == b""
        await until(lambda: not server.house.open)


@pytest.mark.parametrize("data", [POST + b"12", CHUNKED % b"read" + b"2\r\n12\r\n"], ids=["length", "chunks"])
async def test_a_body_that_stays_incomplete_gets_a_400(data: bytes) -> None:
    async with serving() as server:
        wire = await server.connect(data)
        await until(lambda: server.heard == ["/read"])
        said_all(wire)
        assert (await wire.answer()).status == 400
        assert await wire.ended() == b""


async def test_a_body_that_stays_incomplete_while_it_waits_its_turn_gets_a_400() -> None:
    async with serving() as server:
        wire = await server.connect(GET % b"hold" + POST + b"12")
        said_all(wire)
        await until(lambda: any(one.has_said_all for one in server.house.open))
        server.held.set()
        assert [(await wire.answer()).status for _ in range(2)] == [200, 400]
        assert await wire.ended() == b""


async def test_who_shuts_down_while_the_answer_is_on_its_way_gets_all_of_it() -> None:
    async with serving() as server:
        wire = await server.connect(GET % b"large")
        await until(lambda: any(one.writing_paused for one in server.house.open))
        said_all(wire)
        await until(lambda: any(one.has_said_all for one in server.house.open))
        assert all(transport.is_closing() for transport in server.house.open.values())  # it needs nothing more from us
        assert len((await wire.answer()).body) == 4_000_000
        assert await wire.ended() == b""


@pytest.mark.parametrize("rest", [b"zz\r\n", b""], ids=["malformed", "the end"])
async def test_a_body_that_breaks_off_after_its_answer_is_no_failure(
    rest: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as server:
        wire = await server.connect(CHUNKED % b"one" + b"1\r\nx\r\n")
        assert (await wire.answer()).body == b"/one"
        wire.say(rest)
        if not rest:
            said_all(wire)
        await wire.ended()
        await until(lambda: not server.house.open)
    assert [record.message for record in caplog.records if record.message == "Unhandled exception"] == []


async def test_who_leaves_for_good_during_a_query_leaves_nothing_behind() -> None:
    async with serving() as server:
        before = asyncio.all_tasks()
        wire = await server.connect(GET % b"hold")
        await until(lambda: server.heard == ["/hold"])
        wire.writer.close()
        await until(lambda: any(one.has_said_all for one in server.house.open))
        server.held.set()
        await until(lambda: not server.house.open and asyncio.all_tasks() == before)
