"""What every request goes through: it is counted, answered with a problem if anything is raised, measured and logged.

It is one middleware, since each costs a request 3 us. What only commands need, their idempotency keys, is in their
endpoints.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import HttpVersion10, HttpVersion11, hdrs, web

from seatkeeper.http.headers import JOURNAL, REQUEST_ID, TRACEPARENT
from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.http.observability.traces import RequestTrace, Tracer
from seatkeeper.http.server.connections import Connections
from seatkeeper.http.server.endpoints import Access, Endpoints
from seatkeeper.http.server.problems import (
    INTERNAL,
    MALFORMED,
    OVERLOADED,
    ProblemError,
    Refused,
    problem_type_of,
)
from seatkeeper.http.server.requests import CALLER
from seatkeeper.http.server.responses import RequestIds, problem_response, refusal_response
from seatkeeper.http.server.routes import Caller, Route
from seatkeeper.storage.journal_ids import JournalIdentity

logger = logging.getLogger("seatkeeper.http")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_TRACE = web.RequestKey("trace", RequestTrace)

REFUSED_AFTER = 0.1
"""Seconds after which a request too many is told so: clients that ask again at once would take the time of others."""


class Middleware:
    """The middleware of an application: `handle` is given to aiohttp."""

    def __init__(  # noqa: PLR0913 - made once, in server.py
        self,
        endpoints: Endpoints,
        *,
        access: Access,
        metrics: Metrics,
        connections: Connections,
        request_ids: RequestIds,
        in_flight: int,
        identity: Callable[[], JournalIdentity],
        access_log: bool,
        tracer: Tracer,
    ) -> None:
        """Let at most `in_flight` requests be under way, operations aside; each write names the journal."""
        self._endpoints = endpoints
        self._access = access
        self._metrics = metrics
        self._connections = connections
        self._request_id = request_ids.of
        self._bound = in_flight
        self._identity = identity
        self._access_log = access_log
        self._tracer = tracer
        self._traces_all = tracer.always
        self.in_flight = 0

    @web.middleware
    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request, whatever happens."""
        started = time.perf_counter()
        connections = self._connections
        connections.request_began(request.protocol)
        self.in_flight += 1
        endpoint = self._endpoints.of(request)
        route = None if endpoint is None else endpoint.route
        trace = None
        try:
            if self._traces_all or TRACEPARENT in request.headers:
                trace = self._begin_trace(request, route)
            if self.in_flight > self._bound or request.version is not HttpVersion11 or request.method == "CONNECT":
                await self._wait_for_room(request, route)
            caller = self._access.admit(request, route)
            request[CALLER] = caller if trace is None else _calling_from(trace, caller)
            response = await handler(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets a problem
            response = self.problem(request, error)
        finally:
            self.in_flight -= 1
            connections.request_ended(request.protocol)
        if not response.prepared:
            if route is not None and route.writes:
                response.headers[JOURNAL] = self._identity().journal_id
            self._access.finish(request, response)
        if connections.draining or hdrs.UPGRADE in request.headers:  # nothing here is upgraded
            response.force_close()
        if trace is not None:
            _end_trace(trace, response)
        seconds = time.perf_counter() - started
        if route is None:
            self._metrics.request("OTHER", "unmatched", response.status, seconds)
        else:
            self._metrics.request(request.method, route.path, response.status, seconds)
        if self._access_log:
            self._log(request, response, seconds)
        return response

    def _begin_trace(self, request: web.Request, route: Route | None) -> RequestTrace | None:
        """Begin the trace of a request, but for what only asks how the service is doing."""
        if route is not None and not route.bounded:
            return None
        trace = self._tracer.request(request, None if route is None else route.path)
        if trace is not None:
            request[_TRACE] = trace
        return trace

    async def _wait_for_room(self, request: web.Request, route: Route | None) -> None:
        """Raise ProblemError for another protocol than HTTP/1, or for one request too many."""
        if request.version not in (HttpVersion11, HttpVersion10) or request.method == "CONNECT":
            raise ProblemError(MALFORMED)
        if self.in_flight > self._bound and (route is None or route.bounded):
            self.in_flight -= 1  # while it waits to be refused, it counts for nothing
            try:
                await asyncio.sleep(REFUSED_AFTER)
            finally:
                self.in_flight += 1
            raise ProblemError(OVERLOADED)

    def problem(self, request: web.Request, error: Exception) -> web.Response:
        """Answer with the problem that an exception is told as, once it is counted, and logged if it has to be."""
        request_id = self._request_id(request)
        path = request.path or "/"  # a CONNECT has none
        if isinstance(error, Refused):
            self._metrics.refusal(error.refusal.slug())
            return refusal_response(error.refusal, path, request_id)
        problem = problem_type_of(error)
        self._metrics.problem(problem.slug)
        if problem.status == INTERNAL.status:
            fields = {"request_id": request_id, **_place(request), "method": request.method, "path": path}
            logger.error("a request failed", exc_info=error, extra=fields)
        return problem_response(error, path, request_id)

    def _log(self, request: web.Request, response: web.StreamResponse, seconds: float) -> None:
        request_id = response.headers[REQUEST_ID] = self._request_id(request)
        fields = {
            "request_id": request_id,
            **_place(request),
            "method": request.method,
            "path": request.raw_path,
            "status": response.status,
            "milliseconds": round(seconds * 1000, 3),
            "remote": self._access.address_of(request),
        }
        logger.info("request", extra=fields)


def _calling_from(trace: RequestTrace, caller: Caller) -> Caller:
    """Have the command of a caller name its place in the trace."""
    return msgspec.structs.replace(caller, traceparent=str(trace.place))


def _end_trace(trace: RequestTrace, response: web.StreamResponse) -> None:
    """End the trace of a request, and name it in the answer."""
    if not response.prepared:
        response.headers[TRACEPARENT] = str(trace.place)
    trace.end(response.status)


def _place(request: web.Request) -> dict[str, object]:
    """Name the place of a request in a trace, if it has one, for the log."""
    trace = request.get(_TRACE)
    return {} if trace is None else trace.place.fields()
