"""The clock of a sandbox, as an aggregate: it begins once, and moves ahead only."""

from __future__ import annotations

import msgspec
import pytest

from seatkeeper.actors.aggregates.messages import Command, Event, Refusal
from seatkeeper.actors.sandbox import commands, events, refusals
from seatkeeper.actors.sandbox.clock import CLOCK_ID, LATEST, ClockState, ClockSummary, answer, decide, evolve
from seatkeeper.http.system import SandboxClock
from tests.completeness import check_complete
from tests.scenario import Aggregate, kinds

CLOCK = Aggregate[ClockState](decide, evolve)
AT = "2026-11-22T18:12:00.000Z"
TOMORROW = "2026-11-23T18:12:00.000Z"
DAY = 86_400
STARTED = events.ClockStarted(CLOCK_ID, AT)
COMMANDS: list[Command] = [commands.StartClock(CLOCK_ID, AT), commands.MoveClock(DAY, AT)]
SENTENCES: list[tuple[Refusal, str, str]] = [
    (
        refusals.ClockNotFound(),
        "clock-not-found",
        "Clock not found: only a service that was started with --sandbox has a clock that can be moved.",
    ),
    (
        refusals.ClockTooFar(LATEST),
        "clock-too-far",
        f"Clock too far: it cannot be moved beyond {LATEST}. Move it by less, or begin a new sandbox.",
    ),
]


def test_it_is_started_once() -> None:
    CLOCK.given().when(commands.StartClock(CLOCK_ID, AT)).then(STARTED)
    CLOCK.given(STARTED).when(commands.StartClock(CLOCK_ID, TOMORROW)).changes_nothing()


def test_it_is_moved_on_from_the_time_of_the_service() -> None:
    CLOCK.given(STARTED).when(commands.MoveClock(DAY, AT)).then(events.ClockMoved(TOMORROW))


def test_it_is_never_behind_where_it_was() -> None:
    CLOCK.given(STARTED, events.ClockMoved(TOMORROW)).when(commands.MoveClock(1, AT)).then(
        events.ClockMoved("2026-11-23T18:12:01.000Z")
    )


def test_it_has_an_end() -> None:
    late = events.ClockMoved(LATEST)
    CLOCK.given(STARTED, late).when(commands.MoveClock(1, AT)).refuses(refusals.ClockTooFar(LATEST))


def test_without_a_sandbox_there_is_none() -> None:
    CLOCK.given().when(commands.MoveClock(1, AT)).refuses(refusals.ClockNotFound())


def test_its_answer_is_where_it_stands() -> None:
    clock = CLOCK.after(STARTED, events.ClockMoved(TOMORROW))
    assert answer(clock, 2, commands.MoveClock(DAY, AT), []) == ClockSummary(TOMORROW)


def test_every_command_and_every_event_is_tried_here() -> None:
    check_complete("COMMANDS", (type(one).__name__ for one in COMMANDS), (k.__name__ for k in kinds(commands, Command)))
    assert {kind.__name__ for kind in kinds(events, Event)} == {"ClockStarted", "ClockMoved"}


def test_a_message_of_another_context_is_none_of_the_clock() -> None:
    with pytest.raises(TypeError, match="no command of the clock"):
        CLOCK.given(STARTED).when(Command())
    with pytest.raises(TypeError, match="does not follow"):
        CLOCK.after(STARTED, Event())
    with pytest.raises(TypeError, match="does not follow"):
        CLOCK.after(events.ClockMoved(AT))


@pytest.mark.parametrize(("refusal", "slug", "sentence"), SENTENCES)
def test_a_refusal_has_its_sentence(refusal: Refusal, slug: str, sentence: str) -> None:
    assert (refusal.slug(), str(refusal)) == (slug, sentence)


def test_a_state_is_stored_and_read() -> None:
    clock = CLOCK.after(STARTED)
    assert msgspec.json.decode(msgspec.json.encode(clock), type=ClockState) == clock


def test_the_clock_of_the_service_never_goes_back() -> None:
    clock = SandboxClock()
    clock.set(TOMORROW)
    clock.move(AT)
    assert clock() == TOMORROW
