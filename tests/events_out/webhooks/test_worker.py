"""What a worker sends, in which order, and how much at a time."""

from __future__ import annotations

import asyncio
from collections import Counter

from msgspec.structs import replace

from seatkeeper.http.events_out.webhooks.sender import Answer
from seatkeeper.http.events_out.webhooks.worker import CONCURRENCY, READ_AHEAD
from tests.events_out.webhooks.virtual import (
    BROKEN,
    DAY,
    OK,
    ONE,
    URL,
    Process,
    Received,
    World,
    assert_in_order,
)


async def a_minute(_: Process) -> None:
    await asyncio.sleep(60)


def test_each_event_is_delivered_once() -> None:
    world = World()
    world.write(*(f"account-{number % 7}" for number in range(1_500)))
    world.run(a_minute)
    assert sorted(world.accepted()) == list(range(1, 1_501))
    assert world.store.positions == {"one": 1_500}


def test_what_is_committed_later_is_delivered_then() -> None:
    world = World()

    async def story(process: Process) -> None:
        await asyncio.sleep(10)
        process.write("account-1")
        await asyncio.sleep(10)
        process.write("account-1", "account-2")
        await asyncio.sleep(10)

    world.run(story)
    assert [round(message.at) for message in world.received] == [10, 20, 20]


def test_the_events_of_a_stream_come_in_their_order_and_one_at_a_time() -> None:
    world, under_way, most = World(), Counter[str](), Counter[str]()

    async def slow(message: Received) -> Answer:
        under_way[message.stream_id] += 1
        most[message.stream_id] = max(most[message.stream_id], under_way[message.stream_id])
        await asyncio.sleep(message.position % 5)
        under_way[message.stream_id] -= 1
        return OK

    world.endpoints[URL] = slow
    world.write(*(f"account-{number % 3}" for number in range(30)))
    world.run(a_minute)
    assert set(most.values()) == {1}
    assert_in_order(world)
    assert len(world.received) == 30


def test_streams_do_not_wait_for_each_other_up_to_a_bound() -> None:
    world, under_way, most = World(), 0, 0

    async def slow(_: Received) -> Answer:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(1)
        under_way -= 1
        return OK

    world.endpoints[URL] = slow
    world.write(*(f"account-{number}" for number in range(500)))
    world.run(a_minute)
    assert most == CONCURRENCY
    assert len(world.received) == 500


def test_only_the_types_that_are_asked_for_are_delivered() -> None:
    world = World()
    for kind in ("member.added", "member.removed", "account.opened", "account.closed", "membership.begun"):
        world.write("account-1", kind=kind)
    world.run(a_minute, replace(ONE, types=("member.*", "account.opened")))
    assert world.accepted() == [1, 2, 3]
    assert world.store.positions == {"one": 5}


def test_a_worker_begins_after_the_position_of_its_webhook() -> None:
    world = World()
    world.store.begin = 3
    world.write(*["account-1"] * 5)
    world.run(a_minute)
    assert world.accepted() == [4, 5]


def test_a_stream_that_fails_holds_up_only_itself() -> None:
    world = World()

    async def broken(message: Received) -> Answer:
        await asyncio.sleep(0)
        return BROKEN if message.stream_id == "account-1" else OK

    world.endpoints[URL] = broken
    world.write(*["account-1", "account-2"] * 100)
    world.run(a_minute)
    assert world.accepted() == list(range(2, 201, 2))
    assert {message.position for message in world.received if not message.accepted} == {1}
    assert sorted(world.store.rows["one"]) == list(range(1, 201, 2))
    assert world.store.positions == {"one": 200}


def test_after_a_failure_the_stream_goes_on_where_it_stopped() -> None:
    world, tries = World(), Counter[int]()

    async def broken_twice(message: Received) -> Answer:
        await asyncio.sleep(0)
        tries[message.position] += 1
        return BROKEN if message.position == 3 and tries[3] < 3 else OK

    world.endpoints[URL] = broken_twice
    world.write(*["account-1"] * 6)
    world.run(a_minute)
    assert [message.position for message in world.received] == [1, 2, 3, 3, 3, 4, 5, 6]
    assert not world.store.rows["one"]
    numbers = [(one.position, one.attempt, one.status) for one in world.store.attempts["one"] if one.position == 3]
    assert numbers == [(3, 1, 500), (3, 2, 500), (3, 3, 200)]


def test_reading_ahead_is_bounded() -> None:
    world = World()

    async def never(_: Received) -> Answer:
        await asyncio.sleep(DAY)
        return OK

    async def story(process: Process) -> None:
        await asyncio.sleep(10)
        (worker,) = process.deliveries._workers.values()
        assert READ_AHEAD <= len(worker.backlog.pending) < READ_AHEAD + 500

    world.endpoints[URL] = never
    world.write(*(f"account-{number % 100}" for number in range(9_000)))
    world.run(story)


def test_what_comes_of_many_deliveries_is_stored_in_few_writes() -> None:
    world = World()
    world.write(*(f"account-{number}" for number in range(2_000)))
    world.run(a_minute)
    assert len(world.store.attempts["one"]) == 2_000
    assert world.store.writes < 20


def test_positions_of_other_types_are_stored_now_and_then() -> None:
    world = World()

    async def story(process: Process) -> None:
        for _ in range(600):
            process.write("account-1")
            await asyncio.sleep(0.1)
        await asyncio.sleep(10)

    world.run(story, replace(ONE, types=("plan.*",)))
    assert world.store.positions == {"one": 600}
    assert world.store.writes < 20


def test_a_store_that_refuses_is_asked_again_and_then_knows_all() -> None:
    world = World()

    async def story(process: Process) -> None:
        world.store.refusing = True
        process.write(*(f"account-{number}" for number in range(5_000)))
        await asyncio.sleep(60)
        assert 2_000 <= len(world.received) < 2_600  # it does not send what it cannot remember
        world.store.refusing = False
        await asyncio.sleep(60)

    world.run(story)
    assert sorted(one.position for one in world.store.attempts["one"]) == list(range(1, 5_001))
    assert sorted(world.accepted()) == list(range(1, 5_001))


def test_a_journal_that_cannot_be_read_is_read_again() -> None:
    world = World()

    async def story(process: Process) -> None:
        world.unreadable = True
        process.write("account-1")
        await asyncio.sleep(60)
        world.unreadable = False
        await asyncio.sleep(10)

    world.run(story)
    assert world.accepted() == [1]
