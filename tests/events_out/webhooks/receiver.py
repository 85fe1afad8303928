"""A real receiver of webhooks: an HTTP server on loopback that answers as it is told."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from aiohttp import web

Respond: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Request(NamedTuple):
    """What came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes


async def take(_: web.Request) -> web.StreamResponse:
    """Answer 204."""
    return web.Response(status=204)


@dataclass
class Receiver:
    """Where it listens, what came, and how it answers."""

    respond: Respond = take
    port: int = 0
    scheme: str = "http"
    requests: list[Request] = field(default_factory=list)
    connections: set[object] = field(default_factory=set)
    came: asyncio.Condition = field(default_factory=asyncio.Condition)

    def url(self, host: str = "127.0.0.1", path: str = "/in") -> str:
        """Where messages go, by this name of the host."""
        return f"{self.scheme}://{host}:{self.port}{path}"

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Keep the request, and answer."""
        assert isinstance(request, web.Request)
        self.connections.add(request.transport)
        self.requests.append(Request(request.path_qs, dict(request.headers), await request.read()))
        async with self.came:
            self.came.notify_all()
        return await self.respond(request)

    async def until(self, holds: Callable[[], bool], deadline: float = 60.0) -> None:
        """Wait until this holds, which is looked at after each request."""
        async with asyncio.timeout(deadline), self.came:
            await self.came.wait_for(holds)


@asynccontextmanager
async def receiving(respond: Respond = take, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Run a receiver."""
    receiver = Receiver(respond, scheme="http" if tls is None else "https")
    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", receiver.handle)
    runner = web.AppRunner(application, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()
