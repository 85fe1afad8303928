"""A timer that cannot be fired is tried again later, and holds up no other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import pytest

from seatkeeper.actors.aggregates.backing_off import FIRST, LONGEST
from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown, StreamDamaged
from seatkeeper.actors.aggregates.timers import EVERY, PAGE
from tests.timers.eggs import SetAlarm
from tests.timers.kitchen import Kitchen
from tests.timers.virtual import in_virtual_time


def logged(caplog: pytest.LogCaptureFixture) -> Sequence[logging.LogRecord]:
    """What the scheduler has logged."""
    return [record for record in caplog.records if record.name.endswith(".timers")]


def failing(kitchen: Kitchen, *egg_ids: str, error: Exception) -> Sequence[str]:
    """Have the loading of these streams fail; the list that is returned grows with each try."""
    load, tries = kitchen.journal.load, list[str]()

    async def fail(stream_id: str, after: int = 0) -> object:
        egg_id = stream_id.removeprefix("egg-")
        if egg_id in egg_ids:
            tries.append(egg_id)
            raise error
        return await load(stream_id, after)

    kitchen.journal.load = fail  # type: ignore[method-assign, assignment]
    kitchen.directory.reset_all()
    return tries


@pytest.mark.parametrize("error", [StreamDamaged("a gap"), NotStored("not now"), OutcomeUnknown(), ZeroDivisionError()])
def test_it_holds_up_no_other(error: Exception) -> None:
    @in_virtual_time
    async def run() -> None:
        kitchen = Kitchen()
        for number in range(PAGE + 10):
            await kitchen.put(f"e{number:03}", SetAlarm(kitchen.at(number / 100)))
        failing(kitchen, *(f"e{number:03}" for number in range(PAGE)), error=error)
        kitchen.moved += 10
        await kitchen.watched(1)
        assert kitchen.rung() == [f"e{number:03}" for number in range(PAGE, PAGE + 10)]

    run()


@in_virtual_time
async def test_it_is_tried_again_after_pauses_that_grow() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(0)))
    failing(kitchen, "e1", error=StreamDamaged())
    async with kitchen.watching():
        await asyncio.sleep(0.9)
        assert kitchen.scheduler.failed == 1
        await asyncio.sleep(FIRST + 0.2)
        assert kitchen.scheduler.failed == 2
        await asyncio.sleep(600)
    assert 8 <= kitchen.scheduler.failed <= 2 + 600 / LONGEST + 8


@in_virtual_time
async def test_it_is_done_as_soon_as_it_can_be() -> None:
    kitchen = Kitchen()
    load = kitchen.journal.load
    await kitchen.put("e1", SetAlarm(kitchen.at(0)))
    failing(kitchen, "e1", error=NotStored())
    async with kitchen.watching():
        await asyncio.sleep(20)
        kitchen.journal.load = load  # type: ignore[method-assign]
        await asyncio.sleep(LONGEST)
    assert kitchen.rung() == ["e1"]


@in_virtual_time
async def test_after_the_storage_was_opened_again_it_is_tried_at_once() -> None:
    kitchen = Kitchen()
    load = kitchen.journal.load
    await kitchen.put("e1", SetAlarm(kitchen.at(0)))
    failing(kitchen, "e1", error=OutcomeUnknown())
    async with kitchen.watching():
        await asyncio.sleep(300)
        kitchen.journal.load = load  # type: ignore[method-assign]
        kitchen.directory.passivate(kitchen.directory._live["egg-e1"])
        await kitchen.scheduler.look_again()
        await asyncio.sleep(EVERY)
    assert kitchen.rung() == ["e1"]


@in_virtual_time
async def test_one_whose_stream_is_gone_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(0)))
    kitchen.journal._streams.clear()
    kitchen.directory.reset_all()
    await kitchen.watched(0.5)
    (record,) = logged(caplog)
    assert (record.message, record.reason) == ("a timer was not fired", "TimerLeft('there is no egg e1')")  # type: ignore[attr-defined]


@in_virtual_time
async def test_one_that_does_nothing_is_tried_again_and_not_in_a_loop() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(0), "stuck"))
    await kitchen.put("e2", SetAlarm(kitchen.at(0)))
    await kitchen.watched(10)
    assert kitchen.rung() == ["e2"]
    assert 3 <= kitchen.scheduler.failed <= 5


@in_virtual_time
async def test_what_needs_another_aggregate_has_it_asked() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(0), "asks"), SetAlarm(kitchen.at(1)), SetAlarm(kitchen.at(2), "asks"))
    await kitchen.put("e2", SetAlarm(kitchen.at(0), "asks"))
    kitchen.moved += 10
    await kitchen.watched(0.5)
    assert sorted(kitchen.asked) == ["e1", "e2"]
    assert sorted(kitchen.rung()) == ["e1", "e2"]


@in_virtual_time
async def test_where_the_other_does_not_answer_it_is_tried_again() -> None:
    kitchen = Kitchen()
    kitchen.answers = False
    await kitchen.put("e1", SetAlarm(kitchen.at(0), "asks"))
    async with kitchen.watching():
        await asyncio.sleep(2.5)
        assert kitchen.asked == ["e1", "e1"]
        kitchen.answers = True
        await asyncio.sleep(5)
    assert kitchen.rung() == ["e1"]


@in_virtual_time
async def test_while_the_storage_does_not_answer_it_waits_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(0)))
    kitchen.unreadable = NotStored("it is away")
    await kitchen.watched(10)
    assert [record.message for record in logged(caplog)] == ["timers wait for the storage"]
    kitchen.unreadable = None
    await kitchen.watched(3)
    assert kitchen.rung() == ["e1"]


@in_virtual_time
async def test_while_the_journal_takes_nothing_no_aggregate_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    kitchen = Kitchen()
    for number in range(PAGE):
        await kitchen.put(f"e{number}", SetAlarm(kitchen.at(0)))
    kitchen.directory.reset_all()
    with monkeypatch.context() as patch:
        patch.setattr(kitchen.journal, "_bound", 0)
        await kitchen.watched(10)
    assert kitchen.scheduler.failed == 0
    await kitchen.watched(3)
    assert len(kitchen.rung()) == PAGE


@in_virtual_time
async def test_how_late_it_is_counts_what_has_failed() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(0)))
    failing(kitchen, "e1", error=StreamDamaged())
    await kitchen.watched(100)
    assert (kitchen.scheduler.late_by(), kitchen.scheduler.due) == (100, 1)


@in_virtual_time
async def test_a_time_that_is_damaged_stops_nothing() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm("1 o'clock", "stuck"))
    await kitchen.put("e2", SetAlarm(kitchen.at(0)))
    await kitchen.put("e3", SetAlarm("half past nine"))
    await kitchen.put("e4", SetAlarm(kitchen.at(5)))
    await kitchen.watched(10)
    assert kitchen.rung() == ["e2", "e4"]
    assert kitchen.scheduler.late_by() == 0


@in_virtual_time
async def test_a_service_that_stops_does_not_go_on_with_a_move_of_its_clock() -> None:
    kitchen = Kitchen()
    for number in range(5):
        await kitchen.put(f"e{number}", SetAlarm(kitchen.at(number)))

    def move(_: str) -> None:
        kitchen.moved += 1
        kitchen.scheduler._stopped = kitchen.moved > 1

    with pytest.raises(OutcomeUnknown):
        await kitchen.scheduler.run_until(kitchen.at(10), move)
    assert kitchen.rung() == ["e0", "e1"]
