"""The scheduler wakes what is due: the oldest first, late rather than never, and each once."""

from __future__ import annotations

import asyncio

from seatkeeper.actors.aggregates.timers import EVERY, FROM_THE_START, PAGE, UNDER_WAY, Scheduler
from tests.simulation.clock import VirtualLoop
from tests.timers.eggs import Look, SetAlarm
from tests.timers.kitchen import Kitchen
from tests.timers.virtual import in_virtual_time

DAY = 86_400.0


@in_virtual_time
async def test_it_wakes_an_aggregate_when_its_timer_is_due() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(10)))
    async with kitchen.watching():
        await asyncio.sleep(9.99)
        assert kitchen.rung() == []
        await asyncio.sleep(0.02)
        assert kitchen.rung() == ["e1"]


@in_virtual_time
async def test_it_is_at_most_a_millisecond_late() -> None:
    kitchen = Kitchen()
    due_at = kitchen.at(10.5)
    await kitchen.put("e1", SetAlarm(due_at))
    await kitchen.watched(20)
    assert kitchen.journal.queries.events[-1].recorded_at == due_at


@in_virtual_time
async def test_what_was_due_while_nobody_watched_is_done_the_oldest_first() -> None:
    kitchen = Kitchen()
    days = [5, 2, 9, 1, 7, 3, 8, 4, 6]
    for day in days:
        await kitchen.put(f"e{day}", SetAlarm(kitchen.at(day * DAY)))
    kitchen.moved += 10 * DAY
    await kitchen.watched(1)
    assert kitchen.rung() == [f"e{day}" for day in sorted(days)]


@in_virtual_time
async def test_many_that_are_due_at_once_are_done_each_once() -> None:
    kitchen = Kitchen()
    due_at = kitchen.at(10)
    names = [f"e{number:04}" for number in range(3 * PAGE + 1)]
    for name in names:
        await kitchen.put(name, SetAlarm(due_at))
    await kitchen.watched(15)
    assert kitchen.rung() == names
    assert kitchen.stored() == []


@in_virtual_time
async def test_they_are_done_at_a_bounded_rate() -> None:
    kitchen = Kitchen(a_second=50)
    due_at = kitchen.at(10)
    for number in range(200):
        await kitchen.put(f"e{number}", SetAlarm(due_at))
    kitchen.moved += 10
    async with kitchen.watching():
        await asyncio.sleep(2)
        assert 90 <= len(kitchen.rung()) <= 110
        await asyncio.sleep(3)
        assert len(kitchen.rung()) == 200


@in_virtual_time
async def test_only_so_many_are_woken_at_the_same_time() -> None:
    kitchen = Kitchen()
    for number in range(PAGE):
        await kitchen.put(f"e{number}", SetAlarm(kitchen.at(10)))
    kitchen.moved += 10
    most = 0
    scheduler = kitchen.scheduler

    def count(_: int) -> None:
        nonlocal most
        most = max(most, len(scheduler._under_way))

    kitchen.journal.on_commit(count)
    await kitchen.watched(1)
    assert 1 < most <= UNDER_WAY
    assert len(kitchen.rung()) == PAGE


@in_virtual_time
async def test_a_timer_that_is_stored_while_it_rests_is_not_missed() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(1000)))
    async with kitchen.watching():
        await asyncio.sleep(10)
        await kitchen.put("e2", SetAlarm(kitchen.at(0.3)))
        await asyncio.sleep(0.31)
    assert kitchen.rung() == ["e2"]


@in_virtual_time
async def test_a_timer_that_is_stored_behind_what_was_done_is_not_missed() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(100)))
    kitchen.moved += 200
    async with kitchen.watching():
        await asyncio.sleep(1)
        await kitchen.put("e2", SetAlarm(kitchen.at(-150)))
        await asyncio.sleep(0.1)
    assert kitchen.rung() == ["e1", "e2"]


@in_virtual_time
async def test_what_follows_from_a_timer_is_done_at_its_own_time() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(10), "snoozes"))
    async with kitchen.watching():
        await asyncio.sleep(69)
        assert kitchen.rung() == ["e1"]
        await asyncio.sleep(2)
    assert kitchen.rung() == ["e1", "e1"]


@in_virtual_time
async def test_a_timer_that_was_ended_meanwhile_does_nothing() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(10)))
    async with kitchen.watching():
        await asyncio.sleep(5)
        kitchen.moved += 10
        await kitchen.do("e1", Look())
        events = len(kitchen.journal.queries.events)
        await asyncio.sleep(20)
    assert len(kitchen.journal.queries.events) == events
    assert kitchen.scheduler.failed == 0


@in_virtual_time
async def test_several_timers_of_an_aggregate_are_done_with_one_call() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", *(SetAlarm(kitchen.at(number), alarm_id=str(number)) for number in range(10)))
    kitchen.moved += 10
    await kitchen.watched(0.5)
    assert len(kitchen.rung()) == 10
    assert kitchen.directory.fired == 10


