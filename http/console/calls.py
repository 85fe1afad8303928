"""Calls of the API, made for whoever visits the console: the same endpoints, checks and answers as over HTTP."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from aiohttp import hdrs, web
from multidict import CIMultiDict
from yarl import URL

from seatkeeper.http.access.control import require_scope
from seatkeeper.http.console.mount import Count
from seatkeeper.http.headers import ETAG, IDEMPOTENCY_REPLAYED, REQUEST_ID
from seatkeeper.http.server.endpoints import Endpoint, Endpoints
from seatkeeper.http.server.requests import CALLER
from seatkeeper.http.server.routes import Caller, Route


class Answered(NamedTuple):
    """What a call was answered with."""

    status: int
    body: bytes
    version: str | None
    """The version of the aggregate, as If-Match takes it."""
    replayed: bool


class Calls:
    """Makes calls of the API."""

    def __init__(self, endpoints: Endpoints, count: Count) -> None:
        """Make calls of these endpoints, and have the writes counted as those of the API."""
        self._endpoints, self._count = endpoints, count

    def route(self, name: str) -> Route | None:
        """Find the route of the call with this name, None where there is none."""
        endpoint = self._endpoints.named(name)
        return None if endpoint is None else endpoint.route

    @property
    def routes(self) -> Sequence[Route]:
        """The whole table."""
        return self._endpoints.routes

    def require(self, caller: Caller, name: str) -> None:
        """Raise Refused for who may not make the call with this name."""
        require_scope(caller, self._found(name).route)

    async def ask(  # noqa: PLR0913 - what a request is made of
        self,
        visit: web.Request,
        caller: Caller,
        name: str,
        *,
        ids: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answered:
        """Make a call for a visitor; raise what the endpoint raises, and Refused for who may not make it."""
        response = await self.respond(visit, caller, name, ids=ids, query=query, headers=headers, body=body)
        content = response.body if isinstance(response.body, bytes) else b""
        replayed = IDEMPOTENCY_REPLAYED in response.headers
        return Answered(response.status, content, response.headers.get(ETAG), replayed)

    async def respond(  # noqa: PLR0913 - the same
        self,
        visit: web.Request,
        caller: Caller,
        name: str,
        *,
        ids: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> web.Response:
        """Make a call, and return the response that it would be answered with over HTTP."""
        endpoint = self._found(name)
        require_scope(caller, endpoint.route)
        request = _request(visit, endpoint.route, ids, query or {}, headers or {})
        request[CALLER] = caller
        started = time.perf_counter()
        response = await endpoint.run(request, ids, body)
        if endpoint.route.writes:
            self._count(endpoint.route.method, endpoint.route.path, response.status, time.perf_counter() - started)
        return response

    def _found(self, name: str) -> Endpoint:
        endpoint = self._endpoints.named(name)
        if endpoint is None:
            raise web.HTTPNotFound
        return endpoint


def _request(
    visit: web.Request, route: Route, ids: Mapping[str, str], query: Mapping[str, str], headers: Mapping[str, str]
) -> web.Request:
    """Make the request that a client of the API would send."""
    path = route.path.format_map({name: quote(value, safe="") for name, value in ids.items()})
    sent = CIMultiDict(headers)
    if REQUEST_ID in visit.headers:
        sent[REQUEST_ID] = visit.headers[REQUEST_ID]
    if route.body is not None:
        sent[hdrs.CONTENT_TYPE] = "application/json"
    url = URL(path, encoded=True).with_query(query) if query else URL(path, encoded=True)
    return visit.clone(method=route.method, rel_url=url, headers=sent)
