"""A proxy before a service: it hands on what it gets, and fails when it is told to."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self, TypeAlias

import msgspec


class Cut(NamedTuple):
    """The connection is cut: after the service has answered, and so many events of a stream were handed on."""

    events: int = 0


class Silent(NamedTuple):
    """The request is handed on, and no answer ever comes."""


class Instead(NamedTuple):
    """The proxy answers by itself, and hands nothing on."""

    status: int
    slug: str = ""
    headers: Mapping[str, str] = {}
    body: bytes = b""

    def response(self) -> bytes:
        """Write the response."""
        problem = {"type": f"/problems/{self.slug}", "title": "", "status": self.status, "detail": "", "instance": "/"}
        body = msgspec.json.encode(problem) if self.slug else self.body
        lines = [f"HTTP/1.1 {self.status} No", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body


Fault: TypeAlias = Cut | Silent | Instead


@dataclass
class Request:
    """A request as it came: its first line, and its headers by their names in lower case."""

    line: str
    headers: dict[str, str]


class Proxy:
    """Listens on a port of its own. Each request takes the next of the `faults`, and is handed on if none is left."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    @property
    def keys(self) -> list[str | None]:
        """The idempotency key of each request."""
        return [request.headers.get("idempotency-key") for request in self.requests]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            while await self._serve(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()
            self._serving.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request; return whether the connection goes on."""
        head, body, request = await _read(reader)
        self.requests.append(request)
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, Instead):
            writer.write(fault.response())
            return True
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            inner_writer.write(head + body)
            if isinstance(fault, Silent):
                await asyncio.get_running_loop().create_future()  # until the proxy ends
            return await self._hand_back(inner_reader, writer, fault)
        finally:
            inner_writer.transport.abort()

    async def _hand_back(self, inner: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault | None) -> bool:
        head, body, answer = await _read(inner)
        events = fault.events if isinstance(fault, Cut) else None
        if "content-length" in answer.headers or answer.line.split(" ")[1] == "204":
            if events is None:
                writer.write(head + body)
            return events is None
        if events != 0:
            writer.write(head)
        so_far = b""
        while events != 0 and (some := await inner.read(65536)):
            so_far += some
            limited = (
                None if events is None else re.match(rb"(?:.*?\ndata: [^\n]*\n\n){%d}" % events, so_far, re.DOTALL)
            )
            writer.write(some if limited is None else some[: len(some) - (len(so_far) - limited.end())])
            await writer.drain()
            if limited is not None:
                break
        return False


async def _read(reader: asyncio.StreamReader) -> tuple[bytes, bytes, Request]:
    """Read a message: its head, its body if it says how long that is, and what stands in the head."""
    head = await reader.readuntil(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")[:-2]
    headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return head, body, Request(line, headers)
