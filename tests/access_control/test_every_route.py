"""Every route of the API, asked with every kind of key: each lets in whom its scope says, and nobody else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from seatkeeper.actors.access.scopes import SCOPES, includes
from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.messages import Accepted
from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.server.routes import ANY_KEY, Answer, Call, Route
from tests.access_control.doors import EARLIER, Client, Door, bearer
from tests.server.serving import Handlers

NEEDS_NO_KEY = {"GET /livez", "GET /readyz", "GET /openapi.json"}
UUID = "01900000-0000-7000-8000-0123456789ab"


async def answer(_handlers: Handlers, _call: Call[object, object]) -> Answer:
    """Answer a read that was let in."""
    return Answer(b"null")


def accept(_handlers: Handlers, _call: Call[object, object]) -> Reply:
    """Accept a write that was let in."""
    reply = Reply()
    reply.set(Accepted(None, 1, 1))
    return reply


TABLE = tuple(replace(route, handler=accept if route.writes else answer, location=None) for route in ROUTES)
EVERY_ROUTE = pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")


@pytest.fixture
def door() -> Door:
    """A service whose routes are those of the API, and whose handlers accept everything."""
    door = Door()
    door.keyring.make("admin")
    return door


@pytest.fixture
async def client(door: Door) -> AsyncIterator[Client]:
    """A client of it."""
    async with door.client(TABLE) as client:
        yield client


async def status(client: Client, route: Route, secret: str | None) -> int:
    """The status of a request to this route without a body, which gets to know whether it is let in."""
    headers = {} if secret is None else dict(bearer(secret))
    async with client.request(route.method, re.sub(r"{\w+}", UUID, route.path), headers=headers) as response:
        return response.status


@EVERY_ROUTE
async def test_a_route_lets_nobody_in_without_a_key_that_works(client: Client, door: Door, route: Route) -> None:
    make = door.keyring.make
    unknown = f"sk_{UUID}_{'A' * 43}"
    secrets = (None, unknown, make("admin", revoked=True), make("admin", expires_at=EARLIER), "sk_", unknown[:-1])
    statuses = {await status(client, route, secret) for secret in secrets}
    if f"{route.method} {route.path}" in NEEDS_NO_KEY:
        assert route.scope is None
        assert statuses == {200}
    else:
        assert statuses == {401}


@EVERY_ROUTE
@pytest.mark.parametrize("scope", SCOPES)
async def test_a_route_lets_in_whom_its_scope_says(client: Client, door: Door, route: Route, scope: str) -> None:
    found = await status(client, route, door.keyring.make(scope))
    if route.scope in {None, ANY_KEY} or includes({scope}, str(route.scope)):
        assert found not in {401, 403, 429}
    else:
        assert found == 403


@EVERY_ROUTE
def test_a_route_names_a_scope_that_there_is(route: Route) -> None:
    assert route.scope in {None, ANY_KEY, *SCOPES}
    if route.writes:
        assert route.scope is not None
        assert not route.scope.endswith(":read")
