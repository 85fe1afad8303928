"""Connections: how many there may be, and how long each may take; aiohttp bounds neither.

There is no timer for a request. A connection notes when something began (connection.py, a few comparisons a request),
and a sweep over all of them, each second, cuts what has lasted too long: a deadline is kept to the second.

- Beyond the bound, a connection is answered with a 503 at once. While that happens, each sweep closes as many idle
  connections as were turned away since the last one, but at most a tenth of all, the longest idle first: who holds many
  without using them cannot keep everyone else out, and who comes back after the `Retry-After` of one second finds room.
- Headers are late when their first bytes came longer ago than the header deadline. Bytes that came with the end of
  another request do not start that clock, the next ones do; until then the connection counts as idle, and aiohttp
  closes it after the keep-alive time.
- A client does not read when its answers have not drained from the transport's buffer (64 KiB, then it has to fall
  below 16), or a connection that was closed has not got rid of its last bytes, for the write deadline. Its connection
  is aborted, whatever is in it.
- aiohttp parses 32 requests ahead and then stops reading; here it also stops at 256 KiB.
- Malformed HTTP gets a problem like everything else, and so do CONNECT and the versions 0.9 and 2.0, which aiohttp
  would hand to the handler.
- Nobody is upgraded. Behind a request to go on with anything but a websocket, the parser drops what came in the same
  packet, so the connection ends with its answer: who has said more knows that it was not heard.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import os
import resource
import socket
import struct
from collections.abc import Callable, Coroutine
from typing import Protocol

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage
from aiohttp.web_protocol import RequestHandler

from seatkeeper.actors.aggregate import Reply
from seatkeeper.http.connection import NEVER, Connection
from seatkeeper.http.problems import OVERLOADED, TOO_SLOW, Fault, Faulty, fault_response
from seatkeeper.http.responses import Response


class Handler(Protocol):
    """Answers requests: one whose body is handed over is stepped as an errand, and any other runs in a task."""

    def __call__(
        self, request: web.BaseRequest, body: bytes | None = None
    ) -> Coroutine[asyncio.Future[object] | Reply | None, None, Response]:
        """Answer a request."""


ACCEPTS = 16
"""Connections accepted in one turn of the loop; it is three turns later that one can be turned away."""

FILES = 64
"""Files beside the connections: the journal, its readers, the loop, and what a backup opens."""

TURNED_AWAY = 32
"""Connections beyond the bound that may be reading their 503; for the next one, the first is cut."""

FLUSHING = 0.5
"""Seconds for which connections that are closed at the end may still send what they have."""

SPARED = 1.0
"""Seconds for which a connection must have been idle before it is closed to make room."""


class Connections(web.Server):
    """Makes the protocol of each connection, and sweeps them; the counters are for the metrics."""

    def __init__(  # noqa: PLR0913 - each is a setting, given by name
        self,
        handler: Handler,
        *,
        bound: int,
        header_deadline: float,
        write_deadline: float,
        keep_alive: float,
        body_limit: int,
        new_id: Callable[[], str],
        interval: float = 1.0,
    ) -> None:
        """Let at most `bound` be open; times are in seconds, and the limit of a body that is read is in bytes."""
        super().__init__(handler, request_factory=self.request)
        self.handler = handler
        self.loop = asyncio.get_running_loop()
        self._bound = bound
        self._header_deadline = header_deadline
        self._write_deadline = write_deadline
        self._keep_alive = keep_alive
        self._interval = interval
        self._body_limit = body_limit
        self._new_id = new_id
        self._timer: asyncio.TimerHandle | None = None
        self._missed = 0
        self._empty = asyncio.Event()
        self._empty.set()
        self.open: dict[Connection, asyncio.Transport] = {}
        self.turned_away: dict[TurnedAway, float] = {}
        self.refused = 0
        self.let_go = 0
        self.slow_headers = 0
        self.slow_readers = 0

    def __call__(self) -> Connection:
        """Make the protocol of a connection that was accepted."""
        return Connection(self, self._keep_alive)

    def request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: RequestHandler,
        writer: AbstractStreamWriter,
        task: asyncio.Task[None] | None,
    ) -> web.BaseRequest:
        """Make a request of what was parsed."""
        # Without a task there is only nobody to cancel.
        return web.BaseRequest(message, payload, protocol, writer, task, self.loop, client_max_size=self._body_limit)  # type: ignore[arg-type]

    def start(self) -> None:
        """Begin to sweep."""
        self._timer = self.loop.call_later(self._interval, self._tick)

    async def shutdown(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - aiohttp's signature
        """Let what runs finish within `timeout` seconds, close, and stop sweeping; abort what will not go."""
        await super().shutdown(timeout)
        await self.emptied(FLUSHING)
        if self._timer is not None:
            self._timer.cancel()
        for transport in list(self.open.values()):
            transport.abort()
        for stranger in list(self.turned_away):
            stranger.abort()

    async def emptied(self, seconds: float) -> None:
        """Wait until no connection is open, but not for longer than this."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._empty.wait()

    def _tick(self) -> None:
        try:
            self.sweep(self.loop.time())
        finally:
            self.start()

    def admit(self, connection: Connection, transport: asyncio.Transport) -> bool:
        """Take a connection in, or answer it with a 503 and return False."""
        if len(self.open) < self._bound:
            self.open[connection] = transport
            self._empty.clear()
            return True
        self.refused += 1
        self._missed += 1
        if len(self.turned_away) == TURNED_AWAY:
            next(iter(self.turned_away)).abort()
        stranger = TurnedAway(transport, self.turned_away)
        transport.set_protocol(stranger)
        self.turned_away[stranger] = self.loop.time()
        transport.write(self.in_full(OVERLOADED))
        transport.write_eof()
        return False

    def forget(self, connection: Connection) -> None:
        """Make room: it is closed."""
        self.open.pop(connection, None)
        if not self.open:
            self._empty.set()

    def in_full(self, fault: Fault) -> bytes:
        """Write a problem as the bytes of a whole answer, for where aiohttp has no request to answer."""
        return self.problem(fault).written()

    def problem(self, fault: Fault) -> Response:
        """Answer a connection that has no request which could be named."""
        return fault_response(Faulty(fault), "/", self._new_id())

    def sweep(self, now: float) -> None:
        """Cut what has lasted too long by this time of the loop, and make room if anybody was turned away."""
        for connection, transport in list(self.open.items()):
            if connection.unread_since == NEVER and transport.is_closing():
                connection.unread_since = now
            elif connection.unread_since <= now - self._write_deadline:
                self.slow_readers += 1
                _reset(transport)
            elif connection.headers_since <= now - self._header_deadline:
                self.slow_headers += 1
                connection.give_up(self.in_full(TOO_SLOW))
        for stranger, since in list(self.turned_away.items()):
            if since <= now - self._interval:
                stranger.abort()
        if self._missed:
            self._make_room(min(self._missed, self._bound // 10 + 1), now - SPARED)
            self._missed = 0

    def _make_room(self, count: int, latest: float) -> None:
        idle = [connection for connection in self.open if connection.idle_since() <= latest]
        for connection in heapq.nsmallest(count, idle, key=Connection.idle_since):
            self.let_go += 1
            connection.force_close()


class TurnedAway(asyncio.Protocol):
    """A connection beyond the bound, until it has read its answer: closed at once, it might lose that to a reset."""

    def __init__(self, transport: asyncio.Transport, others: dict[TurnedAway, float]) -> None:
        """Be one of them."""
        self._transport = transport
        self._others = others

    def abort(self) -> None:
        """Wait no longer."""
        self._transport.abort()
        self._others.pop(self, None)

    def data_received(self, _data: bytes) -> None:
        """Close: what the client had to say is out of the way."""
        self._transport.close()

    def connection_lost(self, _exc: BaseException | None) -> None:
        """Be forgotten."""
        self._others.pop(self, None)


def _reset(transport: asyncio.Transport) -> None:
    """Abort, and have the kernel throw away what it still holds for the client: megabytes, for minutes."""
    descriptor = os.dup(transport.get_extra_info("socket").fileno())
    with socket.socket(fileno=descriptor) as channel:
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def affordable(wanted: int) -> int:
    """Return how many of so many connections the limit of open files allows, after raising it as far as it goes."""
    needed = wanted + FILES + TURNED_AWAY + 4 * ACCEPTS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return max(1, wanted - (needed - soft))
    return wanted
