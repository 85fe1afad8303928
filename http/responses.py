"""Responses: what goes back to the client, written in one piece."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus

from aiohttp import HttpVersion10, HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter

_REASONS: Mapping[int, str] = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_NO_CONTENT = HTTPStatus.NO_CONTENT.value  # an attribute of an enumeration is a call


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


def header(name: str, value: str) -> str:
    """Write a header; its value is our own, or was checked, so that it cannot hold the end of a line."""
    return f"{name}: {value}\r\n"


class Response(web.StreamResponse):
    """A status, headers and a body that writes itself: aiohttp's own response costs 8 us more.

    It is one of aiohttp's, so that a handler may return it; all that is asked of it is answered here.
    """

    status = 200
    keep_alive: bool | None = None

    def __init__(self, status: int, body: bytes, headers: str) -> None:
        """Answer with this; the headers are lines, each with its end, as `header` writes them."""
        self.status = status
        self.body = body
        self.lines = headers

    def add(self, name: str, value: str) -> None:
        """Add a header."""
        self.lines += header(name, value)

    def force_close(self) -> None:
        """Have the connection end with this."""
        self.keep_alive = False

    def written(self, request: web.BaseRequest | None = None) -> bytes:
        """Write it all down, as the answer to this request; to none (None), it is the last on its connection."""
        keep = self.keep_alive
        if keep is None:
            keep = self.keep_alive = request is not None and request.keep_alive
        version, connection = "1.1", "" if keep else "Connection: close\r\n"
        if request is not None and request.version is not HttpVersion11 and request.version == HttpVersion10:
            version, connection = "1.0", "Connection: keep-alive\r\n" if keep else ""
        length = "" if self.status == _NO_CONTENT else f"Content-Length: {len(self.body)}\r\n"
        head = f"HTTP/{version} {_REASONS[self.status]}\r\n{_date()}{self.lines}{connection}{length}\r\n".encode()
        return head if request is not None and request.method == "HEAD" else head + self.body

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Begin, as aiohttp asks for it: all is written at the end."""
        self._request = request
        return request.writer

    async def write_eof(self, data: bytes = b"") -> None:  # noqa: ARG002 - aiohttp gives none
        """Write it, and wait while the client does not read."""
        await self._request.writer.write_eof(self.written(self._request))
