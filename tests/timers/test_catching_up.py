"""An aggregate does what is due before it decides on anything: nobody finds in force what is over."""

from __future__ import annotations

import json
import logging

import pytest

from seatkeeper.actors.aggregates.aggregate import AggregateFailed, VersionMismatch
from seatkeeper.actors.aggregates.aggregate import CommandOptions as Options
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.journal import JournalFull
from seatkeeper.actors.aggregates.messages import Accepted, DryRun
from tests.timers.eggs import EggActor, EggNotFound, Look, PutEgg, SetAlarm
from tests.timers.kitchen import Kitchen
from tests.timers.virtual import in_virtual_time


@in_virtual_time
async def test_a_command_finds_done_what_was_due_before_it() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(10)))
    kitchen.moved += 10
    assert await kitchen.do("e1", Look()) == ["a"]


@in_virtual_time
async def test_what_is_not_due_yet_is_left() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(10)))
    kitchen.moved += 9.999
    assert await kitchen.do("e1", Look()) == []


@in_virtual_time
async def test_all_that_is_due_is_done_in_the_order_of_its_times() -> None:
    kitchen = Kitchen()
    times = {"late": 30, "early": 10, "middle": 20, "ahead": 41}
    await kitchen.put("e1", *(SetAlarm(kitchen.at(at), alarm_id=name) for name, at in times.items()))
    kitchen.moved += 40
    assert await kitchen.do("e1", Look()) == ["early", "middle", "late"]


@in_virtual_time
async def test_what_follows_from_it_and_is_due_too_is_done_with_it() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(10), "snoozes"))
    kitchen.moved += 10
    assert await kitchen.do("e1", Look()) == ["a"]
    kitchen.moved += 60
    assert await kitchen.do("e1", Look()) == ["a", "a"]


@in_virtual_time
async def test_its_events_say_that_a_timer_has_caused_them() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(10)))
    kitchen.moved += 10
    await kitchen.do("e1", SetAlarm(kitchen.at(10), alarm_id="b"))
    _, _, rang, then = kitchen.journal.queries.events
    assert (rang.type, json.loads(rang.context or "")) == ("alarm.rang", {"actor": "timer", "request_id": "egg-e1.3"})
    assert (then.type, then.context) == ("alarm.set", None)


@in_virtual_time
async def test_who_expects_the_version_before_it_is_told_the_one_after_it() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(10)))
    kitchen.moved += 10
    outcome = await kitchen.directory.ask(EggActor, "e1", Look(), Options(expected_versions=frozenset({2})))
    assert outcome == VersionMismatch(3)


@in_virtual_time
async def test_a_command_that_is_refused_is_answered_after_its_commit() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(10)))
    kitchen.moved += 10
    await kitchen.ask("e1", Look())
    assert [row.type for row in kitchen.journal.queries.events] == ["egg.put", "alarm.set", "alarm.rang"]


@in_virtual_time
async def test_after_days_without_a_service_the_first_command_finds_all_of_it_done() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", *(SetAlarm(kitchen.at(day * 86_400), alarm_id=f"day {day}") for day in range(1, 8)))
    kitchen.moved += 7 * 86_400
    again = Directory(kitchen.journal, now=kitchen.now)
    outcome = await again.ask(EggActor, "e1", Look())
    assert isinstance(outcome, Accepted)
    assert outcome.value == [f"day {day}" for day in range(1, 8)]


@in_virtual_time
async def test_what_needs_another_aggregate_is_left_to_the_scheduler() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(10), "asks"))
    kitchen.moved += 10
    assert await kitchen.do("e1", Look()) == []


@in_virtual_time
async def test_a_timer_that_does_nothing_is_logged_once_and_left(caplog: pytest.LogCaptureFixture) -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(10), "stuck"))
    kitchen.moved += 10
    for _ in range(3):
        assert await kitchen.do("e1", Look()) == []
    assert [record.message for record in caplog.records] == ["a timer that is due has done nothing"]


@in_virtual_time
async def test_a_timer_that_raises_fails_the_command_and_not_those_of_others(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(10), "broken"))
    kitchen.moved += 10
    with pytest.raises(AggregateFailed):
        await kitchen.ask("e1", Look())
    await kitchen.put("e2")


@in_virtual_time
async def test_nothing_of_it_happens_while_the_journal_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(10)))
    kitchen.moved += 10
    with monkeypatch.context() as patch:
        patch.setattr(kitchen.journal, "_bound", 0)
        with pytest.raises(JournalFull):
            await kitchen.ask("e1", Look())
    assert await kitchen.do("e1", Look()) == ["a"]


@in_virtual_time
async def test_the_clock_may_be_set_back_before_it() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(10)))
    kitchen.moved -= 3600
    assert await kitchen.do("e1", Look()) == []


@in_virtual_time
async def test_waking_tells_when_the_next_timer_is_due() -> None:
    kitchen = Kitchen()
    later = kitchen.at(20)
    await kitchen.put("e1", SetAlarm(kitchen.at(10)), SetAlarm(later, alarm_id="b"))
    kitchen.moved += 10
    assert await kitchen.directory.wake(EggActor, "e1") == Accepted(later, 4, 4)
    kitchen.moved += 10
    assert await kitchen.directory.wake(EggActor, "e1") == Accepted(None, 5, 5)


@in_virtual_time
async def test_waking_what_does_not_exist_leaves_nothing_in_memory() -> None:
    kitchen = Kitchen()
    assert await kitchen.directory.wake(EggActor, "e1") == Accepted(None, 0, 0)
    assert len(kitchen.directory) == 0


@in_virtual_time
async def test_an_aggregate_without_a_clock_does_nothing_by_itself() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(-10)))
    outcome = await Directory(kitchen.journal).ask(EggActor, "e1", Look())
    assert isinstance(outcome, Accepted)
    assert outcome.value == []


@in_virtual_time
async def test_a_stream_that_does_not_exist_has_no_timers() -> None:
    kitchen = Kitchen()
    assert await kitchen.ask("e1", Look()) == EggNotFound()


@in_virtual_time
async def test_those_that_were_woken_are_passivated_before_those_that_were_asked() -> None:
    kitchen = Kitchen(max_live=3)
    for egg_id in ("e1", "e2", "e3"):
        await kitchen.put(egg_id)
    again = Directory(kitchen.journal, now=kitchen.now, max_live=2)
    await again.ask(EggActor, "e1", PutEgg("e1"))
    await again.wake(EggActor, "e2")
    await again.wake(EggActor, "e3")
    assert list(again._live) == ["egg-e3", "egg-e1"]


@in_virtual_time
async def test_a_dry_run_finds_done_what_was_due_before_it_and_does_nothing_else() -> None:
    kitchen = Kitchen()
    await kitchen.put("e1", SetAlarm(kitchen.at(10)))
    kitchen.moved += 10
    command = SetAlarm(kitchen.at(10), alarm_id="b")
    run = await kitchen.directory.ask(EggActor, "e1", command, Options(dry_run=True))
    assert isinstance(run, DryRun)
    assert [event.tag for event in run.events] == ["alarm.set"]
    assert await kitchen.do("e1", Look()) == ["a"]
    assert list(kitchen.stored()) == []
