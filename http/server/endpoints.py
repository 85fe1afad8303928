"""Endpoints: each route in aiohttp's application, which reads its requests, calls its handler, and answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeAlias, cast

import msgspec
from aiohttp import hdrs, web

from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown
from seatkeeper.actors.aggregates.messages import Accepted, DryRun, Event, Outcome, Refusal
from seatkeeper.http.headers import IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, REQUEST_ID
from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.http.server.connections import Connections
from seatkeeper.http.server.deadlines import CommandDeadline
from seatkeeper.http.server.idempotency import AnswerWriter, IdempotentRequests, RequestKey, receipt_key
from seatkeeper.http.server.problems import Refused
from seatkeeper.http.server.requests import RequestReader, is_known, read_key
from seatkeeper.http.server.responses import (
    SERVER,
    RequestIds,
    dry_refusal_answer,
    dry_run_answer,
    not_modified,
    response_to,
)
from seatkeeper.http.server.routes import Answer, Call, Caller, Route
from seatkeeper.http.server.streams import NOT_KEPT, StreamBody, Streamed

SERVICE = web.AppKey("service", object)
"""What the handlers of the routes reach the inside through."""


class Access(Protocol):
    """Decides who may ask for what; `http/access` is it."""

    def admit(self, request: web.Request, route: Route | None) -> Caller:
        """Let a request in and return who asks; raise ProblemError or Refused. Nothing of its body has been read."""

    def admit_again(self, request: web.Request, route: Route) -> None:
        """Raise ProblemError for who was let in and would not be by now: a body may take seconds to come."""

    def finish(self, request: web.Request, response: web.StreamResponse) -> None:
        """Add what belongs to an answer, before any of it is sent."""

    def address_of(self, request: web.Request) -> str:
        """Return the address of the client."""


ACCESS = web.AppKey("access", Access)
"""What is asked whether a request may."""

FindRefusal: TypeAlias = Callable[[str, Sequence[Event]], Awaitable[Refusal | None]]
"""Says by which refusal the journal would not store events of a stream now."""

ANY_PATH = "/{path}"
"""How aiohttp names the resource of all paths that have no other."""


REFERENCE = "/docs"
"""Where `/` leads: the description of all calls, for people."""


class Endpoint:
    """One route: what is the same for each of its requests."""

    def __init__(self, route: Route, body_deadline: float) -> None:
        """Serve this route; its handler is given the service of the application."""
        self.route = route
        self._reader = RequestReader(route, body_deadline)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request; raise Refused, ProblemError, or what the handler of the route raises."""
        return await self.run(request, request.match_info, b"")

    async def run(self, request: web.Request, ids: Mapping[str, str], raw: bytes) -> web.Response:
        """Answer a request that was let in, names these ids, and whose body is here; raise the same."""
        raise NotImplementedError


class Query(Endpoint):
    """A route that reads."""

    def __init__(self, route: Route, body_deadline: float) -> None:
        """Serve this route."""
        super().__init__(route, body_deadline)
        self._query = cast("Callable[[object, Call[object, object]], Awaitable[Answer]]", route.handler)

    async def run(self, request: web.Request, ids: Mapping[str, str], raw: bytes) -> web.Response:
        """Answer with what the handler returns, or with 304 if the client has it already."""
        answer = await self._query(request.app[SERVICE], self._reader.read(request, ids, raw))
        version = None if answer.live else answer.version
        if version is not None and hdrs.IF_NONE_MATCH in request.headers and is_known(request, version):
            return not_modified(answer)
        return response_to(answer)


