"""Clients of the stream of events: one that reads to the end of the journal, and a thousand that only count."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from bench.failure import BenchFailure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.servers import Server

EVENT: Final = b"\ndata: "
CHUNK: Final = 1 << 18
DEADLINE: Final = 30.0


class Count:
    """Counts events in what a socket receives, also where one is cut in two."""

    def __init__(self) -> None:
        self.events = 0
        self._rest = b""

    def add(self, data: bytes) -> None:
        """Count what has come."""
        text = self._rest + data
        self.events += text.count(EVENT)
        self._rest = text[-len(EVENT) + 1 :]


def open_stream(server: Server, query: str = "") -> socket.socket:
    """Ask for the stream."""
    channel = socket.create_connection(("127.0.0.1", server.port), DEADLINE)
    channel.sendall(f"GET /v1/events/stream{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return channel


def catch_up(server: Server, events: int) -> float:
    """Read so many events from the beginning; return the seconds that it took."""
    count, began = Count(), time.perf_counter()
    with open_stream(server, "?after=0") as channel:
        while count.events < events:
            data = channel.recv(CHUNK)
            if not data:
                raise BenchFailure(f"the stream ended after {count.events:,} events")
            count.add(data)
    return time.perf_counter() - began


class Followers:
    """So many readers of what comes from now on, in a thread; `cut` are those whose stream has ended."""

    def __init__(self, server: Server, count: int) -> None:
        self._channels = [open_stream(server) for _ in range(count)]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self.counts = {channel: Count() for channel in self._channels}
        self.cut = 0
        self._thread.start()

    def _read(self) -> None:
        with selectors.DefaultSelector() as selector:
            for channel in self._channels:
                selector.register(channel, selectors.EVENT_READ, channel)
            while not self._ended.is_set():
                for key, _ in selector.select(0.1):
                    reading: socket.socket = key.data
                    data = reading.recv(CHUNK)
                    if data:
                        self.counts[reading].add(data)
                    else:
                        self.cut += 1
                        selector.unregister(reading)

    def wait_for(self, events: int) -> None:
        """Wait until each has so many events."""
        end = time.monotonic() + DEADLINE
        while min(count.events for count in self.counts.values()) < events:
            if time.monotonic() > end:
                raise BenchFailure(f"not all followers have {events:,} events; {self.cut} were cut")
            time.sleep(0.01)

    def close(self) -> None:
        """Close all."""
        self._ended.set()
        self._thread.join()
        for channel in self._channels:
            channel.close()


@contextmanager
def followed(server: Server, count: int) -> Iterator[Followers]:
    """Have so many follow."""
    followers = Followers(server, count)
    try:
        yield followers
    finally:
        followers.close()
