"""Traces: the place of a request in one, as W3C Trace Context names it, and the seam where spans are made.

What travels is the text of `traceparent` alone: from the request into the context of its command, with that over to a
shard, with the event into the journal, and from there to the webhook. So a trace outlives a crash, and nothing has to
be kept beside it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from aiohttp import web

from seatkeeper.actors.aggregates.door import Door
from seatkeeper.actors.aggregates.journal import Append
from seatkeeper.http.events_out.webhooks.sender import ClosingSender
from seatkeeper.http.headers import TRACEPARENT
from seatkeeper.storage.observers import Observed

_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")

_KNOWN_FLAGS = 0b11
"""Sampled, and a random trace id; the others are zero in what is sent on."""

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""The variables that name a collector."""

Stored: TypeAlias = Callable[[Sequence[Append], float], None]
"""Is told of each commit: what it has stored, and the seconds that it took."""

logger = logging.getLogger(__name__)


class Place(NamedTuple):
    """A span of a trace."""

    trace_id: str
    span_id: str
    flags: str

    def __str__(self) -> str:
        """Write it as the header has it."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    def fields(self) -> dict[str, object]:
        """Name it in a log."""
        return {"trace_id": self.trace_id, "span_id": self.span_id}


def read_traceparent(value: str) -> Place | None:
    """Read the value of `traceparent`, None for what is malformed (https://www.w3.org/TR/trace-context/#traceparent-header).

    A later version may have more at its end, of which nothing is known.
    """
    found = _FORM.fullmatch(value)
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if version == "ff" or (version == "00" and more) or not (trace_id.strip("0") and span_id.strip("0")):
        return None
    return Place(trace_id, span_id, f"{int(flags, 16) & _KNOWN_FLAGS:02x}")


def place_of(request: web.Request) -> Place | None:
    """Read the place from which a request was sent, None if it names none, or more than one."""
    given = request.headers.getall(TRACEPARENT, ())
    return read_traceparent(given[0]) if len(given) == 1 else None


class RequestTrace(Protocol):
    """The trace of a request that is being answered."""

    @property
    def place(self) -> Place:
        """Where it is: its own span, or that of the client where none is made."""

    def end(self, status: int) -> None:
        """Learn that it is answered with this status."""


class Tracer(Protocol):
    """Makes spans of what happens, or none."""

    @property
    def always(self) -> bool:
        """Whether requests have a trace that come without one."""

    def request(self, request: web.Request, route: str | None) -> RequestTrace | None:
        """Begin the trace of a request to a route, None where it has none."""

    def door(self, door: Door) -> Door:
        """Make spans of the commands that go through a door."""

    def sender(self, sender: ClosingSender) -> ClosingSender:
        """Make spans of the messages that a sender of webhooks sends."""

    def committed(self, system: str) -> Stored | None:
        """Return what makes spans of the commits of a database, None where none are made."""

    def close(self) -> None:
        """Send what was not sent yet; it may take some seconds, and is called on a thread of its own."""


class _PassedOn(NamedTuple):
    place: Place

    def end(self, status: int) -> None:
        """Make no span."""


class PassingOn:
    """Makes no spans: what has a place in a trace keeps that of the client, up to the webhook."""

    always = False

    def request(self, request: web.Request, route: str | None) -> RequestTrace | None:  # noqa: ARG002
        """Take over the place of the client."""
        place = place_of(request)
        return None if place is None else _PassedOn(place)

    def door(self, door: Door) -> Door:
        """Leave it as it is."""
        return door

    def sender(self, sender: ClosingSender) -> ClosingSender:
        """Leave it as it is."""
        return sender

    def committed(self, system: str) -> None:
        """Follow no commits."""

    def close(self) -> None:
        """Have nothing to send."""


class TracesRefused(Exception):
    """Traces were asked for, and cannot be sent; the message says why."""


def tracer_for(environment: Mapping[str, str], *, wanted: bool) -> Tracer:
    """Make spans if they are wanted, or if the environment names a collector; raise TracesRefused.

    Where only the environment does, which many programs share, a missing extra is no reason not to start.
    """
    named = any(environment.get(name) for name in ENDPOINTS)
    off = (
        environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get("OTEL_TRACES_EXPORTER") == "none"
    )
    if off or not (wanted or named):
        return PassingOn()
    try:
        from seatkeeper.http.observability.otel.start import tracer_from_environment  # noqa: PLC0415 - it is an extra
    except ModuleNotFoundError as error:
        if wanted:
            message = f"--traces needs the extra seatkeeper[otel]: {error}"
            raise TracesRefused(message) from error
        logger.warning("traces are not sent", extra={"reason": f"the extra seatkeeper[otel] is not installed: {error}"})
        return PassingOn()
    return tracer_from_environment()


def tracer_if_it_can_be(environment: Mapping[str, str], *, wanted: bool) -> Tracer:
    """Make a tracer for a process that serves without one on a machine that lacks what it takes, and says so."""
    try:
        return tracer_for(environment, wanted=wanted)
    except TracesRefused as error:
        logger.error("traces are not sent", extra={"reason": str(error)})  # noqa: TRY400 - the reason is enough
        return PassingOn()


def follow_commits(tracer: Tracer, journal: Observed, system: str) -> None:
    """Have spans made of the commits of a journal, on a database that is called so by OpenTelemetry's conventions."""
    stored = tracer.committed(system)
    if stored is not None:
        journal.on_stored(stored)
