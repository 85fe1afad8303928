"""The receiver of a webhook: the network that leads to it, and the check of what came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from tests.events_out.webhooks.receiver import Receiver
from tests.service import Service
from tests.torture.rig.ledger import Ledger

ALLOWED = ("--webhook-http", "--webhook-private-addresses")
"""The options of a service whose receivers are on loopback."""

DEADLINE = 300.0
"""Seconds for everything to come: what failed some times is tried again after minutes."""

PIECE = 4_096
"""Bytes that are passed on at once."""


async def a_webhook(service: Service, url: str) -> str:
    """Make a webhook that gets everything from the beginning; its secret."""
    made = await asyncio.to_thread(service.post, "/v1/webhooks", {"url": url, "types": ["*"], "after": 0})
    assert made.status_code == 201, made.text
    return str(made.json()["secret"])


class Refusing:
    """Answers 500 to some messages when they come for the first time."""

    def __init__(self) -> None:
        self._refused: set[str] = set()

    async def __call__(self, request: web.Request) -> web.Response:
        """Answer."""
        message_id = request.headers["webhook-id"]
        if position_of(message_id) % 37 or message_id in self._refused:
            return web.Response()
        self._refused.add(message_id)
        return web.Response(status=500)


class Network:
    """Passes connections on to a port, and cuts each after some bytes; while it is down, it cuts all, old and new."""

    def __init__(self, port: int, random: Random) -> None:
        self.down = False
        self.cuts = 0
        self._to, self._random = port, random
        self._open: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Listen on a port, and return it."""
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]
            self.fall()
        if self._passing:
            await asyncio.wait(self._passing, timeout=10)

    def fall(self) -> None:
        """Cut every connection, and those to come."""
        self.down = True
        self._cut(*self._open)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.down:
            self._cut(writer)
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        ends, left = (writer, back), self._random.randrange(5 * PIECE)
        self._open.update(ends)

        async def hand_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            nonlocal left
            while left > 0 and not self.down and (data := await source.read(min(left, PIECE))):
                left -= len(data)
                sink.write(data)
            self._cut(*ends)

        for one in (hand_on(reader, back), hand_on(there, writer)):
            task = asyncio.ensure_future(one)
            self._passing.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._passing.discard(task)
        if not task.cancelled():
            task.exception()  # one end was cut while the other was read

    def _cut(self, *ends: asyncio.StreamWriter) -> None:
        for end in ends:
            self.cuts += end in self._open
            self._open.discard(end)
            end.transport.abort()


def position_of(message_id: str) -> int:
    """The position that a message is about."""
    return int(message_id.rpartition("_")[2])


def came(receiver: Receiver, count: int) -> Callable[[], bool]:
    """A condition: so many more messages came than by now."""
    enough = len(receiver.requests) + count
    return lambda: len(receiver.requests) >= enough


async def everything_comes(receiver: Receiver, ledger: Ledger) -> None:
    """Wait until each event of the journal has come; what does not come in time is missed by `check`."""
    ledger.journal.read_on(ledger.database)
    missing = set(range(1, len(ledger.journal.places) + 1))

    seen = [0]

    def arrived() -> bool:
        missing.difference_update(
            position_of(request.headers["webhook-id"]) for request in receiver.requests[seen[0] :]
        )
        seen[0] = len(receiver.requests)
        return not missing

    with suppress(TimeoutError):
        await receiver.until(arrived, DEADLINE)


def check(receiver: Receiver, secret: str, ledger: Ledger) -> None:
    """Compare what came with the journal: nothing is skipped, streams keep their order, repeats are the same."""
    bodies: dict[str, bytes] = {}
    first: dict[int, str] = {}
    last: dict[str, int] = {}
    add = ledger.findings.add
    for request in receiver.requests:
        message_id = request.headers["webhook-id"]
        try:
            data: Any = Webhook(secret).verify(request.body, dict(request.headers))["data"]
        except WebhookVerificationError as error:
            add("signature", f"{message_id}: {error}")
            continue
        position, stream = data["position"], data["stream_id"]
        if bodies.setdefault(message_id, request.body) != request.body:
            add("changed message", f"{message_id} came with another body", message_id)
        if position not in first and position < last.get(stream, 0):
            add("out of order", f"{position} of {stream} came after {last[stream]}", message_id)
        if first.setdefault(position, message_id) != message_id:
            add("changed message", f"{position} came as {first[position]} and as {message_id}", message_id)
        last[stream] = max(position, last.get(stream, 0))
    for position, place in enumerate(ledger.journal.places, 1):
        if position not in first:
            add("lost", f"{place} at {position} was not delivered", f"delivery {position}")
