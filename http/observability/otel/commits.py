"""The spans of a commit, after the semantic conventions for databases: one in each trace that it stores events of."""

from __future__ import annotations

import time
from collections.abc import Sequence

from opentelemetry.semconv.attributes import db_attributes
from opentelemetry.trace import SpanKind, Tracer
from opentelemetry.util.types import AttributeValue

from seatkeeper.actors.aggregates.journal import Append
from seatkeeper.http.observability.otel.places import beneath_text

NANOSECONDS = 1_000_000_000


class TracedCommits:
    """Makes the spans of the commits of a database."""

    def __init__(self, tracer: Tracer, system: str) -> None:
        """Name the database by the word that the conventions have for it."""
        self._tracer = tracer
        self._system = system

    def __call__(self, appends: Sequence[Append], seconds: float) -> None:
        """Make a span in the trace of each append; the commit was one, and took these seconds for all of them."""
        ended = time.time_ns()
        started = ended - int(seconds * NANOSECONDS)
        for append in appends:
            parent = None if append.context is None else beneath_text(append.context.traceparent)
            if parent is None:
                continue
            attributes: dict[str, AttributeValue] = {
                db_attributes.DB_SYSTEM_NAME: self._system,
                db_attributes.DB_OPERATION_NAME: "COMMIT",
                db_attributes.DB_OPERATION_BATCH_SIZE: len(appends),
                "seatkeeper.stream_id": append.stream_id,
                "seatkeeper.events": len(append.events),
            }
            span = self._tracer.start_span(
                "COMMIT journal", parent, SpanKind.CLIENT, attributes=attributes, start_time=started
            )
            span.end(ended)
