"""The closed-loop load: each connection sends its next request when it has the answer to the last one.

Run as a process of its own (`python -m bench.closed_loop`): an `Order` comes on stdin, a `Report` goes to stdout.
An open loop, which sends on a clock and counts from the intended time, would stand beside this file and share
`work.py` and `answers.py` with it.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from typing import TYPE_CHECKING, Final

import msgspec

from bench.answers import Tally, UnreadableAnswer, is_whole, percentiles
from bench.orders import Order, Report
from bench.work import Request, requests

if TYPE_CHECKING:
    from collections.abc import Iterator

DRAIN: Final = 30.0
"""Seconds that the last answers may take."""

LARGEST_ANSWER: Final = 65_536
"""Bytes; a longer answer ends its connection, and the benchmark."""


class Load:
    """The requests still to be sent, and how many connections are still at it."""

    def __init__(self, work: Iterator[Request], tally: Tally, limit: int | None) -> None:
        """Hand out at most `limit` requests; None is without an end."""
        self.tally = tally
        self.drained = asyncio.get_running_loop().create_future()
        self._work = work
        self._left = sys.maxsize if limit is None else limit
        self._running = 0

    def start_one(self) -> None:
        """Count a connection in."""
        self._running += 1

    def end_one(self) -> None:
        """Count a connection out; the last one ends the load."""
        self._running -= 1
        if self._running == 0 and not self.drained.done():
            self.drained.set_result(None)

    def next(self) -> Request | None:
        """Give the next request, or None when there is no more."""
        if self._left <= 0:
            return None
        self._left -= 1
        return next(self._work, None)

    def stop(self) -> None:
        """Send nothing new."""
        self._left = 0


class Connection(asyncio.BufferedProtocol):
    """One keep-alive connection with at most one request on its way.

    It receives into a buffer of its own: a plain `Protocol` allocates 256 KiB for each read, 10 µs of 25 a request.
    """

    def __init__(self, load: Load) -> None:
        """Take part in the load."""
        self._load = load
        self._buffer = memoryview(bytearray(LARGEST_ANSWER))
        self._received = 0
        self._request: Request | None = None
        self._sent_at = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready; nothing is sent before every connection is open."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._load.start_one()

    def send(self) -> None:
        """Send the next request, or leave."""
        self._request = self._load.next()
        if self._request is None:
            self._load.end_one()
            self._transport.close()
            return
        self._sent_at = time.perf_counter_ns()
        self._transport.write(self._request.data)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - what is left is all there is
        """Give the room behind what has come so far."""
        return self._buffer[self._received :]

    def buffer_updated(self, nbytes: int) -> None:
        """Take the answer's time when it is whole, and go on."""
        now = time.perf_counter_ns()
        self._received += nbytes
        answer = bytes(self._buffer[: self._received])
        try:
            whole = is_whole(answer)
        except UnreadableAnswer:
            self._request = None
            self._load.tally.count_other("an answer that is not understood")
            self._load.end_one()
            self._transport.abort()
            return
        if not whole:
            return
        self._received = 0
        if self._request is not None:
            self._load.tally.count(answer, self._request.name, now - self._sent_at)
        self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count a request that got no answer."""
        if self._request is not None:
            self._load.tally.count_other(f"connection lost ({type(exc).__name__})")
            self._load.end_one()


async def run(order: Order) -> Report:
    """Make the load and report it."""
    spacing = max(1, order.requests // order.samples) if order.requests and order.samples else 0
    tally = Tally(spacing)
    load = Load(requests(order.work), tally, order.requests)
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: Connection(load), "127.0.0.1", order.port)
        for _ in range(order.connections)
    ]
    for _, connection in opened:
        connection.send()
    await asyncio.wait({load.drained}, timeout=order.warm_up)
    rate, busy = await measure(order, load)
    load.stop()
    async with asyncio.timeout(DRAIN):
        await load.drained
    times = tally.milliseconds()
    in_order = times if order.connections == 1 else []
    return Report(tally.acknowledged, tally.others, rate, percentiles(times), busy, tally.sampled, in_order)


async def measure(order: Order, load: Load) -> tuple[float, float]:
    """Wait for the end of the measured part; right answers a second, and the share of a core that was used."""
    began, used = time.perf_counter(), time.process_time()
    load.tally.measuring = True
    await asyncio.wait({load.drained}, timeout=order.seconds)
    load.tally.measuring = False
    seconds = time.perf_counter() - began
    return load.tally.measured / seconds, (time.process_time() - used) / seconds


def main() -> None:
    """Read the order, make the load, write the report."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    gc.disable()  # nothing here makes cycles, and a collection would be counted as the server's latency
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(run(order))))


if __name__ == "__main__":
    main()
