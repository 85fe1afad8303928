"""The events of the clock. The first event of a journal is `clock.started` if, and only if, a sandbox has made it."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from seatkeeper.actors.aggregates.messages import Event


class ClockStarted(Event, frozen=True, gc=False):
    """The journal is that of a sandbox, whose clock stands at this time."""

    tag: ClassVar[str] = "clock.started"

    clock_id: str
    now: str


class ClockMoved(Event, frozen=True, gc=False):
    """The clock is moved on to this time; what becomes due on the way follows."""

    tag: ClassVar[str] = "clock.moved"

    now: str


ClockEvent: TypeAlias = ClockStarted | ClockMoved
