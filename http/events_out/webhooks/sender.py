"""Requests to endpoints: one pool of connections, to checked addresses only, without redirects, proxies or cookies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import NamedTuple, Protocol

import aiohttp
from yarl import URL

from seatkeeper.http.events_out.webhooks.addresses import check_url
from seatkeeper.http.events_out.webhooks.connections import AddressRefused, Lookup, PublicResolver, open_socket, resolve

CONNECT_DEADLINE = 10.0
"""Seconds to connect."""

KEEP_ALIVE = 4.0
"""Seconds for which an idle connection is kept: many servers close it after 5, just when the next message is sent."""

LARGEST_ANSWER = 64 * 1024
"""Bytes of an answer that are read, so that its connection can be used again."""

BODY_DEADLINE = 1.0
"""Seconds for the rest of an answer after its status."""

URLS = 256
"""Checked URLs that are remembered."""

_NOT_SENT = ("Accept", "Accept-Encoding")
_FIXED = {"Content-Type": "application/json", "User-Agent": "Seatkeeper-Webhooks/1"}


class Answer(NamedTuple):
    """A status, or the error because of which there is none."""

    status: int | None
    error: str | None = None
    retry_after: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the endpoint has taken the message."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - RFC 9110


class Sender(Protocol):
    """What sends a message."""

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST the message; the caller has a deadline for it."""


class ClosingSender(Sender, Protocol):
    """A sender that keeps connections until it is closed."""

    async def close(self) -> None:
        """Close them."""


class HttpSender:
    """Sends over HTTP. It opens with its first message."""

    def __init__(
        self,
        *,
        allow_http: bool = False,
        allow_private: bool = False,
        tls: ssl.SSLContext | None = None,
        lookup: Lookup = resolve,
    ) -> None:
        """Verify certificates by this context, the system's where there is none; look names up with this function."""
        self._allow_private = allow_private
        # Parsing and checking a URL takes a tenth of a delivery: 25 us.
        self._check = lru_cache(URLS)(partial(_checked, allow_http=allow_http, allow_private=allow_private))
        self._tls: ssl.SSLContext | bool = True if tls is None else tls
        self._lookup = lookup
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=0,  # each webhook has its own bound: one must not take the connections of another
                ssl=self._tls,
                keepalive_timeout=KEEP_ALIVE,
                resolver=PublicResolver(self._lookup, allow_private=self._allow_private),
                socket_factory=open_socket(allow_private=self._allow_private),
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                headers=_FIXED,
                skip_auto_headers=_NOT_SENT,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_DEADLINE),
            )
        return self._session

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST the message; answer with the status, or with the error in words that name no address."""
        checked = self._check(url)
        if not isinstance(checked, URL):
            return Answer(None, f"the URL {checked}")
        try:
            try:
                return await self._post(checked, headers, body)
            except (aiohttp.ServerDisconnectedError, ConnectionResetError):
                # It closed an idle connection while we used it: ask on another. The id tells it of a repeat.
                return await self._post(checked, headers, body)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return Answer(None, in_words(error))

    async def _post(self, url: URL, headers: Mapping[str, str], body: bytes) -> Answer:
        async with self._open().post(url, data=body, headers=headers, allow_redirects=False) as response:
            answer = Answer(response.status, None, response.headers.get("Retry-After"))
            await _drain(response)
            return answer

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


def _checked(url: str, *, allow_http: bool, allow_private: bool) -> URL | str:
    wrong = check_url(url, allow_http=allow_http, allow_private=allow_private)
    return URL(url) if wrong is None else wrong


async def _drain(response: aiohttp.ClientResponse) -> None:
    """Read the body, so that its connection can be used again; close the connection when it is too large or too slow.

    The status has come, and nothing in the body matters.
    """
    if response.content.is_eof():
        return
    left = LARGEST_ANSWER
    with contextlib.suppress(aiohttp.ClientError, OSError):  # with the deadline's TimeoutError
        async with asyncio.timeout(BODY_DEADLINE):
            while left > 0:
                chunk = await response.content.readany()
                if not chunk:
                    return
                left -= len(chunk)
    response.close()


def in_words(error: Exception) -> str:
    """Say what happened, without the address, which may be none of the reader's business."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, AddressRefused):
        return str(error.os_error)
    words = next((words for kind, words in _WORDS if isinstance(error, kind)), "the request failed")
    number = error.errno if words is _NO_CONNECTION and isinstance(error, OSError) else None
    return f"{words}: {os.strerror(number)}" if number else words


_NO_CONNECTION = "the connection failed"

_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ConnectionTimeoutError, f"no connection within {CONNECT_DEADLINE:.0f} s"),
    (TimeoutError, "no answer in time"),
    (aiohttp.ClientConnectorDNSError, "the name was not found"),
    (aiohttp.ClientConnectorCertificateError, "the certificate is not trusted"),
    (aiohttp.ClientSSLError, "TLS failed"),
    (aiohttp.ClientConnectorError, _NO_CONNECTION),
    (aiohttp.ServerDisconnectedError, "the connection was closed before an answer"),
    (aiohttp.ClientOSError, "the connection broke"),
    (aiohttp.ClientResponseError, "the answer is not HTTP"),
    (aiohttp.ClientPayloadError, "the answer broke off"),
)
