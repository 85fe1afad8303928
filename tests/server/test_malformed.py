"""What is no HTTP/1.1, or a part of it that is not served: a 400, the end of the connection, one line of the log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import msgspec
import pytest

from seatkeeper.http.observability.logs import MalformedRequests
from tests.server.serving import GET, LIMITS, POST, command, serving
from tests.wire import until

HEAD = b"GET /words/one HTTP/1.1\r\nHost: a\r\n"
MALFORMED = {
    "a header without a colon": HEAD + b"Bad Header\r\n\r\n",
    "a header with NUL": HEAD + b"X: secret\x00\r\n\r\n",
    "a bare LF": b"GET /words/one HTTP/1.1\nHost: a\n\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "a length and chunks": HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two hosts": HEAD + b"Host: b\r\n\r\n",
    "200 headers": HEAD + b"X: y\r\n" * 200 + b"\r\n",
    "HTTP/0.9": b"GET /words/one\r\n\r\n",
    "HTTP/2 at once": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an unknown method": b"BREW /words/one HTTP/1.1\r\nHost: a\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a long address": b"GET /" + b"secret" * 2000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "a long value": HEAD + b"X: " + b"secret" * 2000 + b"\r\n\r\n",
    "a long name": HEAD + b"secret" * 2000 + b": x\r\n\r\n",
}
NOT_SERVED = {
    "HTTP/0.9 by name": b"GET /words/one HTTP/0.9\r\nConnection: keep-alive\r\n\r\n",
    "HTTP/2.0": b"GET /words/one HTTP/2.0\r\nHost: a\r\n\r\n",
    "CONNECT": b"CONNECT secret:80 HTTP/1.1\r\nHost: secret\r\n\r\n",
}
BOTH = {**MALFORMED, **NOT_SERVED}
CHUNKED = POST.replace(b"Content-Length: %d", b"Transfer-Encoding: chunked") + b"1\r\n{\r\n"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The log as `seatkeeper serve` sets it up."""
    logger, one_line = logging.getLogger("aiohttp.server"), MalformedRequests()
    logger.addFilter(one_line)
    yield caplog
    logger.removeFilter(one_line)


@pytest.mark.parametrize("before", [b"", GET % b"before"], ids=["at once", "behind another request"])
@pytest.mark.parametrize("data", BOTH.values(), ids=BOTH)
async def test_it_gets_a_400_and_the_end(data: bytes, before: bytes) -> None:
    async with serving() as running:
        client = await running.connect(before)
        if before:
            assert (await client.receive()).body == b"before"
        assert (await client.write(data).receive()).status == 400
        assert await client.ended() == b""
        assert running.handlers.words in ([], ["before"])
        await until(lambda: len(running.connections) == 0)


@pytest.mark.parametrize("data", NOT_SERVED.values(), ids=NOT_SERVED)
async def test_a_version_or_method_that_is_not_served_gets_a_problem(data: bytes) -> None:
    async with serving() as running:
        received = await (await running.connect(data)).receive()
        assert received.slug == "malformed-request"
        assert msgspec.json.decode(received.body)["instance"].startswith("/")


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_request_is_one_line_of_the_log(data: bytes, log: pytest.LogCaptureFixture) -> None:
    async with serving() as running:
        client = await running.connect(data)
        await client.ended()
    lines = [record for record in log.records if record.levelno > logging.DEBUG]
    assert [(record.message, record.levelname, record.exc_info) for record in lines] in (
        [("malformed request", "INFO", None)],
        [],  # of a method that does not exist, aiohttp says nothing
    )


async def test_http_1_0_is_served() -> None:
    async with serving() as running:
        client = await running.connect(b"GET /words/old HTTP/1.0\r\n\r\n")
        assert (await client.receive()).body == b"old"
        assert await client.ended() == b""


async def test_a_chunk_that_is_malformed_ends_the_connection_by_the_body_deadline() -> None:
    async with serving(LIMITS._replace(body_deadline=0.1)) as running:
        client = await running.connect(CHUNKED)
        for _ in range(20):
            await asyncio.sleep(0)
        assert (await client.write(b"zz\r\n").receive()).status in {400, 408}
        await client.ended()
        assert running.handlers.words == []


async def test_what_stands_in_one_packet_with_a_malformed_request_is_not_carried_out_twice() -> None:
    async with serving() as running:
        client = await running.connect(command("one") + b"nonsense\r\n\r\n")
        assert (await client.receive()).status in {200, 400}
        await client.ended()
        assert running.handlers.words in ([], ["one"])


async def test_an_encoded_body_is_not_decoded() -> None:
    async with serving() as running:
        encoded = (POST % 15).replace(b"Host: a", b"Host: a\r\nContent-Encoding: br")
        assert (await (await running.connect(encoded + b'{"word": "one"}')).receive()).slug == "unsupported-media-type"


async def test_a_handler_that_raises_gets_a_problem_and_is_logged(log: pytest.LogCaptureFixture) -> None:
    async with serving() as running:
        client = await running.connect(GET % b"raise")
        answer = await client.receive()
        assert (answer.status, answer.slug) == (500, "internal-error")
        assert b"ZeroDivision" not in answer.body
    (record,) = [record for record in log.records if record.levelno >= logging.ERROR]
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError
