"""The server: aiohttp's application on a port, from its first connection to its last."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import NamedTuple

from aiohttp import web

from seatkeeper.actors.aggregates.journal import Receipt
from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.http.observability.traces import PassingOn, Tracer
from seatkeeper.http.server.connections import Connections
from seatkeeper.http.server.deadlines import CommandDeadline
from seatkeeper.http.server.endpoints import (
    ACCESS,
    SERVICE,
    Access,
    CommandEndpoint,
    Endpoint,
    Endpoints,
    FindRefusal,
    Query,
    StreamEndpoint,
)
from seatkeeper.http.server.idempotency import IdempotentRequests
from seatkeeper.http.server.middleware import Middleware
from seatkeeper.http.server.responses import RequestIds
from seatkeeper.http.server.routes import BODY_LIMIT, Route
from seatkeeper.storage.journal_ids import JournalIdentity

logger = logging.getLogger("seatkeeper.http")

KEEP_ALIVE = 75.0
"""Seconds for which an idle connection is kept."""

MAX_HEADERS = 64
"""Headers of a request, at most; each may have 8,190 bytes, and so may the request line."""

BODY_BUFFER = 64 * 1024
"""Bytes of a body that wait for the handler; at twice as many, reading stops until it takes some."""

LINGERING = 2.0
"""Seconds for which the rest of an unread body is read, so that the client gets to see its answer."""

DRAIN = 0.3
"""Seconds in which clients that are busy are answered before the connections are closed."""

GRACE = 2.0
"""Seconds after the stop deadline in which those who still wait are told that the outcome is unknown."""

SWEEP_EVERY = 1.0
"""Seconds between two looks for commands that have waited too long."""


class Limits(NamedTuple):
    """The bounds of a server: counts, and deadlines in seconds."""

    connections: int = 5_000
    in_flight: int = 2_000
    header_deadline: float = 10.0
    body_deadline: float = 10.0
    command_deadline: float = 30.0
    write_deadline: float = 20.0
    stop_deadline: float = 20.0


class Server:
    """Serves a route table; its handlers are given the service."""

    late: float = 0.0
    """Seconds by which the sweeps were late, in sum: for so long the loop was busy with others."""

    def __init__(  # noqa: PLR0913 - made once, in app.py
        self,
        routes: Iterable[Route],
        service: object,
        *,
        access: Access,
        find_receipt: Callable[[str], Awaitable[Receipt | None]],
        find_refusal: FindRefusal,
        limits: Limits,
        metrics: Metrics,
        new_id: Callable[[], str],
        identity: Callable[[], JournalIdentity],
        access_log: bool = False,
        twins_elsewhere: bool = False,
        tracer: Tracer | None = None,
    ) -> None:
        """Make the application; `access` lets requests in. Other processes may run twins of a request elsewhere."""
        self._limits = limits
        self._deadline = CommandDeadline(limits.command_deadline)
        request_ids = RequestIds(new_id)
        command = partial(
            CommandEndpoint,
            body_deadline=limits.body_deadline,
            deadline=self._deadline,
            idempotent=IdempotentRequests(find_receipt, twins_elsewhere=twins_elsewhere),
            request_ids=request_ids,
            metrics=metrics,
            find_refusal=find_refusal,
        )
        self.connections = self._make_connections(new_id)
        self.endpoints = Endpoints(command(route) if route.writes else self._read(route) for route in routes)
        self._middleware = Middleware(
            self.endpoints,
            access=access,
            metrics=metrics,
            connections=self.connections,
            request_ids=request_ids,
            in_flight=limits.in_flight,
            identity=identity,
            access_log=access_log,
            tracer=PassingOn() if tracer is None else tracer,
        )
        self.application = web.Application(middlewares=[self._middleware.handle], client_max_size=BODY_LIMIT)
        self.application[SERVICE], self.application[ACCESS] = service, access
        self.endpoints.add_to(self.application)

    def _make_connections(self, new_id: Callable[[], str]) -> Connections:
        limits = self._limits
        bounds = {"header_deadline": limits.header_deadline, "write_deadline": limits.write_deadline}
        return Connections(bound=limits.connections, **bounds, new_id=new_id)

    def _read(self, route: Route) -> Endpoint:
        if route.streams:
            return StreamEndpoint(route, self._limits.body_deadline, connections=self.connections)
        return Query(route, self._limits.body_deadline)

    @property
    def problem(self) -> Callable[[web.Request, Exception], web.Response]:
        """What answers with the problem that an exception is told as."""
        return self._middleware.problem

    @property
    def in_flight(self) -> int:
        """Count the requests under way."""
        return self._middleware.in_flight

    async def start(self, host: str, port: int, *, reuse_port: bool = False) -> int:
        """Listen on a port, 0 for a free one; return which. Raise OSError.

        With `reuse_port`, other processes may listen on it too (SO_REUSEPORT).
        """
        self._runner = web.AppRunner(
            self.application,
            access_log=None,
            keepalive_timeout=KEEP_ALIVE,
            lingering_time=LINGERING,
            max_headers=MAX_HEADERS,
            read_bufsize=BODY_BUFFER,
            auto_decompress=False,  # a body that is encoded is refused, and not by way of a decoder
            shutdown_timeout=self._limits.stop_deadline + GRACE,
        )
        await self._runner.setup()
        try:
            port = await self.connections.listen(self._runner, host, port, reuse_port=reuse_port)
        except OSError:
            await self._runner.cleanup()
            raise
        self._sweeping = asyncio.get_running_loop().create_task(self._sweep())
        return port

    async def _sweep(self) -> None:
        while True:
            due = time.monotonic() + SWEEP_EVERY
            await asyncio.sleep(SWEEP_EVERY)
            self.late += max(0.0, time.monotonic() - due)
            self._deadline.sweep()

    async def stop(self) -> None:
        """Answer what ends before the stop deadline, and everything else with an unknown outcome."""
        if not self.connections.listening:
            return
        expiring = asyncio.get_running_loop().create_task(self._expire_all())
        await self.connections.stop_listening(DRAIN)
        await self._runner.cleanup()
        self.connections.end()
        self._sweeping.cancel()
        expiring.cancel()

    async def _expire_all(self) -> None:
        await asyncio.sleep(self._limits.stop_deadline)
        logger.error("stopping without the outcome of what is under way", extra={"requests": self.in_flight})
        for _ in range(10):
            self._deadline.expire_all()
            await asyncio.sleep(GRACE / 10)
        self.connections.abort_all()  # a client that does not read its answer would hold the stop
