"""Where the console is mounted: its paths in the application. Everything else is loaded by its first request."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, cast

from aiohttp import web

from seatkeeper.actors.aggregates.timers import Timer
from seatkeeper.http.access.authentication import Authenticator
from seatkeeper.http.access.control import AccessControl
from seatkeeper.http.access.sessions import Sessions
from seatkeeper.http.console.history import History
from seatkeeper.http.server.endpoints import Endpoints, expect_nothing_yet

ROOT = "/console"

Count: TypeAlias = Callable[[str, str, int, float], None]
"""Counts a call of the API: its method, its path, the status, and the seconds that it took."""


class Answering(Protocol):
    """What answers the requests of the console."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, whatever happens."""


@dataclass(frozen=True)
class Inside:
    """What the console works with."""

    endpoints: Endpoints
    """The calls of the API: the console can do nothing else."""
    access: AccessControl
    authenticator: Authenticator
    sessions: Sessions
    problem: Callable[[web.Request, Exception], web.Response]
    """Answers with the problem that an exception is told as, counted and logged."""
    body_deadline: float
    new_id: Callable[[], str]
    unready_reason: Callable[[], str | None]
    count: Count
    """Counts a call of the API."""
    history: History
    """What was counted in the last half an hour."""
    timers: Callable[[None, int], Awaitable[Sequence[Timer]]]
    """Lists the earliest timers of all accounts."""
    sandbox: bool
    """Whether there is a clock that can be moved."""


class Mount:
    """Hands the requests of the console on; the first one has it loaded, beside the event loop."""

    def __init__(self, inside: Inside) -> None:
        """Load nothing yet."""
        self._inside = inside
        self._loading: Awaitable[Answering] | None = None

    def add_to(self, application: web.Application) -> None:
        """Add the paths of the console."""
        for path in (ROOT, f"{ROOT}/{{page:.*}}"):
            application.router.add_route("*", path, self._handle, expect_handler=expect_nothing_yet)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if self._loading is None:
            self._loading = asyncio.ensure_future(asyncio.to_thread(self._load))
        console = await asyncio.shield(self._loading)
        return await console.handle(request)

    def _load(self) -> Answering:
        """Import the console and its templates: 0.2 s, for which nobody's command waits."""
        module = importlib.import_module("seatkeeper.http.console.console")
        return cast("Answering", module.Console(self._inside))
