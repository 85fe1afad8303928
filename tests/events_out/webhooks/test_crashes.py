"""Kills at every step: nothing is skipped, repeats have the same id, and each stream keeps its order."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from seatkeeper.http.events_out.webhooks.sender import Answer
from tests import suite
from tests.events_out.webhooks.virtual import (
    BROKEN,
    DAY,
    OK,
    URL,
    Process,
    Received,
    World,
    assert_in_order,
)

SEEDS = suite.pick(short=40, middle=200, long=10_000)
LIVES = 12


def unreliable(random: Random) -> World:
    """A world whose endpoint fails now and then, in one stream more often, and takes its time."""
    world = World(seed=random.randrange(1 << 30))
    unlucky, rate = f"account-{random.randrange(5)}", random.choice([0.0, 0.1, 0.5])

    async def endpoint(message: Received) -> Answer:
        await asyncio.sleep(random.choice([0.0, 0.01, 0.5, 30.0 if random.random() < 0.02 else 0.1]))
        return BROKEN if random.random() < (0.8 if message.stream_id == unlucky else rate) else OK

    world.endpoints[URL] = endpoint
    return world


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_process_that_is_killed_again_and_again_skips_nothing(seed: int) -> None:
    random = Random(seed)
    world = unreliable(random)

    async def until_the_kill(process: Process) -> None:
        end = random.choice([0.0, 0.01, 0.12, 1.0, 20.0]) * random.random()
        for _ in range(random.randrange(1, 30)):
            process.write(*(f"account-{random.randrange(5)}" for _ in range(random.randrange(1, 8))))
            await asyncio.sleep(end * random.random() / 10)

    async def to_the_end(_: Process) -> None:
        del world.endpoints[URL]
        await asyncio.sleep(2 * DAY)

    for _ in range(LIVES):
        world.run(until_the_kill)
    world.run(to_the_end)
    assert set(world.accepted()) == set(range(1, len(world.events) + 1))
    assert_in_order(world)
    assert world.store.positions["one"] == len(world.events)
    assert not world.store.rows.get("one")


def test_a_stop_leaves_nothing_to_repeat() -> None:
    world = World()
    world.write(*(f"account-{number % 9}" for number in range(3_000)))

    async def some(process: Process) -> None:
        await asyncio.sleep(0.05)
        await process.deliveries.stop()

    for _ in range(60):
        world.run(some)
    assert sorted(world.accepted()) == list(range(1, 3_001))


def test_a_stop_does_not_wait_for_a_receiver_that_does_not_answer() -> None:
    world = World()
    world.write("account-1")

    async def never(_: Received) -> Answer:
        await asyncio.sleep(DAY)
        return OK

    async def story(process: Process) -> None:
        await asyncio.sleep(1)
        before = process.now()
        await process.deliveries.stop()
        assert process.now() - before < 5

    world.endpoints[URL] = never
    world.run(story)
    assert world.store.positions.get("one", 0) == 0


def test_a_kill_between_the_last_failure_and_the_disabling_only_delays_it() -> None:
    world = World()
    world.write("account-1")

    async def broken(_: Received) -> Answer:
        await asyncio.sleep(0)
        return Answer(410)

    async def killed(_: Process) -> None:
        await asyncio.sleep(0.003)

    async def an_hour(_: Process) -> None:
        await asyncio.sleep(3600)

    world.endpoints[URL] = broken
    world.run(killed)
    assert world.disabled == []
    world.run(an_hour)
    assert world.disabled == [("one", "gone")]
