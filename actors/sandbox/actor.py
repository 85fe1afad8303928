"""The actor class of the clock: it binds the pure functions of this context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, get_args

from seatkeeper.actors.aggregates.aggregate import AggregateActor
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.actors.sandbox import clock
from seatkeeper.actors.sandbox.clock import ClockState
from seatkeeper.actors.sandbox.events import ClockEvent


class ClockActor(AggregateActor[ClockState]):
    """The actor of the clock."""

    kind: ClassVar[str] = "clock"
    state_type: ClassVar[type[ClockState]] = ClockState
    event_types: ClassVar[Sequence[type[Event]]] = get_args(ClockEvent)

    decide = staticmethod(clock.decide)
    evolve = staticmethod(clock.evolve)
    answer = staticmethod(clock.answer)
    stored_answer = staticmethod(clock.stored_answer)
    identity = staticmethod(clock.identity)
