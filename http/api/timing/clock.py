"""The routes of the clock, which only a sandbox has."""

from __future__ import annotations

from typing import Annotated

import msgspec

from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.messages import Accepted, DryRun, Outcome
from seatkeeper.actors.sandbox.actor import ClockActor
from seatkeeper.actors.sandbox.clock import CLOCK_ID, ClockSummary
from seatkeeper.actors.sandbox.commands import MoveClock
from seatkeeper.actors.sandbox.refusals import ClockNotFound, ClockTooFar
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.problems import Refused
from seatkeeper.http.server.routes import Answer, Call, Nothing, Route, encode

MOST_SECONDS = 10 * 366 * 86_400
"""Ten years at once."""


class Advance(msgspec.Struct, forbid_unknown_fields=True):
    """By how many seconds to move the clock on."""

    advance_seconds: Annotated[int, msgspec.Meta(ge=1, le=MOST_SECONDS)]


async def get_clock(service: Service, _call: Call[None, Nothing]) -> Answer:
    """Read the clock of a sandbox.

    It stands still until it is moved. 404 for a service without `--sandbox`.
    """
    if service.move_clock is None:
        raise Refused(ClockNotFound())
    return Answer(encode(ClockSummary(service.now())))


def move_clock(service: Service, call: Call[Advance, Nothing]) -> Reply:
    """Move the clock of a sandbox on, and answer when all that became due on the way is done.

    Each thing happens at its own time, in order, and so does what follows from it. 404 for a service without
    `--sandbox`.
    """
    return service.later(_move(service, call))


async def _move(service: Service, call: Call[Advance, Nothing]) -> Outcome:
    if service.move_clock is None:
        return await service.directory.store_refusal(ClockNotFound(), call.options.key)
    outcome = await service.ask(ClockActor, CLOCK_ID, call, MoveClock(call.body.advance_seconds, service.now()))
    if isinstance(outcome, DryRun):
        return outcome  # nothing is stored, so the clock stays where it is
    if isinstance(outcome, Accepted) and isinstance(outcome.value, ClockSummary):
        await service.move_clock(outcome.value.now)
    return outcome


_ABSENT = (ClockNotFound,)

ROUTES = (
    Route("GET", "/v1/clock", get_clock, ClockSummary, refusals=_ABSENT, scope="admin", sandbox=True),
    Route(
        "POST",
        "/v1/clock",
        move_clock,
        ClockSummary,
        body=Advance,
        refusals=(*_ABSENT, ClockTooFar),
        scope="admin",
        patient=True,
        sandbox=True,
    ),
)
