"""The edge: every request passes here, is counted, logged, and answered with a problem when it goes wrong."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import cast

from aiohttp import web

from seatkeeper.actors.aggregate import Reply
from seatkeeper.actors.messages import Outcome, Refusal
from seatkeeper.http import operations
from seatkeeper.http.metrics import Metrics
from seatkeeper.http.outside import IdSource
from seatkeeper.http.problems import INTERNAL, OVERLOADED, Faulty, Refused, fault_of, fault_response
from seatkeeper.http.receipts import KeyOfCall, Repeats, StillUnderWay, refused
from seatkeeper.http.requests import Reader, read_key
from seatkeeper.http.responses import Response
from seatkeeper.http.routes import Answer, Call, Route, Router
from seatkeeper.http.service import Service

logger = logging.getLogger("seatkeeper.http")

TURNED_AWAY_AFTER = 0.1
"""Seconds after which a request too many is told so; nothing of it is kept meanwhile but its connection."""

_ID = web.RequestKey("id", str)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Target:
    """A route, with what reads its requests and what counts them."""

    def __init__(self, route: Route, body_deadline: float) -> None:
        """Lead to this route."""
        self.route = route
        self.writes = route.writes
        self.query = cast("Callable[[Service, Call[object, object]], Awaitable[Answer]]", route.handler)
        self.command = cast("Callable[[Service, Call[object, object]], Reply]", route.handler)
        self.bounded = route not in operations.ROUTES
        self.reader = Reader(route, body_deadline)
        self.takes_body = self.reader.takes_body


class Edge:
    """Counts requests, keeps their number bounded, and turns what is raised into problems.

    It is the handler of aiohttp's low-level server: an application with its router, middlewares and requests would cost
    8 us a request, and add nothing that the route table does not know.
    """

    def __init__(  # noqa: PLR0913 - made once, in app.py
        self,
        service: Service,
        routes: Iterable[Route],
        metrics: Metrics,
        *,
        in_flight: int,
        command_deadline: float,
        body_deadline: float,
        access_log: bool,
        new_id: IdSource,
    ) -> None:
        """Let at most `in_flight` requests be under way; times are in seconds."""
        self._service = service
        self._metrics = metrics
        self._bound = in_flight
        self._access_log = access_log
        self._new_id = new_id
        self._repeats = Repeats(service.find_receipt)
        self._command_deadline = command_deadline
        self._waiting: dict[Reply, float] = {}
        self.in_flight = 0
        self.draining = False
        targets = {(route.method, route.path): Target(route, body_deadline) for route in routes}
        heads = {("HEAD", path): target for (method, path), target in targets.items() if method == "GET"}
        self._find = Router(targets | heads).find

    async def __call__(self, request: web.BaseRequest, body: bytes | None = None) -> Response:
        """Answer a request: with its body, where no task runs, or without it, in a task that receives it."""
        started = time.perf_counter()
        self.in_flight += 1
        place = "unmatched"
        try:
            target, ids = self._find(request.method, request.rel_url.raw_path)
            place = target.route.path
            if self.in_flight > self._bound and target.bounded:
                await self._turn_away()
            raw = b""
            if target.takes_body:
                raw = await target.reader.receive(request) if body is None else body
            call = target.reader.read(request, ids, raw)
            if not target.writes:
                answer = await target.query(self._service, call)
                response = _response(answer)
            elif "Idempotency-Key" in request.headers:
                response = await self._once(request, target, call, raw, in_task=body is None)
            else:
                reply = target.command(self._service, call)
                self._waiting[reply] = started
                try:
                    outcome = await (reply if body is None else reply.without_a_task())
                finally:
                    del self._waiting[reply]
                if isinstance(outcome, Refusal):
                    raise Refused(outcome)  # noqa: TRY301 - told like any other refusal
                response = _response(target.route.accepted(call, outcome))
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets a problem
            response = self._problem(request, error)
            error.__traceback__ = None  # a body that broke off keeps its error, which leads back to it: a cycle
        finally:
            self.in_flight -= 1
        seconds = time.perf_counter() - started
        self._metrics.request(request.method if place != "unmatched" else "OTHER", place, response.status, seconds)
        if self._access_log:
            self._log(request, response, seconds)
        if self.draining:
            response.force_close()
        return response

    async def _turn_away(self) -> None:
        """Raise Faulty, in a moment: clients that ask again at once would otherwise take the time of those let in."""
        self.in_flight -= 1
        try:
            await asyncio.sleep(TURNED_AWAY_AFTER)
        finally:
            self.in_flight += 1
        raise Faulty(OVERLOADED)

    def abandon(self) -> None:
        """Answer all who wait, at the end of the service: nobody knows what comes of their commands."""
        self._command_deadline = 0.0
        self.sweep()

    def sweep(self) -> None:
        """Answer those who have waited for longer than the deadline: nobody knows what comes of their commands."""
        latest = time.perf_counter() - self._command_deadline
        for reply, since in list(self._waiting.items()):
            if since <= latest and not reply.done():
                late = StillUnderWay(f"no outcome within {self._command_deadline:g} s")
                reply.give_up(late, late.end)

    async def _once(
        self, request: web.BaseRequest, target: Target, call: Call[object, object], raw: bytes, *, in_task: bool
    ) -> Response:
        def write(outcome: Outcome) -> Answer:
            if isinstance(outcome, Refusal):
                return refused(outcome, request.path, self._request_id(request))
            return target.route.accepted(call, outcome)

        key = KeyOfCall(read_key(request), target.reader.fingerprint(call, raw), write)
        # A call of its own: one that knew its key would be a cycle, through `write`.
        keyed = Call(call.ids, call.query, call.body, call.expected_version, key)

        async def run() -> Answer:
            reply = target.command(self._service, keyed)
            self._waiting[reply] = time.perf_counter()
            try:
                outcome = await (reply if in_task else reply.without_a_task())
            finally:
                del self._waiting[reply]
            if isinstance(outcome, Refusal):
                self._metrics.refusal(outcome.slug())
            return key.answer(outcome)

        answer, replayed = await self._repeats.once(key.key, key.fingerprint, run)
        response = _response(answer)
        if answer.status >= 400:  # noqa: PLR2004 - a problem
            response.add("X-Request-Id", self._request_id(request))
        if replayed:
            response.add("Idempotency-Replayed", "true")
        return response

    def _problem(self, request: web.BaseRequest, error: Exception) -> Response:
        request_id = self._request_id(request)
        if isinstance(error, Refused):
            self._metrics.refusal(error.refusal.slug())
            response = _response(refused(error.refusal, request.path, request_id))
            response.add("X-Request-Id", request_id)
            return response
        fault = fault_of(error)
        self._metrics.fault(fault.slug)
        if fault.status == INTERNAL.status:
            said = {"request_id": request_id, "method": request.method, "path": request.path}
            logger.error("a request failed", exc_info=error, extra=said)
        return fault_response(error, request.path, request_id)

    def _request_id(self, request: web.BaseRequest) -> str:
        known = request.get(_ID)
        if known is None:
            given = request.headers.get("X-Request-Id", "")
            known = request[_ID] = given if _REQUEST_ID.fullmatch(given) else self._new_id()
        return known

    def _log(self, request: web.BaseRequest, response: Response, seconds: float) -> None:
        request_id = self._request_id(request)
        if "X-Request-Id: " not in response.lines:
            response.add("X-Request-Id", request_id)
        said = {
            "request_id": request_id,
            "method": request.method,
            "path": request.raw_path,
            "status": response.status,
            "milliseconds": round(seconds * 1000, 3),
            "remote": request.remote,
        }
        logger.info("request", extra=said)


def _response(answer: Answer) -> Response:
    headers = f"Content-Type: {answer.content_type}\r\n" if answer.body else ""
    if answer.version is not None:
        headers += f'ETag: "{answer.version}"\r\n'
    if answer.position is not None:
        headers += f"Seatkeeper-Position: {answer.position}\r\n"
    if answer.location is not None:
        headers += f"Location: {answer.location}\r\n"
    return Response(answer.status, answer.body, headers)
