"""A network between the service and its server that can be cut at a message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from typing import Self

COMMIT = b"COMMIT\0"
"""What a client sends to commit."""


class Fault(Enum):
    """What happens to a message."""

    CUT_BEFORE = "the server never gets it, and both lose the connection"
    CUT_AFTER = "the server gets it and answers, and then both lose the connection"
    HOLD = "it waits until it is let go"


class Proxy:
    """Forwards connections to a port, and does something to one message of the clients."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._trap: tuple[bytes, Fault] | None = None
        self._links: set[asyncio.Task[None]] = set()
        self._go_on = asyncio.Event()
        self.sprung = asyncio.Event()
        """Whether the message has come."""

    async def start(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self._port = int(self._server.sockets[0].getsockname()[1])
        return self

    def url(self, direct: str) -> str:
        """The address of a database through the proxy."""
        return direct.replace(f":{self._target}/", f":{self._port}/")

    def set_trap(self, message: bytes, fault: Fault) -> None:
        """Do this to the next message of a client that has these bytes in it."""
        self.sprung.clear()
        self._go_on.clear()
        self._trap = message, fault

    def let_go(self) -> None:
        """Forward what is held."""
        self._go_on.set()

    async def stop(self) -> None:
        """Cut all connections, and take no more."""
        self._server.close()
        for link in self._links:
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    def trapped(self, data: bytes) -> Fault | None:
        """Return what happens to this message, if it is the one."""
        if self._trap is None or self._trap[0] not in data:
            return None
        fault = self._trap[1]
        self._trap = None
        self.sprung.set()
        return fault

    async def wait(self) -> None:
        """Wait until the message may go on."""
        await self._go_on.wait()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        try:
            link = Link(self, writer, *await asyncio.open_connection("127.0.0.1", self._target))
            await link.run(reader)
        except (OSError, asyncio.CancelledError):
            pass  # there is no server now, or the test is over: the streams would log a task that was cancelled
        finally:
            writer.transport.abort()
            self._links.discard(task)


class Link:
    """One connection through the proxy."""

    def __init__(
        self, proxy: Proxy, client: asyncio.StreamWriter, answers: asyncio.StreamReader, server: asyncio.StreamWriter
    ) -> None:
        self._proxy = proxy
        self._client = client
        self._answers = answers
        self._server = server
        self._cut_at_answer = False

    async def run(self, questions: asyncio.StreamReader) -> None:
        """Forward both ways until one ends."""
        both = [asyncio.ensure_future(one) for one in (self._ask(questions), self._answer())]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            self._server.transport.abort()

    async def _ask(self, questions: asyncio.StreamReader) -> None:
        while data := await questions.read(1 << 16):
            fault = self._proxy.trapped(data)
            if fault is Fault.CUT_BEFORE:
                return
            if fault is Fault.HOLD:
                await self._proxy.wait()
            self._cut_at_answer = fault is Fault.CUT_AFTER
            self._server.write(data)
            await self._server.drain()

    async def _answer(self) -> None:
        while (data := await self._answers.read(1 << 16)) and not self._cut_at_answer:
            self._client.write(data)
            await self._client.drain()


@asynccontextmanager
async def proxied(port: int) -> AsyncIterator[Proxy]:
    """Run a proxy to this port."""
    proxy = await Proxy(port).start()
    yield proxy
    await proxy.stop()
