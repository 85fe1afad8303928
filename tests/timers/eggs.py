"""A toy aggregate with timers: an egg on the stove, and what rings for it."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple, TypeAlias

import msgspec

from seatkeeper.actors.aggregates.aggregate import AggregateActor
from seatkeeper.actors.aggregates.messages import NOTHING, Command, Decision, Event, NotFound
from seatkeeper.storage.kinds import Kind, Kinds
from seatkeeper.storage.projections.view import Deleted, View
from seatkeeper.storage.registry import KINDS

Alarm: TypeAlias = tuple[str, str, str]
"""When it is due, its kind, and its id."""


class EggPut(Event, frozen=True, gc=False):
    """The egg is on the stove."""

    tag: ClassVar[str] = "egg.put"

    egg_id: str


class AlarmSet(Event, frozen=True, gc=False):
    """An alarm will ring."""

    tag: ClassVar[str] = "alarm.set"

    due_at: str
    kind: str
    alarm_id: str


class AlarmRang(Event, frozen=True, gc=False):
    """An alarm has rung; a snooze is one that it has set for later."""

    tag: ClassVar[str] = "alarm.rang"

    alarm_id: str
    at: str
    snooze: str | None = None


class PutEgg(Command, frozen=True, gc=False):
    """Put a new egg on the stove."""

    egg_id: str


class SetAlarm(Command, frozen=True, gc=False):
    """Have an alarm ring: of itself, `asks` once somebody was asked, `snoozes` once more later, `stuck` never."""

    due_at: str
    kind: str = "rings"
    alarm_id: str = "a"


class Ring(Command, frozen=True, gc=False):
    """Ring an alarm that is due."""

    alarm_id: str
    at: str


class Look(Command, frozen=True, gc=False):
    """Look at the egg."""


class EggNotFound(NotFound, frozen=True, gc=False):
    """There is no egg with this id."""


class Egg(msgspec.Struct, gc=False):
    """The state of an egg."""

    egg_id: str
    alarms: dict[str, Alarm] = {}
    heap: list[Alarm] = []
    rung: list[str] = []


SNOOZE = 60
"""Seconds."""


class EggActor(AggregateActor[Egg]):
    """The actor of one egg."""

    kind: ClassVar[str] = "egg"
    state_type: ClassVar[type[Egg]] = Egg
    event_types: ClassVar[Sequence[type[Event]]] = (EggPut, AlarmSet, AlarmRang)

    @staticmethod
    def decide(egg: Egg | None, command: Command, /) -> Decision:
        if isinstance(command, PutEgg):
            return [EggPut(command.egg_id)] if egg is None else NOTHING
        if egg is None:
            return EggNotFound()
        if isinstance(command, SetAlarm):
            return [AlarmSet(command.due_at, command.kind, command.alarm_id)]
        if isinstance(command, Ring):
            return _ring(egg, command)
        return NOTHING

    @staticmethod
    def evolve(egg: Egg | None, event: Event, /) -> Egg:
        if isinstance(event, EggPut):
            return Egg(event.egg_id)
        assert egg is not None
        if isinstance(event, AlarmSet):
            egg.alarms[event.alarm_id] = (event.due_at, event.kind, event.alarm_id)
            heapq.heappush(egg.heap, egg.alarms[event.alarm_id])
        elif isinstance(event, AlarmRang):
            del egg.alarms[event.alarm_id]
            egg.rung.append(event.alarm_id)
            if event.snooze is not None:
                egg.alarms[event.alarm_id] = (event.snooze, "rings", event.alarm_id)
                heapq.heappush(egg.heap, egg.alarms[event.alarm_id])
        while egg.heap and egg.alarms.get(egg.heap[0][2]) != egg.heap[0]:
            heapq.heappop(egg.heap)
        return egg

    @staticmethod
    def answer(egg: Egg, _version: int, _command: Command, _events: Sequence[Event], /) -> Sequence[str]:
        return list(egg.rung)

    @staticmethod
    def identity(egg: Egg, /) -> str:
        return egg.egg_id

    @staticmethod
    def next_due(egg: Egg, /) -> str | None:
        return egg.heap[0][0] if egg.heap else None

    @staticmethod
    def due(egg: Egg, now: str, /) -> Command | None:
        return None if egg.heap[0][1] == "asks" else Ring(egg.heap[0][2], now)


def _ring(egg: Egg, command: Ring) -> Decision:
    alarm = egg.alarms.get(command.alarm_id)
    if alarm is None or alarm[1] == "stuck":
        return NOTHING
    if alarm[1] == "broken":
        raise ZeroDivisionError
    if alarm[1] == "snoozes":
        later = f"{command.at[:14]}{int(command.at[14:16]) + 1:02d}{command.at[16:]}"
        return [AlarmRang(command.alarm_id, command.at, later)]
    return [AlarmRang(command.alarm_id, command.at)]


class AlarmRow(NamedTuple):
    """A row of the table `alarms`."""

    egg_id: str
    alarm_id: str
    kind: str
    due_at: str


def rows(egg: Egg, _version: int) -> Iterator[AlarmRow]:
    return (AlarmRow(egg.egg_id, alarm_id, kind, due_at) for due_at, kind, alarm_id in egg.alarms.values())


def changes(egg: Egg, _version: int, events: Sequence[Event]) -> Sequence[AlarmRow | Deleted]:
    named = {event.alarm_id for event in events if isinstance(event, AlarmSet | AlarmRang)}
    there = {row.alarm_id: row for row in rows(egg, 0)}
    return [there.get(alarm_id) or Deleted((egg.egg_id, alarm_id)) for alarm_id in named]


ALARMS = View(
    table="alarms",
    row=AlarmRow,
    key_columns=2,
    rows=rows,
    changes=changes,
    sqlite="""
CREATE TABLE alarms (
    egg_id   TEXT NOT NULL,
    alarm_id TEXT NOT NULL,
    kind     TEXT NOT NULL,
    due_at   TEXT NOT NULL,
    PRIMARY KEY (egg_id, alarm_id)
) STRICT, WITHOUT ROWID;
""",
)

EGG_KINDS = Kinds(*KINDS, Kind(EggActor, views=(ALARMS,)))
