"""Requests without HTTP: they are handled as the endpoints do, after they were read."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import msgspec

from seatkeeper.actors.aggregates import aggregate, timers
from seatkeeper.actors.aggregates.aggregate import CommandOptions
from seatkeeper.actors.aggregates.messages import Context, Outcome
from seatkeeper.http.api.accounts import tokens
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.idempotency import AnswerWriter, IdempotentRequests, RequestKey
from seatkeeper.http.server.problems import Refused, refusal_body, status_of
from seatkeeper.http.server.requests import RequestReader
from seatkeeper.http.server.routes import Answer, Call, Caller, Nothing, Route
from seatkeeper.storage.journal import batching, health
from seatkeeper.storage.kinds import Kinds
from tests.simulation.sending import Sent, Tried, route_of
from tests.simulation.timing import EVERY

if TYPE_CHECKING:
    from tests.simulation.disk import Disk

EVENTS_A_SNAPSHOT = 5

OPERATOR = Caller("key:operator", "operator", frozenset({"admin"}))
"""Who sends the commands: with a key that may do everything, since the first key closes the service."""


@cache
def reader_of(route: Route) -> RequestReader:
    """Make the reader of the requests of a route."""
    return RequestReader(route, 1.0)


class Requests:
    """Handles the requests that come to a service."""

    def __init__(self, service: Service, idempotent: IdempotentRequests, new_id: Callable[[], str]) -> None:
        self.service = service
        self.idempotent = idempotent
        self._new_id = new_id

    async def carry_out(self, sent: Sent) -> Answer:
        """Carry out a command."""
        request_id = self._new_id()
        call = _call(sent, request_id)
        write = AnswerWriter(sent.route, call, sent.path, request_id)
        if sent.key is None:
            return write(await self._handle(sent, call, request_id))
        key = RequestKey(sent.key, reader_of(sent.route).fingerprint(call, sent.raw), write)
        keyed = msgspec.structs.replace(call, options=msgspec.structs.replace(call.options, key=key))

        async def run() -> Answer:
            return key.answer(await self._handle(sent, keyed, request_id))

        answer, _ = await self.idempotent.run_once(key.key, key.fingerprint, run)
        return answer

    def _handle(self, sent: Sent, call: Call[object, object], request_id: str) -> Awaitable[Outcome]:
        """Hand a command on, and note when that was, and what secret was made for it."""
        sent.times[request_id] = self.service.now()
        handler = cast("Callable[[Service, Call[object, object]], Awaitable[Outcome]]", sent.route.handler)
        reply = handler(self.service, call)
        if call.shown_once is not None:
            sent.secrets.append(call.shown_once)
        return reply

    async def try_out(self, sent: Sent) -> Answer:
        """Make a dry run of a command; what it tells is noted, and the answer is empty."""
        request_id, at = self._new_id(), self.service.now()
        call = _call(sent, request_id)
        dry = msgspec.structs.replace(call, options=msgspec.structs.replace(call.options, dry_run=True))
        handler = cast("Callable[[Service, Call[object, object]], Awaitable[Outcome]]", sent.route.handler)
        outcome = await handler(self.service, dry)
        sent.tries.append(Tried(request_id, at, outcome))
        return Answer(b"")

    async def read(self, path: str, query: object = None, **ids: str) -> Answer:
        """Ask a query."""
        route = route_of("GET", path)
        handler = cast("Callable[[Service, Call[None, object]], Awaitable[Answer]]", route.handler)
        try:
            return await handler(self.service, Call(ids, query or route.query(), None))
        except Refused as error:
            return Answer(refusal_body(error.refusal, path, ""), status_of(type(error.refusal)))


def _call(sent: Sent, request_id: str) -> Call[object, object]:
    reader = reader_of(sent.route)
    body = None if reader._decoder is None else reader._decoder.decode(sent.raw or b"{}")
    expected = None if sent.expected is None else frozenset({sent.expected})
    options = CommandOptions(expected, context=Context(OPERATOR.actor, request_id))
    return Call(sent.ids, Nothing(), body, options, OPERATOR)


def pretended(kinds: Kinds, disk: Disk, seconds: Callable[[], float]) -> Iterator[tuple[object, str, object]]:
    """List what is replaced: clocks, the secrets of tokens, and in the actors the time of a snapshot, and what evolves.

    An actor stumbles when the disk says so, after it has changed its state and before it has appended.
    """
    for module in (batching, health):
        yield module, "time", SimpleNamespace(monotonic=seconds)
    yield aggregate, "EVENTS_A_SNAPSHOT", EVENTS_A_SNAPSHOT
    yield timers, "EVERY", EVERY
    made = count()

    def secret(size: int) -> str:
        random = hashlib.blake2b(f"{seconds()} {next(made)}".encode(), digest_size=size).digest()
        return base64.urlsafe_b64encode(random).rstrip(b"=").decode()

    yield tokens, "secrets", SimpleNamespace(token_urlsafe=secret)
    for kind in kinds:
        yield kind.actor, "evolve", staticmethod(_stumbling(kind.actor.evolve, disk))


def _stumbling(evolve: Callable[..., object], disk: Disk) -> Callable[..., object]:
    def evolve_and_stumble(state: object, event: object) -> object:
        after = evolve(state, event)
        disk.stumble()
        return after

    return evolve_and_stumble
