"""The refusals of the clock. Each docstring is the `detail` that the client reads, with its fields filled in."""

from __future__ import annotations

from seatkeeper.actors.aggregates.messages import NotFound, Refusal


class ClockNotFound(NotFound, frozen=True, gc=False):
    """Clock not found: only a service that was started with --sandbox has a clock that can be moved.

    It comes when the clock of a service is read or moved that is not a sandbox.

    Start the service with `--sandbox` to move its clock. A service with customers goes by the clock of its
    machine.
    """


class ClockTooFar(Refusal, frozen=True, gc=False):
    """Clock too far: it cannot be moved beyond {latest}. Move it by less, or begin a new sandbox.

    It comes when the clock of a sandbox would be moved beyond the last time that the service can write.

    Move the clock by fewer seconds. It never goes back, so a sandbox at its end is begun anew on another database.
    """

    latest: str
