"""The routes for operators of the service."""

from __future__ import annotations

from typing import Literal

import msgspec

from seatkeeper.http.api.service import Service
from seatkeeper.http.server.problems import ProblemError, not_ready
from seatkeeper.http.server.routes import Answer, Call, Nothing, Route, encode


class Health(msgspec.Struct, frozen=True):
    """The answer of a healthy service."""

    status: Literal["ok"] = "ok"


async def live(_service: Service, _call: Call[None, Nothing]) -> Answer:
    """Answer while the process runs."""
    return Answer(encode(Health()))


async def ready(service: Service, _call: Call[None, Nothing]) -> Answer:
    """Answer whether the service serves writes, and if not, why."""
    reason = service.unready_reason()
    if reason is not None:
        raise ProblemError(not_ready(reason))
    return Answer(encode(Health()))


async def metrics(service: Service, _call: Call[None, Nothing]) -> Answer:
    """Return the metrics in the format of Prometheus."""
    return Answer(await service.metrics(), content_type="text/plain; version=0.0.4; charset=utf-8")


async def openapi(service: Service, _call: Call[None, Nothing]) -> Answer:
    """Return the description of this API in OpenAPI 3.1."""
    return Answer(await service.openapi())


ROUTES = (
    Route("GET", "/livez", live, Health, bounded=False),
    Route("GET", "/readyz", ready, Health, bounded=False),
    Route("GET", "/metrics", metrics, str, media_type="text/plain", bounded=False, scope="metrics:read"),
    Route("GET", "/openapi.json", openapi, dict, bounded=False),
)
