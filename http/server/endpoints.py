"""Endpoints: each route in aiohttp's application, which reads its requests, calls its handler, and answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol, cast

import msgspec
from aiohttp import hdrs, web

from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.messages import Accepted, Outcome, Refusal
from seatkeeper.http.headers import IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, REQUEST_ID
from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.http.server.connections import Connections
from seatkeeper.http.server.deadlines import CommandDeadline
from seatkeeper.http.server.idempotency import AnswerWriter, IdempotentRequests, RequestKey, receipt_key
from seatkeeper.http.server.problems import Refused
from seatkeeper.http.server.requests import RequestReader, is_known, read_key
from seatkeeper.http.server.responses import SERVER, RequestIds, not_modified, response_to
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

ANY_PATH = "/{path}"
"""How aiohttp names the resource of all paths that have no other."""


DOCUMENT = "/openapi.json"
"""Where `/` leads: the description of all calls."""


class Endpoint:
    """One route: what is the same for each of its requests."""

    def __init__(self, route: Route, body_deadline: float) -> None:
        """Serve this route; its handler is given the service of the application."""
        self.route = route
        self._reader = RequestReader(route, body_deadline)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request; raise Refused, ProblemError, or what the handler of the route raises."""
        raise NotImplementedError


class Query(Endpoint):
    """A route that reads."""

    def __init__(self, route: Route, body_deadline: float) -> None:
        """Serve this route."""
        super().__init__(route, body_deadline)
        self._query = cast("Callable[[object, Call[object, object]], Awaitable[Answer]]", route.handler)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer with what the handler returns, or with 304 if the client has it already."""
        answer = await self._query(request.app[SERVICE], self._reader.read(request, b""))
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
    ) -> None:
        """Serve this route."""
        super().__init__(route, body_deadline)
        self._command = cast("Callable[[object, Call[object, object]], Reply]", route.handler)
        self._deadline = deadline
        self._idempotent = idempotent
        self._request_ids = request_ids
        self._metrics = metrics

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer with the outcome of the command."""
        raw = self._reader.body_here(request)
        if raw is None:
            raw = await self._reader.receive(request)
            request.app[ACCESS].admit_again(request, self.route)
        call = self._reader.read(request, raw, self._request_ids.first_of(request))
        if IDEMPOTENCY_KEY in request.headers:
            return await self._handle_once(request, call, raw)
        outcome = await self._outcome(request.app[SERVICE], call)
        if isinstance(outcome, Refusal):
            raise Refused(outcome)
        return response_to(self.route.revealed(call, outcome, self.route.accepted(call, outcome)))

    async def _outcome(self, service: object, call: Call[object, object]) -> Outcome:
        reply = self._command(service, call)
        self._deadline.add(reply)
        try:
            return await reply
        finally:
            self._deadline.remove(reply)

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

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer with what the handler writes; a HEAD gets the headers alone."""
        call = self._reader.read(request, b"")
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
        self._by_route: dict[web.AbstractRoute, Endpoint] = {}

    def add_to(self, application: web.Application) -> None:
        """Add the routes to the application; what answers GET also answers HEAD."""
        for endpoint in self._endpoints:
            methods = ["GET", "HEAD"] if endpoint.route.method == "GET" else [endpoint.route.method]
            path = endpoint.route.path.replace("}", ":[^/]+}")  # aiohttp's own pattern allows no braces in an id
            for method in methods:
                added = application.router.add_route(method, path, endpoint.handle, expect_handler=_expect_nothing_yet)
                self._by_route[added] = endpoint
        for method in ("GET", "HEAD"):
            application.router.add_route(method, "/", _lead_to_document, expect_handler=_expect_nothing_yet)
        application.router.add_route("*", "/{path:.*}", _answer_for_all, expect_handler=_expect_nothing_yet)

    def of(self, request: web.Request) -> Endpoint | None:
        """Find the endpoint of a request, None where nothing is at its path or it has another method."""
        return self._by_route.get(request.match_info.route)


async def _expect_nothing_yet(_request: web.Request) -> None:
    """Leave the Expect header to the reading of the body: aiohttp would send a 100 before any refusal."""


async def _lead_to_document(_request: web.Request) -> web.StreamResponse:
    """Lead who opens the service in a browser to its description."""
    return web.Response(status=302, headers={hdrs.SERVER: SERVER, hdrs.LOCATION: DOCUMENT})


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
