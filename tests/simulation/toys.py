"""The service with one more kind, for runs: toys, the routes that make and paint them, and the steps of clients."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.messages import Command
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.routes import Call, Nothing, Route
from tests.simulation.commands import COMMANDS
from tests.simulation.known import Known, Subject, recent
from tests.simulation.repertoire import Repertoire
from tests.simulation.sending import Asked, CommandType, Sent
from tests.simulation.steps import WEIGHTS, Step
from tests.simulation.subjects import subject
from tests.storage.toy_context import (
    TOY_KINDS,
    MakeToy,
    PaintToy,
    TooManyCoats,
    ToyActor,
    ToyExists,
    ToyNotFound,
    ToySummary,
)


class NewToy(msgspec.Struct, frozen=True):
    """A toy to make."""

    toy_id: str
    name: str


class Paint(msgspec.Struct, frozen=True):
    """A coat."""

    colour: str


def make_toy(service: Service, call: Call[NewToy, Nothing]) -> Reply:
    """Make a toy."""
    return service.ask(ToyActor, call.body.toy_id, call, MakeToy(call.body.toy_id, call.body.name))


def paint_toy(service: Service, call: Call[Paint, Nothing]) -> Reply:
    """Paint a toy."""
    return service.ask(ToyActor, call.ids["toy_id"], call, PaintToy(call.body.colour))


def _made(sent: Sent, _asked: Asked) -> Command:
    return msgspec.convert(sent.body, MakeToy)


def _painted(sent: Sent, _asked: Asked) -> Command:
    return msgspec.convert(sent.body, PaintToy)


def toy_subject(step: Step, known: Known) -> Subject | None:
    """Choose the subject of a step about a toy, or of one of the others."""
    if step.kind == "make toy":
        toy_id = f"{step.client}-{step.number}"
        return Subject({}, {"toy_id": toy_id, "name": f"toy {step.client}.{step.number}"}, [f"toy-{toy_id}"])
    if step.kind != "paint toy":
        return subject(step, known)
    if not known.ids["toy"]:
        return None
    toy_id = recent(step, known.ids["toy"])
    return Subject({"toy_id": toy_id}, {"colour": ("red", "blue", "green")[step.pick(1, 3)]}, [f"toy-{toy_id}"])


_MAKE = Route("POST", "/v1/toys", make_toy, ToySummary, 201, body=NewToy, refusals=(ToyExists,))
_PAINT = Route(
    "POST", "/v1/toys/{toy_id}/coats", paint_toy, ToySummary, body=Paint, refusals=(ToyNotFound, TooManyCoats)
)

WITH_TOYS = Repertoire(
    kinds=TOY_KINDS,
    commands={
        **COMMANDS,
        "make toy": CommandType(_MAKE, _made, makes="toy"),
        "paint toy": CommandType(_PAINT, _painted),
    },
    weights={**WEIGHTS, "make toy": 15, "paint toy": 45},
    subject=toy_subject,
)
