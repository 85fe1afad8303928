"""The connection to a service: each call is sent until its answer is known, or its deadline is over."""

from __future__ import annotations

import asyncio
import dataclasses
import ssl
import time
import uuid
from collections.abc import Iterator, Mapping
from random import SystemRandom
from typing import Self, TypedDict, TypeVar, Unpack

import aiohttp
import msgspec
from yarl import URL

from seatkeeper.http.client.calls import Answer, Call, DryRun, given
from seatkeeper.http.client.errors import NoAnswer, Problem
from seatkeeper.http.client.sending.replies import Reply, answer_of, tried

T = TypeVar("T")

PASSING = frozenset({502, 503, 504})
"""The statuses after which a call is sent again; 429 too, where it says when."""

DEADLINE, TIMEOUT = 30.0, 10.0
"""Seconds for all attempts of a call, and for each of them."""

CONNECTIONS = 100
"""TCP connections of a client, at most."""

FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0
"""Seconds, at most, before the first repeat, and between later ones."""

LOST = (aiohttp.ClientError, TimeoutError, OSError)
HOPELESS = (aiohttp.ClientConnectorCertificateError, aiohttp.InvalidURL)
_random = SystemRandom()


class Settings(TypedDict, total=False):
    """What a client may be told: `deadline` are the seconds for all attempts of a call, `timeout` those for each.

    It holds `connections` at most, and trusts what `tls` trusts.
    """

    deadline: float
    timeout: float
    connections: int
    tls: ssl.SSLContext


class Connection:
    """Sends calls to one service, on one event loop. It holds so many TCP connections at most."""

    def __init__(self, url: str, key: str | None = None, **settings: Unpack[Settings]) -> None:
        """Speak to the service at `url` with an API key."""
        self._base = URL(url.rstrip("/"))
        if self._base.scheme not in {"http", "https"} or self._base.host is None:
            raise ValueError(f"not the address of a service: {url!r}")
        self._key = key
        self._settings = settings
        self._deadline = settings.get("deadline", DEADLINE)
        self._timeout = settings.get("timeout", TIMEOUT)
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> Self:
        """Prepare to send, on the event loop that runs; nothing is sent yet."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self._settings.get("connections", CONNECTIONS), ssl=self._settings.get("tls", True)
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "seatkeeper-client"}
            | ({} if self._key is None else {"Authorization": f"Bearer {self._key}"}),
        )
        return self

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """Return the session of aiohttp; raise RuntimeError for a client that is not open."""
        if self._session is None:
            raise RuntimeError("the client is not open: use it as a context manager")
        return self._session

    def url(self, call: Call[T]) -> URL:
        """Write the address that a call goes to."""
        return URL(f"{self._base}{call.path}", encoded=True).with_query(written(call.query))

    async def send(self, call: Call[T]) -> Answer[T]:
        """Send a call and return its answer; raise Problem or NoAnswer.

        A write has one key for all attempts, so that an answer that was lost on the way is no second effect.
        """
        key = call.options.get("idempotency_key", str(uuid.uuid4())) if call.writes else None
        reply = await self._reply(call, key)
        return answer_of(call, reply, key)

    async def dry_run(self, call: Call[T]) -> DryRun[T]:
        """Ask what would come of a write."""
        asked = dataclasses.replace(call, query={**call.query, "dry_run": True})
        return tried(call, await self._reply(asked, None))

    async def _reply(self, call: Call[T], key: str | None) -> Reply:
        ends = time.monotonic() + call.options.get("deadline", self._deadline)
        headers = headers_of(call, key)
        body = None if call.body is None else msgspec.json.encode(given(call.body))
        waits = back_off()
        while True:
            try:
                reply = await self._attempt(call, headers, body, ends - time.monotonic())
            except HOPELESS as error:
                raise NoAnswer(f"{call.method} {call.path}: {error}", key) from error
            except LOST as error:
                failure: Problem | NoAnswer = NoAnswer(
                    f"{call.method} {call.path}: {str(error) or type(error).__name__}", key
                )
                failure.__cause__ = error
            else:
                if reply.status < 300:  # noqa: PLR2004 - 2xx
                    return reply
                failure = reply.problem(key)
                if not may_pass(failure):
                    raise failure
            wait = max(next(waits), (isinstance(failure, Problem) and failure.retry_after) or 0.0)
            if not call.repeated or time.monotonic() + wait >= ends:
                raise failure
            await asyncio.sleep(wait)

    async def _attempt(self, call: Call[T], headers: Mapping[str, str], body: bytes | None, left: float) -> Reply:
        timeout = aiohttp.ClientTimeout(total=max(0.001, min(self._timeout, left)))  # 0 would be no timeout
        sending = self.session.request(
            call.method, self.url(call), data=body, headers=headers, timeout=timeout, allow_redirects=False
        )
        async with sending as response:
            return Reply(response.status, response.headers, await response.read())


def may_pass(problem: Problem) -> bool:
    """Tell whether the same call may succeed a little later."""
    return problem.status in PASSING or (problem.status == 429 and problem.retry_after is not None)  # noqa: PLR2004


def back_off() -> Iterator[float]:
    """Say how long to wait before each repeat: ever longer, and by chance, so that many clients do not come at once."""
    longest = FIRST_WAIT
    while True:
        yield _random.uniform(longest / 2, longest)
        longest = min(2 * longest, LONGEST_WAIT)


def written(query: Mapping[str, object]) -> dict[str, str]:
    """Write the parameters of a query, without those that were not given."""
    found = given(query)
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in found.items()}


def headers_of(call: Call[T], key: str | None) -> dict[str, str]:
    """Write what a call comes with."""
    options = call.options
    headers = {} if call.body is None else {"Content-Type": "application/json"}
    if key is not None:
        headers["Idempotency-Key"] = key
    if "if_version" in options:
        headers["If-Match"] = f'"{options["if_version"]}"'
    if "on_behalf_of" in options:
        headers["Seatkeeper-On-Behalf-Of"] = options["on_behalf_of"]
    if "request_id" in options:
        headers["X-Request-Id"] = options["request_id"]
    return headers
