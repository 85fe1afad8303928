"""Answers without an end: a route whose handler goes on writing for as long as the client reads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from aiohttp import ClientError, Payload, web
from aiohttp.abc import AbstractStreamWriter

from seatkeeper.http.server.connections import Connections

NOT_KEPT = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Nobody on the way keeps what was sent, or waits for more of it."""


class Client:
    """The client of an answer without an end."""

    def __init__(self, writer: AbstractStreamWriter, transport: asyncio.Transport | None) -> None:
        """Write to this client."""
        self._writer = writer
        self._transport = transport

    @property
    def gone(self) -> bool:
        """Tell whether its connection is closed."""
        return self._transport is None or self._transport.is_closing()

    async def send(self, data: bytes) -> None:
        """Send this, and wait until it has taken most of it; raise ConnectionError."""
        try:
            await self._writer.write(data)
            await self._writer.drain()
        except ClientError as error:
            raise ConnectionResetError from error

    def abort(self) -> None:
        """Close its connection at once, with what it has not taken yet."""
        if self._transport is not None:
            self._transport.abort()


class Streamed(Protocol):
    """An answer without an end, as a handler returns it."""

    headers: Mapping[str, str]

    async def write_to(self, client: Client) -> None:
        """Write to the client until it is gone, or until there is an end after all; raise ConnectionError."""


class StreamBody(Payload):
    """The body of such an answer.

    aiohttp writes a body after the handler and the middleware are done, so a client that reads for days is none of the
    requests under way, and what the metrics and the log have is the time to its first byte.
    """

    def __init__(self, streamed: Streamed, request: web.Request, connections: Connections) -> None:
        """Have it written to the client of this request."""
        super().__init__(streamed, content_type="text/event-stream")
        self._streamed = streamed
        self._request = request
        self._connections = connections

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Raise TypeError: it has no end."""
        raise TypeError(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write until either side ends it; raise ConnectionError."""
        self._connections.request_began(self._request.protocol)  # it is not idle
        await self._streamed.write_to(Client(writer, self._request.transport))
