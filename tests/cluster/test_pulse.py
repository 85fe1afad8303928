"""Whether the process of a shard hangs, as the looks at it tell."""

from __future__ import annotations

import asyncio

import pytest

from seatkeeper.http.cluster.lane import ShardGone
from seatkeeper.http.cluster.status import ShardStatus
from seatkeeper.http.cluster.supervisor import HANGS_AFTER, STARTS_WITHIN, Pulse

STATUS = ShardStatus(0, 1, None, False, 0, 0, 0, 0, 0, [])  # noqa: FBT003 - a struct of figures


class FakeShard:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[asyncio.Future[ShardStatus]] = []
        self.killed = 0

    def status(self) -> asyncio.Future[ShardStatus]:
        self.asked.append(asyncio.get_running_loop().create_future())
        return self.asked[-1]

    def kill(self, *, for_good: bool) -> None:
        assert not for_good
        self.killed += 1


@pytest.fixture
async def shard() -> FakeShard:
    return FakeShard()


@pytest.fixture
async def pulse(shard: FakeShard) -> Pulse:
    """The pulse of a shard that has answered once, and was asked again."""
    pulse = Pulse(0, shard)
    pulse.look()
    shard.asked[-1].set_result(STATUS)
    await asyncio.sleep(0)
    pulse.look()
    return pulse


def looks(pulse: Pulse, count: int) -> None:
    for _ in range(count):
        pulse.look()


async def test_a_shard_that_leaves_so_many_looks_without_an_answer_is_ended_once(
    shard: FakeShard, pulse: Pulse
) -> None:
    looks(pulse, HANGS_AFTER - 1)
    assert shard.killed == 0
    looks(pulse, HANGS_AFTER)
    assert shard.killed == 1


async def test_a_shard_that_answers_late_begins_anew(shard: FakeShard, pulse: Pulse) -> None:
    looks(pulse, HANGS_AFTER - 1)
    shard.asked[-1].set_result(STATUS)
    await asyncio.sleep(0)
    looks(pulse, HANGS_AFTER)
    assert shard.killed == 0
    assert pulse.status == STATUS


async def test_a_shard_is_asked_once_at_a_time(shard: FakeShard, pulse: Pulse) -> None:
    looks(pulse, HANGS_AFTER - 1)
    assert len(shard.asked) == 2


async def test_a_process_that_has_not_answered_yet_may_take_its_time(shard: FakeShard) -> None:
    pulse = Pulse(0, shard)
    looks(pulse, STARTS_WITHIN)
    assert shard.killed == 0
    looks(pulse, 1)
    assert shard.killed == 1


async def test_one_that_is_gone_starts_and_does_not_hang(shard: FakeShard, pulse: Pulse) -> None:
    shard.asked[-1].set_exception(ShardGone("killed"))
    await asyncio.sleep(0)
    looks(pulse, STARTS_WITHIN)
    assert shard.killed == 0


async def test_one_that_answers_with_what_cannot_be_read_lives(shard: FakeShard, pulse: Pulse) -> None:
    shard.asked[-1].set_exception(ValueError("of another version"))
    await asyncio.sleep(0)
    looks(pulse, HANGS_AFTER)
    assert shard.killed == 0
    assert pulse.status == STATUS
