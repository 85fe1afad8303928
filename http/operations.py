"""The routes of whoever runs the service."""

from __future__ import annotations

from typing import Literal

import msgspec

from seatkeeper.http.problems import Faulty, not_ready
from seatkeeper.http.routes import Call, Nothing, Reply, Route, encode
from seatkeeper.http.service import Service


class Health(msgspec.Struct, frozen=True):
    """That all is well."""

    status: Literal["ok"] = "ok"


async def live(_service: Service, _call: Call[None, Nothing]) -> Reply:
    """Tell that the process answers."""
    return Reply(encode(Health()))


async def ready(service: Service, _call: Call[None, Nothing]) -> Reply:
    """Tell whether writes are served, or why not."""
    reason = service.ready()
    if reason is not None:
        raise Faulty(not_ready(reason))
    return Reply(encode(Health()))


async def metrics(service: Service, _call: Call[None, Nothing]) -> Reply:
    """Show the metrics, as Prometheus reads them."""
    return Reply(service.metrics(), content_type="text/plain; version=0.0.4; charset=utf-8")


async def openapi(service: Service, _call: Call[None, Nothing]) -> Reply:
    """Describe this API, in OpenAPI 3.1."""
    return Reply(service.openapi)


ROUTES = (
    Route("GET", "/livez", live, Health),
    Route("GET", "/readyz", ready, Health),
    Route("GET", "/metrics", metrics, str, media_type="text/plain"),
    Route("GET", "/openapi.json", openapi, dict),
)
