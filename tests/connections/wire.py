"""A server on loopback whose handler is a few lines, and clients that write and read bytes."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from seatkeeper.http.connection import ask_for_body
from seatkeeper.http.connections import Connections
from seatkeeper.http.problems import Faulty
from seatkeeper.http.responses import Response

if TYPE_CHECKING:
    from typing import Self

DEADLINE = 10.0
HEADER_DEADLINE = 100.0
WRITE_DEADLINE = 200.0
BODY_LIMIT = 64 * 1024
GET = b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"


class Answer(msgspec.Struct, frozen=True):
    """What came back for one request."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> str:
        """The slug of the problem that it is; it fails if it is none."""
        assert self.headers["content-type"].startswith("application/problem+json"), self
        decoded = msgspec.json.decode(self.body)
        assert decoded["status"] == self.status
        return str(decoded["type"]).removeprefix("/problems/")


@dataclass
class Wire:
    """A client's connection, to the byte."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def say(self, data: bytes) -> Self:
        """Send this."""
        self.writer.write(data)
        return self

    def reset(self) -> None:
        """Leave without a word, as a machine does that is switched off and on again."""
        channel: socket.socket = self.writer.get_extra_info("socket")
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def answer(self) -> Answer:
        """Read one answer."""
        async with asyncio.timeout(DEADLINE):
            lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Answer(int(lines[0].split()[1]), headers, body)

    async def ended(self) -> bytes:
        """Wait until the other side has closed or reset; what came before that."""
        received = b""
        async with asyncio.timeout(DEADLINE):
            try:
                while chunk := await self.reader.read(65536):
                    received += chunk
            except ConnectionError:
                pass
        return received


@dataclass
class Server:
    """The connections, and what the handler does.

    /hold waits for `held`, /turn for the next turn, /large sends a megabyte, /read the body.
    """

    house: Connections = field(init=False)
    port: int = 0
    held: asyncio.Event = field(default_factory=asyncio.Event)
    heard: list[str] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)

    async def handle(self, request: web.BaseRequest, body: bytes | None = None) -> Response:
        """Answer with the path, mostly."""
        self.heard.append(request.path)
        if request.path == "/hold":
            await self.held.wait()
        if request.path == "/turn":
            await asyncio.sleep(0)
        if request.path == "/large":
            return Response(200, b"x" * 4_000_000, "")
        if request.path == "/raise":
            raise ZeroDivisionError
        if request.path == "/read" and body is None:
            return await read(request)
        if request.path == "/refuse":
            return closing(413)
        return Response(200, request.path.encode(), "")

    async def connect(self, data: bytes = b"") -> Wire:
        """Open a connection and say this on it."""
        wire = Wire(*await asyncio.open_connection("127.0.0.1", self.port, limit=2**20))
        self.wires.append(wire)
        return wire.say(data)

    def later(self, seconds: float) -> None:
        """Sweep as if so many seconds had passed."""
        self.house.sweep(self.house.loop.time() + seconds)


async def read(request: web.BaseRequest) -> Response:
    """Read the body, as a handler does that got the request without it."""
    try:
        if not request.content.is_eof():
            await ask_for_body(request)
        await request.read()
    except Faulty as refused:
        return closing(refused.fault.status)
    except web.HTTPRequestEntityTooLarge:
        return closing(413)
    except ConnectionError:
        return Response(400, b"incomplete", "")
    return Response(200, request.path.encode(), "")


def closing(status: int) -> Response:
    """Answer with this, and end the connection."""
    response = Response(status, b"", "")
    response.force_close()
    return response


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop run until this holds."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - what is waited for are attributes, of ours and of aiohttp's
            await asyncio.sleep(0)


@asynccontextmanager
async def serving(bound: int = 100, keep_alive: float = 75.0, interval: float = 1.0) -> AsyncIterator[Server]:
    """Serve with deadlines that only `later` reaches; everything is closed at the end."""
    server = Server()
    server.house = Connections(
        server.handle,
        bound=bound,
        header_deadline=HEADER_DEADLINE,
        write_deadline=WRITE_DEADLINE,
        keep_alive=keep_alive,
        body_limit=BODY_LIMIT,
        new_id=lambda: "an-id",
        interval=interval,
    )
    listener = await asyncio.get_running_loop().create_server(server.house, "127.0.0.1", 0, backlog=16)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        server.held.set()
        listener.close()
        for wire in server.wires:
            wire.writer.transport.abort()
        await server.house.shutdown(DEADLINE)
        await until(lambda: not server.house.open and not server.house.turned_away)
