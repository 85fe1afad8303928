"""Requests to a service that may be away or busy: each is sent again, with the same key, until it is answered."""

from __future__ import annotations

import asyncio
import random
from typing import NamedTuple

import aiohttp
import msgspec
from aiohttp import hdrs

from seatkeeper.http.cli.statuses import CommandFailed
from seatkeeper.http.headers import IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED

A_TRY = 60.0
"""Seconds for one request."""

SHORTEST, LONGEST = 0.1, 5.0
"""Seconds between two tries, without a Retry-After."""

NOT_NOW = frozenset({408, 425, 429, 500, 502, 503, 504})
"""The statuses after which the same request may get another answer."""

MAY_NOT = frozenset({401, 403})


class Answer(NamedTuple):
    """A final answer."""

    status: int
    body: bytes
    replayed: bool

    @property
    def accepted(self) -> bool:
        """Whether it is a success."""
        return self.status < 300  # noqa: PLR2004 - redirects are none

    @property
    def problem(self) -> str:
        """Say what is wrong: the slug of the problem, and the sentence."""
        return problem_of(self.status, self.body)


class _FieldProblem(msgspec.Struct):
    pointer: str
    detail: str


class Problem(msgspec.Struct):
    """The part of a problem that people read."""

    type: str
    detail: str
    errors: list[_FieldProblem] = []

    def __str__(self) -> str:
        details = "; ".join(f"{one.pointer}: {one.detail}" for one in self.errors)
        return f"{self.type.rpartition('/')[2]}: {details or self.detail}"


def problem_of(status: int, body: bytes) -> str:
    """Say what an answer that is no success says."""
    try:
        return str(msgspec.json.decode(body, type=Problem))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return f"the service answered with status {status}"


class Sender:
    """Sends requests to one service."""

    def __init__(self, session: aiohttp.ClientSession, url: str, patience: float) -> None:
        """Send through this session; wait for an answer for so many seconds."""
        self._session = session
        self._url = url.rstrip("/")
        self._patience = patience

    async def send(self, method: str, path: str, body: bytes | None = None, key: str | None = None) -> Answer:
        """Return the answer; raise CommandFailed when there is none in time, or when the API key may not."""
        headers: dict[str, str] = {} if key is None else {IDEMPOTENCY_KEY: key}
        if body is not None:
            headers[hdrs.CONTENT_TYPE] = "application/json"
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + self._patience, SHORTEST
        while True:
            answer: Answer | None = None
            try:
                answer, asked = await self._try(method, path, body, headers)
            except ValueError as error:  # the address, or what the key has in it: no other try ends otherwise
                raise CommandFailed(f"{self._url} cannot be asked: {error}") from error
            except (aiohttp.ClientError, TimeoutError) as error:
                reason, asked = str(error) or type(error).__name__, None
            else:
                if answer.status not in NOT_NOW:
                    return _allowed(answer)
                reason = answer.problem
            wait = max(pause, asked or 0.0) * random.uniform(1.0, 1.5)  # noqa: S311 - so that not all come back at once
            if loop.time() + wait > end:
                raise CommandFailed(f"{self._url} has not answered for {self._patience:g} s: {reason}")
            await asyncio.sleep(wait)
            pause = min(2 * pause, LONGEST)

    async def _try(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[Answer, float | None]:
        # Without redirects: the API key is for this address only.
        async with self._session.request(
            method, self._url + path, data=body, headers=headers, allow_redirects=False
        ) as response:
            raw = await response.read()
            after = response.headers.get(hdrs.RETRY_AFTER, "")
            answer = Answer(response.status, raw, IDEMPOTENCY_REPLAYED in response.headers)
            return answer, float(after) if after.isdecimal() else None


def _allowed(answer: Answer) -> Answer:
    if answer.status in MAY_NOT:
        raise CommandFailed(f"the API key may not do this: {answer.problem}")
    return answer


def session(key: str | None, connections: int) -> aiohttp.ClientSession:
    """Open a session of so many connections, with this API key if there is one."""
    headers = {hdrs.ACCEPT_ENCODING: "identity"}  # what is compressed here costs the service more than the loopback
    if key:
        headers[hdrs.AUTHORIZATION] = f"Bearer {key}"
    return aiohttp.ClientSession(
        headers=headers,
        timeout=aiohttp.ClientTimeout(total=A_TRY),
        connector=aiohttp.TCPConnector(limit=connections),
        cookie_jar=aiohttp.DummyCookieJar(),
    )
