"""Requests to a real receiver: what is sent, what counts as taken, and what is not connected to."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
import trustme
from aiohttp import web

from seatkeeper.http.events_out.webhooks import sender as sending
from seatkeeper.http.events_out.webhooks.connections import Found, Lookup, PublicResolver, open_socket, resolve
from seatkeeper.http.events_out.webhooks.sender import Answer, HttpSender
from tests.events_out.webhooks.receiver import Receiver, receiving

BODY = b'{"type":"member.added"}'
REFUSED = "the host is a loopback address, which the service does not send to"


@asynccontextmanager
async def a_sender(
    *,
    allow_http: bool = True,
    allow_private: bool = True,
    tls: ssl.SSLContext | None = None,
    lookup: Lookup = resolve,
) -> AsyncIterator[HttpSender]:
    """Make a sender that may send to loopback, unless told otherwise."""
    sender = HttpSender(allow_http=allow_http, allow_private=allow_private, tls=tls, lookup=lookup)
    try:
        yield sender
    finally:
        await sender.close()


async def answer_of(receiver: Receiver, path: str = "/in") -> Answer:
    """Send a message with a new sender."""
    async with a_sender() as sender:
        return await sender.send(receiver.url(path=path), {"webhook-id": "one"}, BODY)


def responding(status: int, headers: dict[str, str] | None = None) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Make a receiver's answer."""

    async def respond(_: web.Request) -> web.Response:
        return web.Response(status=status, headers=headers)

    return respond


def finds(*addresses: str) -> Lookup:
    """A name server that gives these addresses, in turn where there are several lists."""

    async def lookup(_host: str, _port: int, _family: int) -> Found:
        return [(socket.AF_INET6 if ":" in address else socket.AF_INET, address) for address in addresses]

    return lookup


async def test_a_message_is_a_post_of_json_with_its_headers() -> None:
    async with receiving() as receiver:
        answer = await answer_of(receiver, "/in?key=1")
    assert answer.accepted
    (request,) = receiver.requests
    assert (request.path, request.body) == ("/in?key=1", BODY)
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["webhook-id"] == "one"
    assert set(request.headers) == {"Host", "Content-Type", "User-Agent", "Content-Length", "webhook-id"}


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_every_2xx_takes_the_message(status: int) -> None:
    async with receiving(responding(status)) as receiver:
        assert (await answer_of(receiver)).accepted


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed_and_is_a_failure(status: int) -> None:
    async with receiving() as other, receiving(responding(status, {"Location": other.url()})) as receiver:
        answer = await answer_of(receiver)
    assert (answer.status, answer.accepted) == (status, False)
    assert other.requests == []


async def test_the_wait_that_the_receiver_asks_for_is_in_the_answer() -> None:
    async with receiving(responding(429, {"Retry-After": "120"})) as receiver:
        assert await answer_of(receiver) == Answer(429, None, "120")


async def test_connections_are_used_again() -> None:
    async with receiving() as receiver, a_sender() as sender:
        for _ in range(5):
            assert (await sender.send(receiver.url(), {}, BODY)).accepted
    assert len(receiver.connections) == 1


async def test_a_connection_that_the_receiver_closes_while_it_is_idle_is_no_failure() -> None:
    async def closing(request: web.Request) -> web.Response:
        if len(receiver.requests) == 2:
            assert request.transport is not None
            request.transport.close()
        return web.Response()

    async with receiving(closing) as receiver, a_sender() as sender:
        assert (await sender.send(receiver.url(), {}, BODY)).accepted
        assert (await sender.send(receiver.url(), {}, BODY)).accepted
    assert len(receiver.requests) == 3


async def test_a_large_answer_is_not_read_to_its_end() -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65_536)
                sent += 65_536
        except ConnectionError:
            return response

    async with receiving(endless) as receiver, a_sender() as sender:
        assert (await sender.send(receiver.url(), {}, BODY)).accepted
        assert (await sender.send(receiver.url(), {}, BODY)).accepted
    assert sent < 64_000_000


async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "BODY_DEADLINE", 0.05)
    ended = asyncio.Event()

    async def stalled(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = 10
        await response.prepare(request)
        await ended.wait()
        return response

    async with receiving(stalled) as receiver:
        assert (await answer_of(receiver)).accepted
        ended.set()


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 abc\r\n\r\n", b"220 mail.example ESMTP\r\n", b"", b"HTTP/1.1 200 OK\r\nX"]
)
async def test_what_is_no_answer_is_a_failure_in_words(answer: bytes) -> None:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server, a_sender() as sender:
        got = await sender.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/?secret=1", {}, BODY)
    assert got.status is None
    assert got.error is not None
    assert "secret" not in got.error
    assert "127.0.0.1" not in got.error


async def test_a_port_that_nobody_listens_on_is_a_failure_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    async with a_sender() as sender:
        got = await sender.send(f"http://127.0.0.1:{port}/", {}, BODY)
    assert got == Answer(None, "the connection failed: Connection refused")