class CommandEndpoint(Endpoint):
    """A route that writes: a command whose outcome is waited for, and stored under its key if it came with one."""

    def __init__(  # noqa: PLR0913 - what all of them share, made once
        self,
        route: Route,
        body_deadline: float,
        *,
        deadline: CommandDeadline,
        idempotent: IdempotentRequests,
        request_ids: RequestIds,
        metrics: Metrics,
        find_refusal: FindRefusal,
    ) -> None:
        """Serve this route."""
        super().__init__(route, body_deadline)
        self._find_refusal = find_refusal
        self._command = cast("Callable[[object, Call[object, object]], Reply]", route.handler)
        self._deadline = deadline
        self._idempotent = idempotent
        self._request_ids = request_ids
        self._metrics = metrics

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Wait for the body, and answer with the outcome of the command."""
        raw = self._reader.body_here(request)
        if raw is None:
            raw = await self._reader.receive(request)
            request.app[ACCESS].admit_again(request, self.route)
        return await self.run(request, request.match_info, raw)

    async def run(self, request: web.Request, ids: Mapping[str, str], raw: bytes) -> web.Response:
        """Answer with the outcome of the command."""
        call = self._reader.read(request, ids, raw, self._request_ids.first_of(request))
        if call.options.dry_run:
            return await self._try_out(request, call)
        if IDEMPOTENCY_KEY in request.headers:
            return await self._handle_once(request, call, raw)
        outcome = await self._outcome(request.app[SERVICE], call)
        if isinstance(outcome, Refusal):
            raise Refused(outcome)
        return response_to(self.route.revealed(call, outcome, self.route.accepted(call, outcome)))

    async def _outcome(self, service: object, call: Call[object, object]) -> Outcome:
        reply = self._command(service, call)
        if self.route.patient:
            return await reply
        self._deadline.add(reply)
        try:
            return await reply
        finally:
            self._deadline.remove(reply)

    async def _try_out(self, request: web.Request, call: Call[object, object]) -> web.Response:
        """Answer with what would come of the command; a key that it came with is neither looked up nor stored."""
        if IDEMPOTENCY_KEY in request.headers:
            read_key(request)
        try:
            outcome = await self._outcome(request.app[SERVICE], call)
        except OutcomeUnknown as error:  # that of a command before it, or it took too long
            raise NotStored(str(error)) from error
        if isinstance(outcome, DryRun):
            refusal = await self._find_refusal(outcome.stream_id, outcome.events)
            if refusal is None:
                return response_to(dry_run_answer(self.route, call, outcome))
            outcome = refusal
        if isinstance(outcome, Refusal):
            return response_to(dry_refusal_answer(outcome, request.path, self._request_ids.of(request)))
        message = f"{self.route.name} was carried out in a dry run"
        raise TypeError(message)

    async def _handle_once(self, request: web.Request, call: Call[object, object], raw: bytes) -> web.Response:
        """Run one request for each key; a repeated one gets the answer of the first."""
        request_id = self._request_ids.of(request)
        fingerprint = self._reader.fingerprint(call, raw)
        name = receipt_key(call.caller.key_id, read_key(request))
        key = RequestKey(name, fingerprint, AnswerWriter(self.route, call, request.path, request_id))
        # A call of its own: one that knew its key would be a cycle.
        keyed = msgspec.structs.replace(call, options=msgspec.structs.replace(call.options, key=key))
        service = request.app[SERVICE]

        accepted: list[Accepted] = []

        async def run() -> Answer:
            outcome = await self._outcome(service, keyed)
            if isinstance(outcome, Refusal):
                self._metrics.refusal(outcome.slug())
                return key.answer(outcome)
            accepted.append(outcome)
            return key.answer(outcome)

        answer, replayed = await self._idempotent.run_once(key.key, fingerprint, run)
        if accepted:
            answer = self.route.revealed(keyed, accepted[0], answer)
        response = response_to(answer)
        if answer.status >= 400:  # noqa: PLR2004 - a problem
            response.headers[REQUEST_ID] = request_id
        if replayed:
            response.headers[IDEMPOTENCY_REPLAYED] = "true"
        return response


class StreamEndpoint(Endpoint):
    """A route that reads, and whose answer has no end."""

    def __init__(self, route: Route, body_deadline: float, *, connections: Connections) -> None:
        """Serve this route; its handler is given the headers too, and returns what writes the answer."""
        super().__init__(route, body_deadline)
        self._open = cast(
            "Callable[[object, Call[object, object], Mapping[str, str]], Awaitable[Streamed]]", route.handler
        )
        self._connections = connections

    async def run(self, request: web.Request, ids: Mapping[str, str], raw: bytes) -> web.Response:
        """Answer with what the handler writes; a HEAD gets the headers alone."""
        call = self._reader.read(request, ids, raw)
        streamed = await self._open(request.app[SERVICE], call, request.headers)
        headers = {hdrs.SERVER: SERVER, hdrs.CONTENT_TYPE: self.route.media_type, **NOT_KEPT, **streamed.headers}
        if request.method == "HEAD":
            return web.Response(headers=headers)
        response = web.Response(headers=headers, body=StreamBody(streamed, request, self._connections))
        response.force_close()
        return response


class Endpoints:
    """The endpoints of an application."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        """Hold these."""
        self._endpoints = list(endpoints)
        self._by_name = {endpoint.route.name: endpoint for endpoint in self._endpoints}
        self._by_route: dict[web.AbstractRoute, Endpoint] = {}

    def add_to(self, application: web.Application) -> None:
        """Add the routes to the application; what answers GET also answers HEAD."""
        paths = [endpoint.route.path for endpoint in self._endpoints]
        for endpoint in self._endpoints:
            methods = ["GET", "HEAD"] if endpoint.route.method == "GET" else [endpoint.route.method]
            path = _pattern(endpoint.route.path, paths)
            for method in methods:
                added = application.router.add_route(method, path, endpoint.handle, expect_handler=expect_nothing_yet)
                self._by_route[added] = endpoint
        for method in ("GET", "HEAD"):
            application.router.add_route(method, "/", _lead_to_reference, expect_handler=expect_nothing_yet)
        application.router.add_route("*", "/{path:.*}", _answer_for_all, expect_handler=expect_nothing_yet)

    @property
    def routes(self) -> Sequence[Route]:
        """The whole table."""
        return [endpoint.route for endpoint in self._endpoints]

    def named(self, name: str) -> Endpoint | None:
        """Find the endpoint of the call with this name, None where there is no such call."""
        return self._by_name.get(name)

    def of(self, request: web.Request) -> Endpoint | None:
        """Find the endpoint of a request, None where nothing is at its path or it has another method."""
        return self._by_route.get(request.match_info.route)


def _pattern(path: str, paths: Iterable[str]) -> str:
    """Write a path for aiohttp, whose own pattern allows no braces in an id.

    No id is what another path has in its place: `members/bulk` is no member.
    """
    written = before = ""
    for segment in path.split("/")[1:]:
        below = [other[len(before) + 1 :].partition("/")[0] for other in paths if other.startswith(f"{before}/")]
        words = "|".join(sorted({word for word in below if "{" not in word}))
        taken = f"(?!(?:{words})(?:/|$))" if words else ""
        written += f"/{segment[:-1]}:{taken}[^/]+}}" if segment.startswith("{") else f"/{segment}"
        before += f"/{segment}"
    return written


async def expect_nothing_yet(_request: web.Request) -> None:
    """Leave the Expect header to the reading of the body: aiohttp would send a 100 before any refusal."""


async def _lead_to_reference(_request: web.Request) -> web.StreamResponse:
    """Lead who opens the service in a browser to its description."""
    return web.Response(status=302, headers={hdrs.SERVER: SERVER, hdrs.LOCATION: REFERENCE})


async def _answer_for_all(request: web.Request) -> web.StreamResponse:
    """Answer OPTIONS, and raise what aiohttp itself would for a path without a route, or without the method.

    aiohttp's own routes for the two answer an Expect header before any middleware.
    """
    allowed = await _methods_at(request)
    if not allowed:
        raise web.HTTPNotFound
    if request.method == "OPTIONS":
        return web.Response(status=204, headers={hdrs.SERVER: SERVER, hdrs.ALLOW: ", ".join(sorted(allowed))})
    raise web.HTTPMethodNotAllowed(request.method, allowed)


async def _methods_at(request: web.Request) -> set[str]:
    """List the methods of the path of a request."""
    allowed: set[str] = set()
    for resource in request.app.router.resources():
        if resource.canonical != ANY_PATH:
            allowed |= (await resource.resolve(request))[1]
    return allowed | {"OPTIONS"} if allowed else allowed
