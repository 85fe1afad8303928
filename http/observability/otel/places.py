"""Spans by the text of `traceparent`, and back."""

from __future__ import annotations

from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, TraceFlags, set_span_in_context

from seatkeeper.http.observability.traces import Place, read_traceparent


def beneath(place: Place | None) -> Context:
    """Make the context of a span that is a child of this one, or the first of a new trace."""
    if place is None:
        return Context()
    flags = TraceFlags(int(place.flags, 16))
    parent = SpanContext(int(place.trace_id, 16), int(place.span_id, 16), is_remote=True, trace_flags=flags)
    return set_span_in_context(NonRecordingSpan(parent), Context())


def beneath_text(traceparent: str | None) -> Context | None:
    """Make the context of a child of what is named, None where nothing is, or where that is not sampled.

    Who has not sampled a request would sample nothing beneath it either; to find that out takes 20 us a sign-up.
    """
    place = None if traceparent is None else read_traceparent(traceparent)
    return None if place is None or not int(place.flags, 16) & TraceFlags.SAMPLED else beneath(place)


def place_of_span(span: Span) -> Place:
    """Tell where a span is."""
    context = span.get_span_context()
    return Place(f"{context.trace_id:032x}", f"{context.span_id:016x}", f"{context.trace_flags:02x}")
