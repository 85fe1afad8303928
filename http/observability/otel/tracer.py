"""The tracer: spans of requests, commands, commits and messages to webhooks, in one trace."""

from __future__ import annotations

import threading
from importlib.metadata import version

from aiohttp import web
from opentelemetry.sdk.trace import TracerProvider

from seatkeeper.actors.aggregates.door import Door
from seatkeeper.http.events_out.webhooks.sender import ClosingSender
from seatkeeper.http.observability.otel.commits import TracedCommits
from seatkeeper.http.observability.otel.doors import TracedDoor
from seatkeeper.http.observability.otel.requests import TracedRequest, begin_request
from seatkeeper.http.observability.otel.sending import TracedSender

CLOSE_DEADLINE = 3.0
"""Seconds for the last spans to be sent; a collector that is not there takes the exporter longer."""


class OpenTelemetryTracer:
    """Makes spans of what happens."""

    always = True

    def __init__(self, provider: TracerProvider) -> None:
        """Make them with this provider."""
        self._provider = provider
        self._tracer = provider.get_tracer("seatkeeper", version("seatkeeper"))

    def request(self, request: web.Request, route: str | None) -> TracedRequest:
        """Begin the span of a request."""
        return begin_request(self._tracer, request, route)

    def door(self, door: Door) -> Door:
        """Make spans of the commands that go through a door."""
        return TracedDoor(door, self._tracer)

    def sender(self, sender: ClosingSender) -> ClosingSender:
        """Make spans of the messages that a sender sends."""
        return TracedSender(sender, self._tracer)

    def committed(self, system: str) -> TracedCommits:
        """Make spans of the commits of a database."""
        return TracedCommits(self._tracer, system)

    def close(self) -> None:
        """Send what was not sent yet; what is not sent in time is lost, and holds up no end."""
        closing = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        closing.start()
        closing.join(CLOSE_DEADLINE)
