"""The server on loopback with a route table of two rows, whose handlers do what the address asks for."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec
from aiohttp import web

from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.journal import Receipt
from seatkeeper.actors.aggregates.messages import Accepted, Event, NotFound, Refusal
from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.http.observability.traces import Tracer
from seatkeeper.http.server.connections import Connections
from seatkeeper.http.server.endpoints import Access, FindRefusal
from seatkeeper.http.server.routes import OPEN, Answer, Call, Caller, Nothing, Route
from seatkeeper.http.server.server import Limits, Server
from seatkeeper.storage.journal_ids import JournalIdentity
from tests.wire import Connection, request

GET = b"GET /words/%s HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /words HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
LARGE = 4_000_000
"""Bytes of the large answer."""


class Word(msgspec.Struct, frozen=True):
    """The body of a command."""

    word: str = ""


class NoWord(NotFound, frozen=True, gc=False):
    """There is no such word."""


@dataclass
class Handlers:
    """What the handlers are given: the words that they were asked for, and what those wait for."""

    words: list[str] = field(default_factory=list)
    held: asyncio.Event = field(default_factory=asyncio.Event)
    replies: list[Reply] = field(default_factory=list)


async def read_word(handlers: Handlers, call: Call[None, Nothing]) -> Answer:
    """Answer with the word: `hold` waits, `large` is long, `raise` fails."""
    word = call.ids["key"]
    handlers.words.append(word)
    if word == "hold":
        await handlers.held.wait()
    if word == "raise":
        raise ZeroDivisionError
    return Answer(b"x" * LARGE if word == "large" else word.encode(), content_type="text/plain")


def write_word(handlers: Handlers, call: Call[Word, Nothing]) -> Reply:
    """Accept the word; the outcome of `hold` is the test's to give."""
    word, reply = call.body.word, Reply()
    handlers.words.append(word)
    handlers.replies.append(reply)
    if word != "hold":
        reply.set(Accepted(word, len(handlers.words), len(handlers.words)))
    return reply


ROUTES = (
    Route("GET", "/words/{key}", read_word, str, refusals=(NoWord,), media_type="text/plain"),
    Route("POST", "/words", write_word, str, body=Word),
)


class Anybody:
    """Lets everybody in."""

    def admit(self, request: web.Request, route: Route | None) -> Caller:  # noqa: ARG002
        """Let a request in."""
        return OPEN

    def admit_again(self, request: web.Request, route: Route) -> None:
        """Let it in still."""

    def finish(self, request: web.Request, response: web.StreamResponse) -> None:
        """Leave the answer as it is."""

    def address_of(self, request: web.Request) -> str:
        """Say where the connection comes from."""
        return request.remote or ""


async def no_receipt(_key: str) -> Receipt | None:
    """Find no receipt."""
    return None


async def no_refusal(_stream_id: str, _events: Sequence[Event]) -> Refusal | None:
    """Find nothing that the journal would not store."""
    return None


LIMITS = Limits(connections=100, header_deadline=100.0, write_deadline=100.0, stop_deadline=5.0)
"""Deadlines that no test reaches by itself."""


def a_server(  # noqa: PLR0913 - each with a default
    handlers: Handlers,
    limits: Limits = LIMITS,
    *,
    routes: Sequence[Route] = ROUTES,
    find_receipt: Callable[[str], Awaitable[Receipt | None]] | None = None,
    find_refusal: FindRefusal = no_refusal,
    access: Access | None = None,
    access_log: bool = False,
    tracer: Tracer | None = None,
) -> Server:
    """Make a server of these handlers, which lets everybody in unless it is told otherwise."""
    numbers = itertools.count()
    return Server(
        routes,
        handlers,
        access=Anybody() if access is None else access,
        find_receipt=no_receipt if find_receipt is None else find_receipt,
        find_refusal=find_refusal,
        limits=limits,
        metrics=Metrics(),
        new_id=lambda: f"request-{next(numbers)}",
        identity=lambda: JournalIdentity("journal", {}),
        access_log=access_log,
        tracer=tracer,
    )


@dataclass
class Running:
    """A server that runs, and its clients."""

    server: Server
    handlers: Handlers
    port: int
    clients: list[Connection] = field(default_factory=list)

    @property
    def connections(self) -> Connections:
        """The server's connections."""
        return self.server.connections

    async def connect(self, data: bytes = b"", *, receive_buffer: int | None = None) -> Connection:
        """Open a connection and send this on it."""
        client = await Connection.open(self.port, receive_buffer=receive_buffer)
        self.clients.append(client)
        return client.write(data)

    def release(self) -> None:
        """Let everything that is held go on."""
        self.handlers.held.set()
        for reply in self.handlers.replies:
            if not reply.done():
                reply.set(Accepted("hold", 1, 1))

    def later(self, seconds: float) -> None:
        """Sweep the connections as if so many seconds had passed."""
        self.connections.sweep(time.monotonic() + seconds)


@asynccontextmanager
async def serving(limits: Limits = LIMITS) -> AsyncIterator[Running]:
    """Serve on a free port; everything is closed at the end."""
    handlers = Handlers()
    server = a_server(handlers, limits)
    running = Running(server, handlers, await server.start("127.0.0.1", 0))
    try:
        yield running
    finally:
        running.release()
        for client in running.clients:
            client.writer.transport.abort()
        await server.stop()


def command(word: str, **headers: str) -> bytes:
    """Write the request that sends this word."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return request("POST", "/words", msgspec.json.encode(Word(word)), named)
