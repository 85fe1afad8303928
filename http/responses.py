"""Responses: what goes back to the client, written in one piece."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus

from aiohttp import HttpVersion10, web
from aiohttp.abc import AbstractStreamWriter

_REASONS: Mapping[int, str] = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class _Date:
    """The header that says when, written once a second."""

    def __init__(self) -> None:
        self._second = 0
        self._line = ""

    def __call__(self) -> str:
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._line = f"Date: {formatdate(second, usegmt=True)}\r\n"
        return self._line


_date = _Date()


class Response(web.StreamResponse):
    """A status, headers and a body that writes itself: aiohttp's own response costs 8 us more.

    It is one of aiohttp's, so that a handler may return it; all that is asked of it is answered here.
    """

    status = 200
    keep_alive: bool | None = None

    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        """Answer with this; the values of the headers are our own, so that none can hold the end of a line."""
        self.status = status
        self.body = body
        self.fields = headers

    def force_close(self) -> None:
        """Have the connection end with this."""
        self.keep_alive = False

    def written(self, request: web.BaseRequest | None = None) -> bytes:
        """Write it all down, as the answer to this request; to none (None), it is the last on its connection."""
        old = request is not None and request.version == HttpVersion10
        if self.keep_alive is None:
            self.keep_alive = request is not None and request.keep_alive
        lines = [f"HTTP/{'1.0' if old else '1.1'} {_REASONS[self.status]}\r\n{_date()}"]
        lines += [f"{name}: {value}\r\n" for name, value in self.fields.items()]
        if old and self.keep_alive:
            lines.append("Connection: keep-alive\r\n")
        elif not (old or self.keep_alive):
            lines.append("Connection: close\r\n")
        if self.status == HTTPStatus.NO_CONTENT:
            lines.append("\r\n")
            return "".join(lines).encode()
        lines.append(f"Content-Length: {len(self.body)}\r\n\r\n")
        head = "".join(lines).encode()
        return head if request is not None and request.method == "HEAD" else head + self.body

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Begin, as aiohttp asks for it: all is written at the end."""
        self._request = request
        return request.writer

    async def write_eof(self, data: bytes = b"") -> None:  # noqa: ARG002 - aiohttp gives none
        """Write it, and wait while the client does not read."""
        await self._request.writer.write_eof(self.written(self._request))
