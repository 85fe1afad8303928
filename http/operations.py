"""The routes of whoever runs the service."""

from __future__ import annotations

from typing import Literal

import msgspec

from seatkeeper.http.problems import Faulty, not_ready
from seatkeeper.http.routes import Answer, Call, Nothing, Route, encode
from seatkeeper.http.service import Service


class Health(msgspec.Struct, frozen=True):
    """That all is well."""

    status: Literal["ok"] = "ok"


async def live(_service: Service, _call: Call[None, Nothing]) -> Answer:
    """Tell that the process answers."""
    return Answer(encode(Health()))


async def ready(service: Service, _call: Call[None, Nothing]) -> Answer:
    """Tell whether writes are served, or why not."""
    reason = service.ready()
    if reason is not None:
        raise Faulty(not_ready(reason))
    return Answer(encode(Health()))


async def metrics(service: Service, _call: Call[None, Nothing]) -> Answer:
    """Show the metrics, as Prometheus reads them."""
    return Answer(service.metrics(), content_type="text/plain; version=0.0.4; charset=utf-8")


async def openapi(service: Service, _call: Call[None, Nothing]) -> Answer:
    """Describe this API, in OpenAPI 3.1."""
    return Answer(service.openapi)


ROUTES = (
    Route("GET", "/livez", live, Health),
    Route("GET", "/readyz", ready, Health),
    Route("GET", "/metrics", metrics, str, media_type="text/plain"),
    Route("GET", "/openapi.json", openapi, dict),
)