@in_virtual_time
async def test_two_schedulers_have_one_effect() -> None:
    kitchen = Kitchen()
    for number in range(PAGE):
        await kitchen.put(f"e{number:03}", SetAlarm(kitchen.at(10), "asks" if number % 2 else "rings"))
    async with kitchen.watching(), kitchen.watching(kitchen.new_scheduler()):
        await asyncio.sleep(15)
    assert sorted(kitchen.rung()) == [f"e{number:03}" for number in range(PAGE)]


@in_virtual_time
async def test_one_of_several_wakes_only_its_own() -> None:
    kitchen = Kitchen()
    for number in range(10):
        await kitchen.put(f"e{number}", SetAlarm(kitchen.at(10)))
    kitchen.moved += 10
    async with kitchen.watching(kitchen.new_scheduler(owns=lambda egg_id: egg_id in {"e3", "e7"})):
        await asyncio.sleep(5)
    assert kitchen.rung() == ["e3", "e7"]


@in_virtual_time
async def test_a_clock_that_jumps_ahead_is_noticed_within_a_second() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(DAY)))
    async with kitchen.watching():
        await asyncio.sleep(0.5)
        kitchen.moved += 2 * DAY
        await asyncio.sleep(EVERY)
    assert kitchen.rung() == ["e1"]


@in_virtual_time
async def test_after_a_clock_that_jumps_back_everything_waits_for_its_time() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(10)))
    await kitchen.put("e2", SetAlarm(kitchen.at(20)))
    async with kitchen.watching():
        await asyncio.sleep(15)
        kitchen.moved -= 3600
        await kitchen.put("e3", SetAlarm(kitchen.at(30)))
        await asyncio.sleep(40)
        assert kitchen.rung() == ["e1", "e3"]
        await asyncio.sleep(3600)
    assert kitchen.rung() == ["e1", "e3", "e2"]


@in_virtual_time
async def test_a_clock_that_jumps_back_at_the_moment_of_a_timer_loses_nothing() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(10)))
    kitchen.moved += 10
    begin = kitchen.scheduler._fire

    async def jump_and_fire(timer: object) -> None:
        kitchen.moved = 0
        await begin(timer)  # type: ignore[arg-type] # as it is

    kitchen.scheduler._fire = jump_and_fire  # type: ignore[method-assign]
    async with kitchen.watching():
        await asyncio.sleep(0.5)
        assert kitchen.rung() == []
        kitchen.scheduler._fire = begin  # type: ignore[method-assign]
        await asyncio.sleep(12)
    assert kitchen.rung() == ["e1"]


@in_virtual_time
async def test_it_reads_little_while_nothing_is_due() -> None:
    kitchen = Kitchen()
    for number in range(PAGE):
        await kitchen.put(f"e{number}", SetAlarm(kitchen.at(DAY)))
    kitchen.reads = 0
    await kitchen.watched(100)
    assert kitchen.reads <= 102


@in_virtual_time
async def test_what_nobody_has_told_it_of_is_found_in_the_end() -> None:
    kitchen = Kitchen()
    deaf = Scheduler(kitchen.directory, kitchen.scheduler._actor, kitchen)
    await kitchen.put("e1", SetAlarm(kitchen.at(10)))
    async with kitchen.watching(deaf):
        await asyncio.sleep(15)
        await kitchen.put("e2", SetAlarm(kitchen.at(-10)))
        await asyncio.sleep(FROM_THE_START)
    assert kitchen.rung() == ["e1", "e2"]


@in_virtual_time
async def test_the_figures_tell_how_late_it_is() -> None:
    kitchen = Kitchen(a_second=10)
    for number in range(100):
        await kitchen.put(f"e{number}", SetAlarm(kitchen.at(0)))
    kitchen.moved += 100
    async with kitchen.watching():
        await asyncio.sleep(0.05)
        assert (kitchen.scheduler.due, kitchen.scheduler.late_by()) == (100, 100)
        await asyncio.sleep(20)
    assert (kitchen.scheduler.due, kitchen.scheduler.late_by()) == (0, 0)
    assert kitchen.directory.fired == 100


@in_virtual_time
async def test_while_the_loop_is_busy_it_takes_fewer_so_that_clients_come_first() -> None:
    kitchen = Kitchen(a_second=500)
    for number in range(400):
        await kitchen.put(f"e{number}", SetAlarm(kitchen.at(0)))
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)

    def be_busy() -> None:
        loop._now += 0.04
        busy.append(loop.call_later(0.001, be_busy))

    async with kitchen.watching():
        await asyncio.sleep(0.2)
        alone = len(kitchen.rung())
        busy = [loop.call_soon(be_busy)]
        await asyncio.sleep(2)
        busy[-1].cancel()
        beside = (len(kitchen.rung()) - alone) / 10
        assert 0 < beside < alone / 2
        await asyncio.sleep(2)
        assert len(kitchen.rung()) == 400
