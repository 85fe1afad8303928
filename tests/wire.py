"""One client's connection, by hand: what is sent is the caller's own to the byte, and it may be broken off."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Mapping
from typing import NamedTuple, Self

import msgspec

ANSWER_DEADLINE = 60.0
"""Seconds for an answer; the service answers or closes long before."""

BROKEN = (ConnectionError, asyncio.IncompleteReadError, TimeoutError, OSError)
"""What a client gets instead of an answer: it cannot know what became of its request."""


class Answer(NamedTuple):
    """A response; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def slug(self) -> str:
        """Which problem this is; empty if it is none."""
        if "problem+json" not in self.headers.get("content-type", ""):
            return ""
        problem: dict[str, object] = msgspec.json.decode(self.body, type=dict)
        assert problem["status"] == self.status
        return str(problem["type"]).removeprefix("/problems/")


def request(method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> bytes:
    """Write a request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


class Connection:
    """A connection to the service on this port of the loopback."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port: int, *, receive_buffer: int | None = None) -> Self:
        """Connect; a small receive buffer lets a client that does not read be noticed early."""
        channel = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        channel.setblocking(False)  # noqa: FBT003 - the socket module's own signature
        channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer is not None:
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        try:
            await asyncio.get_running_loop().sock_connect(channel, ("127.0.0.1", port))
        except BaseException:
            channel.close()
            raise
        return cls(*await asyncio.open_connection(sock=channel, limit=2**20))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request and wait for its answer; raise one of BROKEN if there is none."""
        await self.send(request(method, path, body, headers))
        return await self.receive()

    def write(self, data: bytes) -> Self:
        """Send these bytes, and do not wait until the other side takes them."""
        self.writer.write(data)
        return self

    async def send(self, data: bytes) -> None:
        """Send these bytes."""
        await self.write(data).writer.drain()

    async def receive(self) -> Answer:
        """Read one answer."""
        async with asyncio.timeout(ANSWER_DEADLINE):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(head[0].split(" ")[1]), headers, body)

    async def ended(self, deadline: float = ANSWER_DEADLINE) -> bytes:
        """Wait until the other side closes or resets; return what it sent before that."""
        received = b""
        async with asyncio.timeout(deadline):
            try:
                while some := await self.reader.read(65536):
                    received += some
            except ConnectionError:
                pass
        return received

    def stop_reading(self) -> None:
        """Take nothing from the socket any more."""
        self.writer.transport.pause_reading()  # type: ignore[attr-defined]

    async def close(self) -> None:
        """Close properly."""
        self.writer.close()
        await self._gone()

    async def reset(self) -> None:
        """Break off with an RST: nothing that is under way arrives any more."""
        channel = self.writer.get_extra_info("socket")
        if channel is not None and channel.fileno() >= 0:
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        await self._gone()

    async def _gone(self) -> None:
        try:
            async with asyncio.timeout(5):
                await self.writer.wait_closed()
        except TimeoutError:  # the other side takes nothing more
            self.writer.transport.abort()
        except BROKEN:
            return


async def until(condition: Callable[[], bool], deadline: float = 20.0) -> None:
    """Let the loop run until this holds."""
    async with asyncio.timeout(deadline):
        while not condition():  # noqa: ASYNC110 - what is waited for are attributes, which notify nobody
            await asyncio.sleep(0)
