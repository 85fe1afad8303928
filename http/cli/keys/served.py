"""The keys of a running service, through its API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import quote

import aiohttp
import msgspec

from seatkeeper.actors.access.summaries import ApiKeySummary, KeyWithSecret
from seatkeeper.http.cli.statuses import CommandFailed, ExitStatus

T = TypeVar("T")

DEADLINE = 30.0
"""Seconds for each request."""

LIMIT = 200
"""Keys of a page."""


class _Page(msgspec.Struct):
    items: list[ApiKeySummary]
    next_cursor: str | None


class _FieldProblem(msgspec.Struct):
    pointer: str
    detail: str


class _Problem(msgspec.Struct):
    detail: str
    errors: list[_FieldProblem] = []


@asynccontextmanager
async def served_keys(url: str, key: str | None) -> AsyncIterator[ServedKeys]:
    """Talk to the service at this address, with this key if there is one; raise CommandFailed."""
    headers = {} if not key else {"Authorization": f"Bearer {key}"}
    try:
        timeout = aiohttp.ClientTimeout(total=DEADLINE)
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
            yield ServedKeys(session, url.rstrip("/"))
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        message = f"{url} did not answer: {str(error) or type(error).__name__}"
        raise CommandFailed(message) from error


class ServedKeys:
    """The keys of a service."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        """Reach them through this session."""
        self._session = session
        self._keys = f"{url}/v1/api-keys"

    async def create(self, body: Mapping[str, object]) -> KeyWithSecret:
        """Make a key from these fields, as in the API."""
        return await self._send("POST", "", KeyWithSecret, body)

    async def all(self) -> Sequence[ApiKeySummary]:
        """List the keys, oldest first."""
        found: list[ApiKeySummary] = []
        query = f"?limit={LIMIT}"
        while True:
            page = await self._send("GET", query, _Page)
            found += page.items
            if page.next_cursor is None:
                return found
            query = f"?limit={LIMIT}&cursor={quote(page.next_cursor)}"

    async def rotate(self, key_id: str, body: Mapping[str, object]) -> KeyWithSecret:
        """Give a key another secret."""
        return await self._send("POST", f"/{quote(key_id, safe='')}/rotate", KeyWithSecret, body)

    async def revoke(self, key_id: str) -> ApiKeySummary:
        """End a key."""
        return await self._send("POST", f"/{quote(key_id, safe='')}/revoke", ApiKeySummary)

    async def _send(self, method: str, path: str, kind: type[T], body: Mapping[str, object] | None = None) -> T:
        # Without redirects: the key is for this address only.
        async with self._session.request(method, self._keys + path, json=body, allow_redirects=False) as response:
            raw = await response.read()
            if response.ok and response.status < 300:  # noqa: PLR2004 - a success
                return msgspec.json.decode(raw, type=kind)
            raise _failure(response.status, raw)


def _failure(status: int, raw: bytes) -> CommandFailed:
    try:
        problem = msgspec.json.decode(raw, type=_Problem)
    except msgspec.DecodeError:
        return CommandFailed(f"the service answered with status {status}")
    details = "; ".join(f"{one.pointer.removeprefix('/')}: {one.detail}" for one in problem.errors)
    wrongly = status == 400  # noqa: PLR2004 - a field holds what it may not
    return CommandFailed(details or problem.detail, ExitStatus.CALLED_WRONGLY if wrongly else ExitStatus.FAILED)
