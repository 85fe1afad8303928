"""Connections: how many there may be, and how long each may take; aiohttp bounds neither.

A sweep over all of them, each second, closes what has lasted too long: a deadline is kept to the second.

- Beyond the bound, a connection is answered with a 503 at once. While that happens, each sweep closes as many idle
  connections as were refused since the last one, but at most a tenth of all, the longest idle first: a client that
  holds many without using them cannot keep everyone else out, and who comes back after the `Retry-After` of one second
  finds room. Connections that are accepted in one turn of the loop are counted in the next.
- The first request of a connection has to come within the header deadline; later ones within the time for which an idle
  connection is kept. A proxy before the service can hold the headers of each request to a deadline.
- A client that does not take its answers is cut off by the kernel after the write deadline (TCP_USER_TIMEOUT).
"""

from __future__ import annotations

import asyncio
import heapq
import resource
import socket
import time
from collections.abc import Callable

from aiohttp import web

from seatkeeper.http.server.problems import OVERLOADED, TOO_SLOW
from seatkeeper.http.server.responses import whole_response

BACKLOG = 1024
"""Connections that may wait in the kernel to be accepted."""

FILES = 64
"""Files beside the connections: the journal, its readers, the loop, and what a backup opens."""

REFUSED = 32
"""Connections beyond the bound that may be reading their 503; for the next one, the first is cut."""

SPARED = 1.0
"""Seconds for which a connection must have been idle before it is closed to make room."""

SWEEP_EVERY = 1.0
"""Seconds between two sweeps."""


class Connections:
    """Makes the protocol of each connection, and sweeps them; the counters are for the metrics."""

    def __init__(self, *, bound: int, header_deadline: float, write_deadline: float, new_id: Callable[[], str]) -> None:
        """Let at most `bound` be open; times are in seconds."""
        self._bound = bound
        self._header_deadline = header_deadline
        self._write_deadline = write_deadline
        self._new_id = new_id
        self._server: web.Server | None = None  # aiohttp's, from `listen` on
        self._new: dict[web.RequestHandler, float] = {}
        self._idle: dict[web.RequestHandler, float] = {}
        self._reading_refusal: dict[RefusedConnection, float] = {}
        self._missed = 0
        self.listening = False
        self.draining = False
        self.refused = 0
        self.let_go = 0
        self.slow_headers = 0

    def __len__(self) -> int:
        """Count the open connections."""
        return len(self._open)

    @property
    def _open(self) -> list[web.RequestHandler]:
        return [] if self._server is None else self._server.connections

    async def listen(self, runner: web.AppRunner, host: str, port: int, *, reuse_port: bool = False) -> int:
        """Listen on a port, 0 for a free one; return which. The runner is set up; raise OSError."""
        self._server = runner.server
        loop = asyncio.get_running_loop()
        listener = socket.create_server((host, port), family=_family(host), backlog=BACKLOG, reuse_port=reuse_port)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux has it, and its connections inherit it from the listener
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(self._write_deadline * 1000))
        self._listening = await loop.create_server(self, sock=listener, backlog=BACKLOG)
        self._sweeping = loop.create_task(self._sweep_for_ever())
        self.listening = True
        return int(listener.getsockname()[1])

    def __call__(self) -> asyncio.Protocol:
        """Make the protocol of a connection that was accepted."""
        if self._server is None or len(self) >= self._bound:
            return self._refuse()
        connection = self._server()
        self._new[connection] = self._idle[connection] = time.monotonic()
        return connection

    def _refuse(self) -> RefusedConnection:
        self.refused += 1
        self._missed += 1
        if len(self._reading_refusal) == REFUSED:
            next(iter(self._reading_refusal)).abort()
        refused = RefusedConnection(whole_response(OVERLOADED, self._new_id()), self._reading_refusal.pop)
        self._reading_refusal[refused] = time.monotonic()
        return refused

    def request_began(self, connection: web.RequestHandler) -> None:
        """Note that a request of this connection is under way."""
        self._new.pop(connection, None)
        self._idle.pop(connection, None)

    def request_ended(self, connection: web.RequestHandler) -> None:
        """Note that it has ended."""
        self._idle[connection] = time.monotonic()

    async def stop_listening(self, patience: float) -> None:
        """Take no new connections, and close each with its next response; wait so many seconds for that."""
        self.draining = True
        self._listening.close()
        end = time.monotonic() + patience
        while self._open and time.monotonic() < end:  # noqa: ASYNC110 - aiohttp reports no closed one
            await asyncio.sleep(patience / 30)

    def abort_all(self) -> None:
        """Close every connection at once, whatever it still has to send."""
        for connection in self._open:
            if connection.transport is not None:
                connection.transport.abort()

    def end(self) -> None:
        """Stop sweeping."""
        self._sweeping.cancel()
        for refused in list(self._reading_refusal):
            refused.abort()

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_EVERY)
            self.sweep(time.monotonic())

    def sweep(self, now: float) -> None:
        """Close what has lasted too long by this time of `time.monotonic`; make room if a connection was refused."""
        here = set(self._open)
        self._new = {connection: since for connection, since in self._new.items() if connection in here}
        self._idle = {connection: since for connection, since in self._idle.items() if connection in here}
        for connection, since in list(self._new.items()):
            if since <= now - self._header_deadline:
                self.slow_headers += 1
                self._close(connection, whole_response(TOO_SLOW, self._new_id()))
        for refused, since in list(self._reading_refusal.items()):
            if since <= now - SWEEP_EVERY:
                refused.abort()
        if self._missed:
            self._make_room(min(self._missed, self._bound // 10 + 1), now - SPARED)
            self._missed = 0

    def _close(self, connection: web.RequestHandler, last_words: bytes = b"") -> None:
        self._new.pop(connection, None)
        self._idle.pop(connection, None)
        if connection.transport is not None and last_words:
            connection.transport.write(last_words)
        connection.force_close()

    def _make_room(self, count: int, latest: float) -> None:
        idle = [connection for connection, since in self._idle.items() if since <= latest]
        for connection in heapq.nsmallest(count, idle, key=self._idle.__getitem__):
            self.let_go += 1
            self._close(connection)


def refuse_used_port(host: str, port: int) -> None:
    """Raise OSError if this port cannot be listened on now; 0 is any that is free."""
    with socket.create_server((host, port), family=_family(host)):
        pass


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


class RefusedConnection(asyncio.Protocol):
    """A connection beyond the bound, until it has read its answer: closed at once, it might lose that to a reset."""

    def __init__(self, answer: bytes, forget: Callable[[RefusedConnection, None], object]) -> None:
        """Answer with these bytes; `forget` is called when the connection is gone."""
        self._answer = answer
        self._forget = forget
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Answer at once."""
        self._transport = transport  # type: ignore[assignment] # uvloop's is no subclass
        transport.write(self._answer)  # type: ignore[attr-defined]
        transport.write_eof()  # type: ignore[attr-defined]

    def data_received(self, _data: bytes) -> None:
        """Close: what the client had to say is out of the way."""
        if self._transport is not None:
            self._transport.close()

    def connection_lost(self, _error: BaseException | None) -> None:
        """Make room for another."""
        self._forget(self, None)

    def abort(self) -> None:
        """Close it without waiting."""
        if self._transport is not None:
            self._transport.abort()
        self._forget(self, None)


def affordable(wanted: int) -> int:
    """Return how many of so many connections the limit of open files allows, after raising it as far as it goes."""
    needed = wanted + FILES + REFUSED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return max(1, wanted - (needed - soft))
    return wanted
