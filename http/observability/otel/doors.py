"""The span of a command: from the door to its outcome, which is there when its commit is."""

from __future__ import annotations

from functools import partial

import msgspec
from opentelemetry.semconv.attributes import error_attributes
from opentelemetry.trace import Span, StatusCode, Tracer
from opentelemetry.util.types import AttributeValue

from seatkeeper.actors.aggregates.aggregate import NO_OPTIONS, AnyAggregate, CommandOptions, Reply
from seatkeeper.actors.aggregates.door import Door
from seatkeeper.actors.aggregates.journal import IdempotencyKey
from seatkeeper.actors.aggregates.messages import Command, Refusal
from seatkeeper.http.observability.otel.places import beneath_text, place_of_span


class TracedDoor:
    """A door that makes spans of the commands whose context has a place in a trace."""

    def __init__(self, door: Door, tracer: Tracer) -> None:
        """Send all on to this door."""
        self._door = door
        self._tracer = tracer

    def ask(
        self,
        actor_class: type[AnyAggregate],
        aggregate_id: str,
        command: Command,
        options: CommandOptions = NO_OPTIONS,
        *,
        fresh: bool = False,
    ) -> Reply:
        """Send the command on, as sent from its own span: so that is what its events name."""
        context = options.context
        parent = None if context is None else beneath_text(context.traceparent)
        if context is None or parent is None:
            return self._door.ask(actor_class, aggregate_id, command, options, fresh=fresh)
        attributes: dict[str, AttributeValue] = {
            "seatkeeper.stream_id": f"{actor_class.kind}-{aggregate_id}",
            "seatkeeper.request_id": context.request_id,
        }
        if options.dry_run:
            attributes["seatkeeper.dry_run"] = True
        span = self._tracer.start_span(type(command).__name__, context=parent, attributes=attributes)
        moved = msgspec.structs.replace(context, traceparent=str(place_of_span(span)))
        try:
            reply = self._door.ask(
                actor_class, aggregate_id, command, msgspec.structs.replace(options, context=moved), fresh=fresh
            )
        except Exception as error:
            _fail(span, error)
            raise
        reply.add_done_callback(partial(_end, span))
        return reply

    def store_refusal(self, refusal: Refusal, key: IdempotencyKey | None, reply: Reply | None = None) -> Reply:
        """Send the refusal on."""
        return self._door.store_refusal(refusal, key, reply)


def _end(span: Span, reply: Reply) -> None:
    """Note what came of a command: a refusal is an answer, and no error."""
    try:
        outcome = reply.get()
    except Exception as error:  # noqa: BLE001 - whatever the command has failed with
        _fail(span, error)
        return
    if isinstance(outcome, Refusal):
        span.set_attribute("seatkeeper.refusal", outcome.slug())
    else:
        span.set_attribute("seatkeeper.version", outcome.version)
    span.end()


def _fail(span: Span, error: Exception) -> None:
    span.set_attribute(error_attributes.ERROR_TYPE, type(error).__name__)
    span.set_status(StatusCode.ERROR, str(error))
    span.end()
