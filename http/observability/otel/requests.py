"""The span of a request, after the semantic conventions for HTTP servers."""

from __future__ import annotations

from aiohttp import hdrs, web
from opentelemetry.semconv.attributes import (
    client_attributes,
    error_attributes,
    http_attributes,
    network_attributes,
    server_attributes,
    url_attributes,
    user_agent_attributes,
)
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.util.types import AttributeValue

from seatkeeper.http.observability.otel.places import beneath, place_of_span
from seatkeeper.http.observability.traces import place_of

OTHER = "_OTHER"
"""What stands for a method that is not known: names of spans and values of attributes are few."""

DIGITS = 5
"""The most that a port has."""

SERVERS_FAULT = 500
"""The first status that is the service's fault, and not its client's."""


class TracedRequest:
    """A request with a span of its own."""

    def __init__(self, span: Span) -> None:
        """Tell this span what comes of the request."""
        self._span = span
        self.place = place_of_span(span)

    def end(self, status: int) -> None:
        """Note the status, and end the span."""
        span = self._span
        if span.is_recording():
            span.set_attribute(http_attributes.HTTP_RESPONSE_STATUS_CODE, status)
            if status >= SERVERS_FAULT:
                span.set_attribute(error_attributes.ERROR_TYPE, str(status))
                span.set_status(StatusCode.ERROR)
        span.end()


def begin_request(tracer: Tracer, request: web.Request, route: str | None) -> TracedRequest:
    """Begin the span of a request."""
    known = request.method in hdrs.METH_ALL
    method = request.method if known else "HTTP"
    span = tracer.start_span(
        method if route is None else f"{method} {route}",
        context=beneath(place_of(request)),
        kind=SpanKind.SERVER,
        attributes=_attributes(request, route),
    )
    if not known:
        span.set_attribute(http_attributes.HTTP_REQUEST_METHOD_ORIGINAL, request.method[:100])
    return TracedRequest(span)


def _attributes(request: web.Request, route: str | None) -> dict[str, AttributeValue]:
    """Describe it; not by its query, which may have names of people in it."""
    url, headers = request.rel_url, request.headers
    address, port = _host_and_port(headers.get(hdrs.HOST, ""))
    attributes: dict[str, AttributeValue] = {
        http_attributes.HTTP_REQUEST_METHOD: request.method if request.method in hdrs.METH_ALL else OTHER,
        url_attributes.URL_SCHEME: request.scheme,
        url_attributes.URL_PATH: url.raw_path,
        network_attributes.NETWORK_PROTOCOL_VERSION: f"{request.version.major}.{request.version.minor}",
    }
    found = {
        http_attributes.HTTP_ROUTE: route,
        server_attributes.SERVER_ADDRESS: address,
        server_attributes.SERVER_PORT: port,
        client_attributes.CLIENT_ADDRESS: request.remote,
        user_agent_attributes.USER_AGENT_ORIGINAL: headers.get(hdrs.USER_AGENT),
    }
    return attributes | {
        name: _text(value) if isinstance(value, str) else value for name, value in found.items() if value
    }


def _text(value: str) -> str:
    """Write what a client has sent as text: of bytes that are none, the exporter logs a traceback each time."""
    return value.encode(errors="replace").decode()


def _host_and_port(named: str) -> tuple[str, int | None]:
    """Split what a client calls the service, as the conventions want it; without a port, there is none."""
    host, colon, port = named.rpartition(":")
    if not colon or not (port.isascii() and port.isdecimal() and len(port) <= DIGITS):
        return named.strip("[]"), None
    return host.strip("[]"), int(port)
