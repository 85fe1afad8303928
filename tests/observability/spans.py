"""Spans in memory, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

from seatkeeper.http.observability.otel.tracer import OpenTelemetryTracer

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GIVEN = f"00-{TRACE}-{SPAN}-01"


@dataclass
class Spans:
    """A tracer, and the spans that it has made and ended."""

    exporter: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    sampled: bool = True

    def __post_init__(self) -> None:
        provider = TracerProvider(ALWAYS_ON if self.sampled else ALWAYS_OFF, shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = OpenTelemetryTracer(provider)

    @property
    def ended(self) -> Sequence[ReadableSpan]:
        """Those that have ended, in that order."""
        return self.exporter.get_finished_spans()

    def only(self) -> ReadableSpan:
        """The one span that has ended."""
        (span,) = self.ended
        return span


def named(span: ReadableSpan) -> tuple[str, str, str]:
    """Its trace, its own id and that of its parent."""
    assert span.context is not None
    parent = "" if span.parent is None else f"{span.parent.span_id:016x}"
    return f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}", parent


def attributes(span: ReadableSpan) -> Mapping[str, object]:
    """Its attributes."""
    return dict(span.attributes or {})
