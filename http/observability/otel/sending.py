"""The span of a message to a webhook, after the semantic conventions for HTTP clients."""

from __future__ import annotations

from collections.abc import Mapping

from opentelemetry.semconv.attributes import error_attributes, http_attributes, server_attributes, url_attributes
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.util.types import AttributeValue
from yarl import URL

from seatkeeper.http.events_out.webhooks.sender import Answer, ClosingSender
from seatkeeper.http.headers import TRACEPARENT
from seatkeeper.http.observability.otel.places import beneath_text, place_of_span


class TracedSender:
    """A sender that makes spans of the messages whose event has a place in a trace."""

    def __init__(self, sender: ClosingSender, tracer: Tracer) -> None:
        """Send all with this sender."""
        self._sender = sender
        self._tracer = tracer

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send the message, as sent from its own span."""
        parent = beneath_text(headers.get(TRACEPARENT))
        if parent is None:
            return await self._sender.send(url, headers, body)
        attributes = {http_attributes.HTTP_REQUEST_METHOD: "POST", **_address(url)}
        if "webhook-id" in headers:
            attributes["seatkeeper.webhook_message_id"] = headers["webhook-id"]
        span = self._tracer.start_span("POST webhook", parent, SpanKind.CLIENT, attributes=attributes)
        try:
            answer = await self._sender.send(url, {**headers, TRACEPARENT: str(place_of_span(span))}, body)
        except BaseException as error:  # also when it was cancelled at its deadline
            _fail(span, type(error).__name__)
            raise
        if answer.status is not None:
            span.set_attribute(http_attributes.HTTP_RESPONSE_STATUS_CODE, answer.status)
        if answer.accepted:
            span.end()
        else:
            _fail(span, answer.error if answer.status is None and answer.error else str(answer.status))
        return answer

    async def close(self) -> None:
        """Close the connections."""
        await self._sender.close()


def _address(url: str) -> dict[str, AttributeValue]:
    """Describe where it goes, without what may be secret: who asks, and the query."""
    try:
        read = URL(url)
        attributes: dict[str, AttributeValue] = {
            url_attributes.URL_FULL: str(read.with_query(None).with_fragment(None).with_user(None)),
            server_attributes.SERVER_ADDRESS: read.host or "",
        }
    except ValueError:
        return {}
    if read.port is not None:
        attributes[server_attributes.SERVER_PORT] = read.port
    return attributes


def _fail(span: Span, why: str) -> None:
    span.set_attribute(error_attributes.ERROR_TYPE, why)
    span.set_status(StatusCode.ERROR)
    span.end()
