"""A receiver of webhooks that only counts: it answers each message with 204, and a GET with what it has counted."""

from __future__ import annotations

import asyncio
import signal
from typing import Final, cast

import msgspec
import uvloop

TAKEN: Final = b"HTTP/1.1 204 No Content\r\n\r\n"


class Received(msgspec.Struct):
    """The number of messages, and how many of them were different."""

    messages: int = 0
    different: int = 0


class Messages:
    """What came in on all connections."""

    def __init__(self) -> None:
        self.count = 0
        self.ids: set[bytes] = set()

    def answer(self) -> bytes:
        """Answer a GET."""
        body = msgspec.json.encode(Received(self.count, len(self.ids)))
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


class Connection(asyncio.Protocol):
    """Reads requests one after the other, as far as counting them needs."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            first, *lines = self._data[:end].split(b"\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in lines)
            size = end + 4 + int(fields.get(b"content-length", b"0"))
            if len(self._data) < size:
                return
            self._data = self._data[size:]
            if first.startswith(b"GET"):
                self._transport.write(self._messages.answer())
            else:
                self._messages.count += 1
                self._messages.ids.add(fields[b"webhook-id"])
                self._transport.write(TAKEN)


async def serve() -> None:
    """Serve until the process is asked to end."""
    messages, loop, ended = Messages(), asyncio.get_running_loop(), asyncio.Event()
    server = await loop.create_server(lambda: Connection(messages), "127.0.0.1", 0)
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await ended.wait()


if __name__ == "__main__":
    uvloop.run(serve())