async def test_a_name_that_is_not_found_is_a_failure_in_words() -> None:
    async def not_found(*_: object) -> Found:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async with a_sender(lookup=not_found) as sender:
        assert await sender.send("http://nobody.example/", {}, BODY) == Answer(None, "the name was not found")


async def test_a_trusted_certificate_is_accepted_and_another_is_not() -> None:
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("hooks.example").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    lookup = finds("127.0.0.1")
    async with receiving(tls=server) as receiver:
        url, wrong_name = receiver.url("hooks.example"), receiver.url("other.example")
        async with a_sender(allow_http=False, tls=trusting, lookup=lookup) as sender:
            assert (await sender.send(url, {}, BODY)).accepted
            assert await sender.send(wrong_name, {}, BODY) == Answer(None, "the certificate is not trusted")
        async with a_sender(allow_http=False, lookup=lookup) as sender:
            assert await sender.send(url, {}, BODY) == Answer(None, "the certificate is not trusted")
    assert len(receiver.requests) == 1


LITERALS = ["127.0.0.1", "2130706433", "0x7f000001", "017700000001", "127.1", "0177.0.0.1", "0x7f.1", "0", "127.0.0.1."]


@pytest.mark.parametrize("host", [*LITERALS, "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]", "localhost"])
async def test_no_form_of_loopback_in_the_url_is_connected_to(host: str) -> None:
    async with receiving() as receiver, a_sender(allow_private=False) as sender:
        got = await sender.send(receiver.url(host), {}, BODY)
    assert got.status is None
    assert receiver.requests == []


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"])
async def test_a_name_that_leads_to_loopback_is_not_connected_to(address: str) -> None:
    async with receiving() as receiver, a_sender(allow_private=False, lookup=finds(address)) as sender:
        assert await sender.send(receiver.url("hooks.example"), {}, BODY) == Answer(None, REFUSED)
    assert receiver.requests == []


async def test_the_numbers_that_the_system_takes_for_addresses_are_no_names() -> None:
    """The system's look-up makes 127.0.0.1 of all of them, so a name server must never be asked for one."""
    asked: list[str] = []

    async def lookup(host: str, port: int, family: socket.AddressFamily) -> Found:
        asked.append(host)
        return await resolve(host, port, family)

    async with a_sender(allow_private=False, lookup=lookup) as sender:
        for host in LITERALS:
            assert (await sender.send(f"http://{host}/", {}, BODY)).status is None
    assert asked == []


async def test_the_private_address_of_a_name_with_two_is_left_out() -> None:
    async with receiving() as receiver:
        tried: list[str] = []

        async def lookup(*_: object) -> Found:
            return [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "203.0.114.1")]

        async with a_sender(allow_private=False, lookup=lookup) as sender:
            opened = open_socket(allow_private=False)

            def opening(info: tuple[int, int, int, str, Sequence[object]]) -> socket.socket:
                tried.append(str(info[4][0]))
                opened(info).close()  # type: ignore[arg-type] # the fields of an address differ by its family
                raise OSError("nothing leaves loopback")

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(sending, "open_socket", lambda **_: opening)
                got = await sender.send(receiver.url("hooks.example"), {}, BODY)
    assert tried == ["203.0.114.1"]
    assert got.error == "the connection failed"
    assert receiver.requests == []


async def test_a_name_that_led_elsewhere_when_it_was_looked_up_is_checked_again_at_the_socket() -> None:
    """A resolver that lets everything through stands for one that was deceived."""
    async with receiving() as receiver:
        with pytest.MonkeyPatch.context() as patch:
            permissive = PublicResolver(finds("127.0.0.1"), allow_private=True)
            patch.setattr(sending, "PublicResolver", lambda *_, **__: permissive)
            async with a_sender(allow_private=False) as sender:
                assert await sender.send(receiver.url("hooks.example"), {}, BODY) == Answer(None, REFUSED)
    assert receiver.requests == []


async def test_http_is_refused_unless_it_is_allowed() -> None:
    async with receiving() as receiver, a_sender(allow_http=False) as sender:
        got = await sender.send(receiver.url(), {}, BODY)
    assert got == Answer(None, "the URL has to begin with https://")
    assert receiver.requests == []


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as proxy, receiving() as receiver:
        monkeypatch.setenv("http_proxy", proxy.url(path=""))
        monkeypatch.setenv("all_proxy", proxy.url(path=""))
        assert (await answer_of(receiver)).accepted
    assert proxy.requests == []


async def test_no_cookie_is_kept() -> None:
    async with (
        receiving(responding(200, {"Set-Cookie": "session=1"})) as receiver,
        a_sender(lookup=finds("127.0.0.1")) as sender,
    ):
        for _ in range(2):
            await sender.send(receiver.url("hooks.example"), {}, BODY)
    assert all("Cookie" not in request.headers for request in receiver.requests)


async def test_the_system_is_asked_for_names_without_holding_up_the_loop() -> None:
    found = await resolve("localhost", 80, socket.AF_UNSPEC)
    assert {address for _, address in found} <= {"127.0.0.1", "::1"}
    with pytest.raises(OSError, match=r".+"):
        await resolve("\udcff.example", 80, socket.AF_UNSPEC)
