"""Many requests at once, from one event loop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp
import msgspec

from tests.contract.shapes import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.service import Service

DEADLINE = aiohttp.ClientTimeout(total=120)
TRIES = 50
TRY_AGAIN = {429, 503}


@dataclass(frozen=True)
class Call:
    """A request to make."""

    method: str
    path: str
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    content: bytes

    @property
    def outcome(self) -> str:
        """The status of a success; the slug of the problem otherwise."""
        if self.status < 300:
            return str(self.status)
        return msgspec.json.decode(self.content, type=Problem).type.removeprefix("/problems/")


def at_once(service: Service, calls: Sequence[Call]) -> list[Reply]:
    """Make all the calls at once, each on a connection of its own; the replies in the order of the calls.

    A 503 is sent again: it is no answer to the race.
    """
    return asyncio.run(_all(service.url, calls))


def outcomes(service: Service, calls: Sequence[Call]) -> list[str]:
    """How each of the calls, made at once, ended."""
    return [reply.outcome for reply in at_once(service, calls)]


async def _all(url: str, calls: Sequence[Call]) -> list[Reply]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(url, connector=connector, timeout=DEADLINE) as session:
        return await asyncio.gather(*(_one(session, call) for call in calls))


async def _one(session: aiohttp.ClientSession, call: Call) -> Reply:
    data = None if call.body is None else msgspec.json.encode(call.body)
    headers = {**call.headers, **({} if data is None else {"Content-Type": "application/json"})}
    for _ in range(TRIES - 1):
        reply = await _send(session, call, data, headers)
        if reply.status not in TRY_AGAIN:
            return reply
    return await _send(session, call, data, headers)


async def _send(session: aiohttp.ClientSession, call: Call, data: bytes | None, headers: dict[str, str]) -> Reply:
    async with session.request(call.method, call.path, data=data, headers=headers) as response:
        return Reply(response.status, await response.read())
