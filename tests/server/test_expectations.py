"""What a client may expect before it sends a body, and protocols that it may ask for in vain."""

from __future__ import annotations

import pytest

from tests.server.serving import GET, POST, command, serving

BODY = b'{"word": "one"}'
EXPECTING = (POST % len(BODY)).replace(b"Host: a", b"Host: a\r\nExpect: 100-continue")
UPGRADE = b"Host: a\r\nConnection: upgrade\r\nUpgrade: %s"


async def test_a_client_that_waits_before_its_body_is_asked_for_it() -> None:
    async with serving() as running:
        client = await running.connect(EXPECTING)
        assert (await client.receive()).status == 100
        assert (await client.write(BODY).receive()).body == b'"one"'
        assert (await client.write(EXPECTING).receive()).status == 100
        assert (await client.write(BODY).receive()).body == b'"one"'


async def test_another_expectation_gets_a_417() -> None:
    async with serving() as running:
        client = await running.connect(EXPECTING.replace(b"100-continue", b"200-ok"))
        answer = await client.receive()
        assert (answer.status, answer.slug) == (417, "expectation-failed")
        assert running.handlers.words == []


async def test_a_body_that_will_be_refused_is_not_asked_for() -> None:
    async with serving() as running:
        client = await running.connect(EXPECTING.replace(b"Length: %d" % len(BODY), b"Length: 9999999"))
        assert (await client.receive()).status == 413


@pytest.mark.parametrize("expected", [b"100-continue", b"200-ok", b""])
@pytest.mark.parametrize(("method", "path", "status"), [(b"POST", b"/nowhere", 404), (b"PUT", b"/words", 405)])
async def test_an_expectation_does_not_hide_that_there_is_no_such_call(
    expected: bytes, method: bytes, path: bytes, status: int
) -> None:
    request = b"%s %s HTTP/1.1\r\nHost: a\r\nExpect: %s\r\nContent-Length: 2\r\n\r\n" % (method, path, expected)
    async with serving() as running:
        client = await running.connect(request)
        answer = await client.receive()
        assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.headers["x-request-id"]


async def test_an_expectation_of_a_request_without_a_body_is_ignored() -> None:
    async with serving() as running:
        client = await running.connect((GET % b"one").replace(b"\r\n\r\n", b"\r\nExpect: 200-ok\r\n\r\n"))
        assert (await client.receive()).body == b"one"


async def test_http_1_0_is_not_asked_for_its_body() -> None:
    async with serving() as running:
        client = await running.connect(EXPECTING.replace(b"HTTP/1.1", b"HTTP/1.0") + BODY)
        assert (await client.receive()).body == b'"one"'


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c"])
@pytest.mark.parametrize("more", [b"", GET % b"next", b"GET /ne"], ids=["nothing", "a request", "a part of one"])
@pytest.mark.parametrize("asks", [GET % b"one", command("one")], ids=["query", "command"])
async def test_a_request_to_upgrade_is_answered_and_the_connection_ends(
    asks: bytes, more: bytes, protocol: bytes
) -> None:
    async with serving() as running:
        upgrade = asks.replace(b"Host: a", UPGRADE % protocol).replace(b"Host: localhost", UPGRADE % protocol)
        client = await running.connect(GET % b"first" + upgrade + more)
        assert (await client.receive()).body == b"first"
        answer = await client.receive()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert await client.ended() == b""
        assert running.handlers.words == ["first", "one"]
