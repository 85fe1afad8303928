"""Endpoints that are down, slow, full or gone, in virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import pairwise

import pytest
from msgspec.structs import replace

from seatkeeper.http.events_out.webhooks import worker
from seatkeeper.http.events_out.webhooks.feed import PAGE
from seatkeeper.http.events_out.webhooks.sender import Answer
from tests.events_out.webhooks.virtual import (
    BROKEN,
    DAY,
    HOUR,
    OK,
    ONE,
    URL,
    Process,
    Received,
    World,
    assert_in_order,
)


def down_until(moment: float, answer: Answer = BROKEN) -> World:
    """A world whose endpoint answers so until this moment."""
    world = World()

    async def endpoint(message: Received) -> Answer:
        await asyncio.sleep(0)
        return answer if message.at < moment else OK

    world.endpoints[URL] = endpoint
    return world


def waits(world: World) -> list[float]:
    """The seconds between the tries of the first event."""
    moments = [message.at for message in world.received if message.position == 1]
    return [later - earlier for earlier, later in pairwise(moments)]


async def four_days(_: Process) -> None:
    await asyncio.sleep(4 * DAY)


def test_the_tries_come_later_each_time_from_five_seconds_to_a_day() -> None:
    world = down_until(4 * DAY)
    world.write("account-1")
    world.run(four_days)
    between = waits(world)
    assert 5 <= between[0] <= 6.25
    assert all(min(later, 0.6 * DAY) > earlier for earlier, later in pairwise(between[:-2]))
    assert max(between) <= DAY
    assert sum(between) == pytest.approx(3 * DAY)


@pytest.mark.parametrize("hours", [1, 24, 71.9])
def test_what_an_endpoint_missed_while_it_was_down_comes_in_order(hours: float) -> None:
    world = down_until(hours * HOUR)
    world.write(*(f"account-{number % 20}" for number in range(400)))

    async def story(process: Process) -> None:
        for _ in range(20):
            await asyncio.sleep(hours * HOUR / 20)
            process.write("account-1", "account-2")
        await asyncio.sleep(3 * DAY)

    world.run(story)
    assert sorted(world.accepted()) == list(range(1, 441))
    assert_in_order(world)
    assert world.disabled == []
    assert not world.store.rows["one"]


def test_after_three_days_the_webhook_is_disabled_and_nothing_is_lost() -> None:
    world = down_until(5 * DAY)
    world.write("account-1", "account-2")

    async def story(process: Process) -> None:
        await asyncio.sleep(4 * DAY)
        process.write("account-1", "account-3")
        await asyncio.sleep(DAY + 1)
        assert world.accepted() == []
        process.change(status="active")
        await asyncio.sleep(60)

    world.run(story)
    assert world.disabled == [("one", "retries-exhausted")]
    assert sorted(world.accepted()) == [1, 2, 3, 4]
    assert_in_order(world)


def test_a_webhook_that_was_resumed_has_three_days_again() -> None:
    world = down_until(6 * DAY)
    world.write("account-1")

    async def story(process: Process) -> None:
        await asyncio.sleep(4 * DAY)
        process.change(status="active")
        await asyncio.sleep(3 * DAY)

    world.run(story)
    assert world.disabled == [("one", "retries-exhausted")]
    assert world.accepted() == [1]
    numbers = [attempt.attempt for attempt in world.store.attempts["one"]]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_service_that_was_down_for_a_week_tries_again_before_it_gives_up() -> None:
    world = down_until(DAY)
    world.write("account-1")

    async def an_hour(_: Process) -> None:
        await asyncio.sleep(HOUR)

    world.run(an_hour)
    world.began += 7 * DAY
    world.run(four_days)
    assert world.disabled == []
    assert world.accepted() == [1]


def test_an_endpoint_that_is_gone_is_disabled_at_once_and_keeps_its_position() -> None:
    world = down_until(60, Answer(410))
    world.write("account-1", "account-1", "account-2")

    async def story(process: Process) -> None:
        await asyncio.sleep(3600)
        assert world.disabled == [("one", "gone")]
        assert len(world.received) <= 2
        process.change(status="active")
        await asyncio.sleep(60)

    world.run(story)
    assert sorted(world.accepted()) == [1, 2, 3]


def test_a_receiver_that_takes_an_hour_for_each_holds_up_no_other() -> None:
    world = World()
    slow = "https://slow.example/in"

    async def an_hour(_: Received) -> Answer:
        await asyncio.sleep(HOUR)
        return OK

    world.endpoints[slow] = an_hour
    world.write(*(f"account-{number % 50}" for number in range(1_000)))

    async def story(process: Process) -> None:
        await asyncio.sleep(60)
        assert sorted(world.accepted()) == list(range(1, 1_001))
        process.write("account-1")
        await asyncio.sleep(1)
        assert len(world.accepted()) == 1_001
        await asyncio.sleep(4 * DAY)

    world.run(story, ONE, replace(ONE, webhook_id="two", url=slow))
    assert world.disabled == [("two", "retries-exhausted")]
    errors = {(attempt.status, attempt.error) for attempt in world.store.attempts["two"]}
    assert errors == {(None, "no answer within 20 s")}


def test_a_long_outage_takes_a_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "MOST_WAITING", 1_000)
    world = down_until(HOUR)
    world.write(*(f"account-{number}" for number in range(9_000)))

    async def story(process: Process) -> None:
        await asyncio.sleep(HOUR - 1)
        (one,) = process.deliveries._workers.values()
        assert 1_000 <= len(one.backlog.waiting) <= 1_000 + worker.READ_AHEAD + PAGE
        assert len(one.backlog.pending) <= worker.READ_AHEAD + PAGE
        await asyncio.sleep(2 * HOUR)

    world.run(story)
    assert sorted(world.accepted()) == list(range(1, 9_001))


@pytest.mark.parametrize("status", [429, 503])
def test_an_endpoint_that_asks_for_time_gets_it(status: int) -> None:
    world = down_until(60, Answer(status, None, "1000"))
    world.write("account-1")
    world.run(four_days)
    assert waits(world) == [pytest.approx(1000, abs=1)]


def test_an_endpoint_that_asks_for_time_is_left_alone_by_all_streams() -> None:
    world = World()
    world.write(*(f"account-{number}" for number in range(500)))

    async def busy(message: Received) -> Answer:
        await asyncio.sleep(1)
        return Answer(429, None, "30") if message.at < 10 else OK

    world.endpoints[URL] = busy
    world.run(four_days)
    by_moment = Counter(round(message.at) for message in world.received)
    assert all(not 1 < moment < 31 for moment in by_moment)
    assert len(world.accepted()) == 500


def test_an_endpoint_that_is_back_gets_at_once_what_waits() -> None:
    world = down_until(10 * HOUR)
    world.write("account-1")

    async def story(process: Process) -> None:
        await asyncio.sleep(10 * HOUR + 1)
        assert world.accepted() == []
        process.write("account-2")
        await asyncio.sleep(10)
        assert world.accepted() == [2, 1]

    world.run(story)


def test_types_that_are_not_asked_for_any_more_do_not_wait() -> None:
    world = down_until(60)
    world.write("account-1", kind="member.added")
    world.write("account-1", kind="member.removed")

    async def story(process: Process) -> None:
        await asyncio.sleep(100)
        process.change(types=("member.removed",))
        await asyncio.sleep(100)

    world.run(story)
    assert 2 in world.accepted()
    assert not world.store.rows["one"]
