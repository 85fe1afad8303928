"""The commands of the clock."""

from __future__ import annotations

from seatkeeper.actors.aggregates.messages import Command


class StartClock(Command, frozen=True, gc=False):
    """Begin the journal of a sandbox, unless it has begun."""

    clock_id: str
    at: str


class MoveClock(Command, frozen=True, gc=False):
    """Move the clock on by so many seconds from `at`."""

    seconds: int
    at: str
