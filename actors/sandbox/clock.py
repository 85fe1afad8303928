"""The clock of a sandbox: its state, its decisions, and how it evolves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from seatkeeper.actors.aggregates.messages import NOTHING, Command, Decision, Event
from seatkeeper.actors.aggregates.times import later
from seatkeeper.actors.sandbox import commands, events, refusals

CLOCK_ID = "00000000-0000-7000-8000-00000000c10c"
"""The id of the one clock of a journal."""

LATEST = "9000-01-01T00:00:00.000Z"
"""Where the clock ends, with room for what follows from the last day."""


class ClockState(msgspec.Struct, gc=False):
    """Where the clock stands: RFC 3339, UTC, milliseconds."""

    clock_id: str
    now: str


class ClockSummary(msgspec.Struct, frozen=True, gc=False):
    """What time it is in a sandbox."""

    now: str


def decide(clock: ClockState | None, command: Command) -> Decision:
    """Decide on a command: events, nothing, or a refusal."""
    if isinstance(command, commands.StartClock):
        return [events.ClockStarted(command.clock_id, command.at)] if clock is None else NOTHING
    if clock is None:
        return refusals.ClockNotFound()
    if not isinstance(command, commands.MoveClock):
        message = f"{command!r} is no command of the clock"
        raise TypeError(message)
    now = later(max(clock.now, command.at), command.seconds)
    return refusals.ClockTooFar(LATEST) if now > LATEST else [events.ClockMoved(now)]


def evolve(clock: ClockState | None, event: Event) -> ClockState:
    """Apply one event to the state, in place."""
    if isinstance(event, events.ClockStarted):
        return ClockState(event.clock_id, event.now)
    if clock is None or not isinstance(event, events.ClockMoved):
        message = f"{event!r} does not follow {clock!r}"
        raise TypeError(message)
    clock.now = event.now
    return clock


def answer(clock: ClockState, _version: int, _command: Command, _events: Sequence[Event]) -> ClockSummary:
    """Answer an accepted command."""
    return ClockSummary(clock.now)


def stored_answer(clock: ClockState, _version: int, _stored: Mapping[str, object]) -> ClockSummary:
    """Answer a stored answer's command from this state."""
    return ClockSummary(clock.now)


def identity(clock: ClockState) -> str:
    """Return the id of the clock, which is also in the id of its stream."""
    return clock.clock_id
