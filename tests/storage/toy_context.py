"""A bounded context that only tests have: toys, which are made and painted. All of it is registered in `TOY_KINDS`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

import msgspec

from seatkeeper.actors.aggregates.aggregate import AggregateActor
from seatkeeper.actors.aggregates.messages import NOTHING, Command, Decision, Event, NotFound, Refusal
from seatkeeper.storage.kinds import Kind, Kinds
from seatkeeper.storage.projections.view import View
from seatkeeper.storage.records import to_json
from seatkeeper.storage.registry import KINDS
from tests.scenario import Aggregate

MOST_COATS = 3


class ToyMade(Event, frozen=True, gc=False):
    """The toy exists, unpainted."""

    tag: ClassVar[str] = "toy.made"

    toy_id: str
    name: str


class ToyPainted(Event, frozen=True, gc=False):
    """The toy has another coat."""

    tag: ClassVar[str] = "toy.painted.2"

    colour: str


class MakeToy(Command, frozen=True, gc=False):
    """Make a new toy."""

    toy_id: str
    name: str


class PaintToy(Command, frozen=True, gc=False):
    """Paint the toy; its own colour is nothing to do."""

    colour: str


class ToyNotFound(NotFound, frozen=True, gc=False):
    """There is no toy with this id."""


class ToyExists(Refusal, frozen=True, gc=False):
    """There is a toy with this id already."""


class TooManyCoats(Refusal, frozen=True, gc=False):
    """The toy has {coats} coats already."""

    coats: int


class Toy(msgspec.Struct, gc=False):
    """The state of a toy."""

    toy_id: str
    name: str
    colours: list[str] = []  # msgspec gives each toy its own


class ToySummary(msgspec.Struct, frozen=True, gc=False):
    """A toy as clients see it."""

    toy_id: str
    name: str
    colour: str | None
    coats: int
    version: int


class ToyActor(AggregateActor[Toy]):
    """The actor of one toy."""

    kind: ClassVar[str] = "toy"
    state_type: ClassVar[type[Toy]] = Toy
    event_types: ClassVar[Sequence[type[Event]]] = (ToyMade, ToyPainted)

    @staticmethod
    def decide(toy: Toy | None, command: Command, /) -> Decision:
        if isinstance(command, MakeToy):
            return [ToyMade(command.toy_id, command.name)] if toy is None else ToyExists()
        if toy is None:
            return ToyNotFound()
        assert isinstance(command, PaintToy)
        if command.colour in toy.colours[-1:]:
            return NOTHING
        return [ToyPainted(command.colour)] if len(toy.colours) < MOST_COATS else TooManyCoats(len(toy.colours))

    @staticmethod
    def evolve(toy: Toy | None, event: Event, /) -> Toy:
        if isinstance(event, ToyMade):
            return Toy(event.toy_id, event.name)
        assert toy is not None
        assert isinstance(event, ToyPainted)
        toy.colours.append(event.colour)
        return toy

    @staticmethod
    def answer(toy: Toy, version: int, _command: Command, _events: Sequence[Event], /) -> ToySummary:
        return summarize(toy, version)

    @staticmethod
    def stored_answer(toy: Toy, version: int, _stored: Mapping[str, object], /) -> ToySummary:
        return summarize(toy, version)

    @staticmethod
    def identity(toy: Toy, /) -> str:
        return toy.toy_id

    @staticmethod
    def broken_rules(toy: Toy, _event: Event, /) -> Sequence[str]:
        return [f"{len(toy.colours)} coats of {MOST_COATS}"] if len(toy.colours) > MOST_COATS else []


def summarize(toy: Toy, version: int) -> ToySummary:
    return ToySummary(toy.toy_id, toy.name, toy.colours[-1] if toy.colours else None, len(toy.colours), version)


def read_toy_painted_1(data: str | bytes) -> ToyPainted:
    """Read the old form of an event, which was the bare colour."""
    return ToyPainted(msgspec.json.decode(data, type=str))


class ToyRow(NamedTuple):
    """A row of the table `toys`."""

    toy_id: str
    colour: str | None
    summary: str


def rows(toy: Toy, version: int) -> Sequence[ToyRow]:
    summary = summarize(toy, version)
    return [ToyRow(toy.toy_id, summary.colour, to_json(summary))]


TOYS = View(
    table="toys",
    row=ToyRow,
    key_columns=1,
    rows=rows,
    changes=lambda toy, version, _events: rows(toy, version),
    ordered=True,
    sqlite="""
CREATE TABLE toys (
    number  INTEGER PRIMARY KEY,
    toy_id  TEXT NOT NULL UNIQUE,
    colour  TEXT,
    summary TEXT NOT NULL
) STRICT;
CREATE INDEX toys_by_colour ON toys (colour);
""",
)

TOY_KIND = Kind(ToyActor, views=(TOYS,), upcasters={"toy.painted": read_toy_painted_1})
TOY_KINDS = Kinds(*KINDS, TOY_KIND)
"""The kinds of the service, and toys."""

TOY = Aggregate[Toy](ToyActor.decide, ToyActor.evolve)


def made(toy_id: str = "t1", name: str = "Duck") -> Event:
    """A toy exists."""
    return ToyMade(toy_id, name)


def painted(colour: str = "red") -> Event:
    """The toy has a coat."""
    return ToyPainted(colour)
