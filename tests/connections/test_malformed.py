"""What is no HTTP/1.1, or not one that is spoken here: a problem, and the connection ends."""

from __future__ import annotations

import pytest

from seatkeeper.http.problems import INCOMPLETE, Faulty
from tests.connections.wire import GET, HEADER_DEADLINE, POST, serving, until

HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n"
MALFORMED = {
    "a header without a colon": HEAD + b"Bad Header\r\n\r\n",
    "a header with NUL": HEAD + b"X: secret\x00\r\n\r\n",
    "a bare LF": b"GET / HTTP/1.1\nHost: a\n\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "a length and chunks": HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two hosts": HEAD + b"Host: b\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "200 headers": HEAD + b"X: y\r\n" * 200 + b"\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/0.9 by name": b"GET / HTTP/0.9\r\nConnection: keep-alive\r\n\r\n",
    "HTTP/2.0": b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "HTTP/2 at once": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "CONNECT": b"CONNECT secret:80 HTTP/1.1\r\nHost: secret\r\n\r\n",
    "CONNECT behind others": GET % b"one" + b"CONNECT secret:80 HTTP/1.1\r\nHost: secret\r\n\r\n",
    "an unknown method": b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}
TOO_LONG = {
    "an address": b"GET /" + b"secret" * 2000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "a value": HEAD + b"X: " + b"secret" * 2000 + b"\r\n\r\n",
    "a name": HEAD + b"secret" * 2000 + b": x\r\n\r\n",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
async def test_what_is_malformed_gets_a_problem_and_the_end(data: bytes) -> None:
    async with serving() as server:
        wire = await server.connect(data)
        answer = await wire.answer()
        if data.startswith(GET % b"one"):
            assert answer.body == b"/one"
            answer = await wire.answer()
        assert (answer.status, answer.problem) == (400, "malformed-request")
        assert b"secret" not in answer.body
        assert await wire.ended() == b""
        assert server.heard in ([], ["/one"])
        await until(lambda: not server.house.open)


@pytest.mark.parametrize("data", TOO_LONG.values(), ids=TOO_LONG)
async def test_what_is_too_long_gets_a_problem_and_the_end(data: bytes) -> None:
    async with serving() as server:
        wire = await server.connect(data)
        answer = await wire.answer()
        assert (answer.status, answer.problem) == (431, "headers-too-large")
        assert b"secret" not in answer.body
        assert await wire.ended() == b""


async def test_a_malformed_request_behind_a_good_one_ends_the_connection() -> None:
    async with serving() as server:
        wire = await server.connect(GET % b"one")
        assert (await wire.answer()).status == 200
        assert (await wire.say(b"nonsense\r\n\r\n").answer()).problem == "malformed-request"
        assert await wire.ended() == b""


async def test_http_1_0_is_spoken() -> None:
    async with serving() as server:
        wire = await server.connect(b"GET /old HTTP/1.0\r\n\r\n")
        assert (await wire.answer()).body == b"/old"
        assert await wire.ended() == b""


async def test_a_handler_that_raises_gets_a_problem_and_the_end() -> None:
    async with serving() as server:
        wire = await server.connect(GET % b"raise")
        answer = await wire.answer()
        assert (answer.status, answer.problem) == (500, "internal-error")
        assert b"ZeroDivision" not in answer.body
        assert await wire.ended() == b""


CHUNKED = b"POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"


async def test_a_chunk_that_is_malformed_ends_the_wait_for_the_body() -> None:
    async with serving() as server:
        wire = await server.connect(CHUNKED)
        await until(lambda: server.heard == ["/read"])
        assert (await wire.say(b"zz\r\n").answer()).status == 400
        assert await wire.ended() == b""


async def test_a_body_that_broke_before_its_turn_came_is_told_to_whoever_takes_it() -> None:
    async with serving() as server:
        wire = await server.connect(GET % b"hold" + CHUNKED)
        await until(lambda: server.heard == ["/hold"])
        wire.say(b"zz\r\n")
        await until(lambda: all(len(one._messages) > 1 for one in server.house.open))
        ((_, body), _) = next(iter(server.house.open))._messages
        assert body.is_eof()
        with pytest.raises(Faulty) as told:
            body.read_nowait()
        assert told.value.fault is INCOMPLETE
        server.held.set()
        assert [(await wire.answer()).status for _ in range(2)] == [200, 400]
        assert await wire.ended() == b""


async def test_a_body_that_is_whole_is_not_broken_by_what_follows_it() -> None:
    async with serving() as server:
        wire = await server.connect(POST)
        await until(lambda: server.heard == ["/read"])
        assert (await wire.say(b"12345nonsense\r\n\r\n").answer()).body == b"/read"
        assert (await wire.answer()).problem == "malformed-request"
        assert await wire.ended() == b""


async def test_an_encoded_body_is_not_decoded() -> None:
    async with serving() as server:
        encoded = POST.replace(b"Host: a", b"Host: a\r\nContent-Encoding: br")
        assert (await (await server.connect(encoded + b"12345")).answer()).status == 200


async def test_an_upgrade_that_is_not_spoken_is_a_request_like_any_other() -> None:
    async with serving() as server:
        upgrade = b"GET /up HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
        wire = await server.connect(upgrade + GET % b"next")
        assert [(await wire.answer()).body for _ in range(2)] == [b"/up", b"/next"]


@pytest.mark.parametrize("more", [b"", GET % b"next", b"GET /ne"], ids=["nothing", "a request", "a part of one"])
async def test_behind_an_upgrade_of_which_the_parser_drops_the_rest_the_connection_ends(more: bytes) -> None:
    async with serving() as server:
        wire = await server.connect()
        upgrade = b"POST /up HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n"
        wire.say(GET % b"first" + upgrade + b"{}" + more)
        assert (await wire.answer()).body == b"/first"
        answer = await wire.answer()
        assert (answer.body, answer.headers["connection"]) == (b"/up", "close")
        assert await wire.ended() == b""


UPGRADE = b"GET /up HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"


@pytest.mark.parametrize("one_packet", [True, False])
async def test_what_is_not_spoken_is_refused_behind_an_upgrade_too(*, one_packet: bool) -> None:
    async with serving() as server:
        wire = await server.connect(UPGRADE if not one_packet else UPGRADE + b"GET / HTTP/2.0\r\nHost: a\r\n\r\n")
        if not one_packet:
            await until(lambda: server.heard == ["/up"])
            wire.say(b"GET / HTTP/2.0\r\nHost: a\r\n\r\n")
        assert (await wire.answer()).body == b"/up"
        assert (await wire.answer()).problem == "malformed-request"
        assert await wire.ended() == b""


async def test_headers_behind_an_upgrade_have_no_deadline_once_they_are_complete() -> None:
    async with serving() as server:
        wire = await server.connect(UPGRADE)
        assert (await wire.answer()).body == b"/up"
        for _ in range(3):
            assert (await wire.say(UPGRADE + GET % b"next").answer()).body == b"/up"
            assert (await wire.answer()).body == b"/next"
        server.later(HEADER_DEADLINE + 5)
        assert (await wire.say(GET % b"last").answer()).body == b"/last"


async def test_many_upgrades_at_once_are_answered_in_order() -> None:
    async with serving() as server:
        wire = await server.connect((UPGRADE + GET % b"next") * 500)
        assert [(await wire.answer()).body for _ in range(1000)] == [b"/up", b"/next"] * 500
