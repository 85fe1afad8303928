"""The lane to a shard: what goes together, what waits, and what is told when the shard is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.profile.commands import ChangeAccount, CloseAccount
from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.journal import OutcomeUnknown
from seatkeeper.actors.aggregates.messages import Accepted
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.commands import OfferPackage
from seatkeeper.http.cluster import lane as lanes
from seatkeeper.http.cluster import wire
from seatkeeper.http.cluster.door import ClusterDoor
from seatkeeper.http.cluster.lane import ShardGone
from seatkeeper.http.cluster.status import ShardStatus
from seatkeeper.storage.errors import StorageDown


class FakeShard:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.calls: list[list[wire.SentCommand]] = []
        self.gone = False
        self.unready: str | None = None
        self.leaving: list[str] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.probed = asyncio.Event()
        self.probed.set()

    async def commands(self, message: bytes) -> bytes:
        sent = wire.read_commands(message)
        self.calls.append(sent)
        await self.answers.wait()
        if self.gone:
            raise ShardGone("killed")
        return wire.write_outcomes(wire.pack_outcome(Accepted(None, 1, len(self.calls))) for _ in sent)

    def status(self, edge: str = "") -> Awaitable[ShardStatus]:
        async def status() -> ShardStatus:
            await self.probed.wait()
            if self.gone:
                raise ShardGone("killed")
            return ShardStatus(0, 1, self.unready, False, 0, 0, 0, 0, 0, [edge], self.leaving)  # noqa: FBT003 - a struct of figures

        return status()


@pytest.fixture
async def shard() -> FakeShard:
    return FakeShard()


@pytest.fixture
async def door(shard: FakeShard) -> ClusterDoor:
    """The door to one shard, which is there."""
    door = ClusterDoor([shard], lambda _position: None, "edge")
    await door.lanes[0].probe("edge")
    return door


NOT_THERE = "Of 1 shards these are not there: 0 (killed)."


def close(door: ClusterDoor, account_id: str = "a") -> Reply:
    return door.ask(AccountActor, account_id, CloseAccount())


def offer(door: ClusterDoor) -> Reply:
    return door.ask(PlanActor, "p", OfferPackage())


async def settled() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_commands_of_a_turn_go_in_one_call(shard: FakeShard, door: ClusterDoor) -> None:
    for reply in [close(door, str(number)) for number in range(100)]:
        assert await reply == Accepted(None, 1, 1)
    assert [len(call) for call in shard.calls] == [100]


async def test_what_comes_while_a_call_is_under_way_goes_together_after_it(shard: FakeShard, door: ClusterDoor) -> None:
    shard.answers.clear()
    replies = []
    for number in range(10):
        replies.append(close(door, str(number)))
        await settled()
    assert [len(call) for call in shard.calls] == [1]
    shard.answers.set()
    for reply in replies:
        await reply
    assert [len(call) for call in shard.calls] == [1, 9]


async def test_a_call_that_takes_long_does_not_hold_up_the_others(
    shard: FakeShard, door: ClusterDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "PATIENCE", 0.001)
    shard.answers.clear()
    first = close(door)
    await settled()
    close(door)
    async with asyncio.timeout(10):
        while len(shard.calls) < 2:  # noqa: ASYNC110 - the shard is a double without events
            await asyncio.sleep(0.001)
    assert not first.done()
    shard.answers.set()
    await first


async def test_a_call_has_so_many_commands_at_most(shard: FakeShard, door: ClusterDoor) -> None:
    for reply in [close(door, str(number)) for number in range(lanes.BATCH + 1)]:
        await reply
    assert [len(call) for call in shard.calls] == [lanes.BATCH, 1]


async def test_large_commands_go_in_calls_of_their_own(shard: FakeShard, door: ClusterDoor) -> None:
    large = ChangeAccount(account_name="x" * (lanes.BATCH_BYTES // 2))
    for reply in [door.ask(AccountActor, str(number), large) for number in range(3)]:
        await reply
    assert [len(call) for call in shard.calls] == [1, 1, 1]


async def test_the_offers_that_are_asked_for_at_the_same_moment_share_one_question(
    shard: FakeShard, door: ClusterDoor
) -> None:
    assert [await reply for reply in [offer(door) for _ in range(50)]] == [Accepted(None, 1, 1)] * 50
    assert [len(call) for call in shard.calls] == [1]


async def test_a_question_does_not_share_the_answer_of_one_that_was_sent_before(
    shard: FakeShard, door: ClusterDoor
) -> None:
    shard.answers.clear()
    first = offer(door)
    await settled()
    second = offer(door)
    shard.answers.set()
    await first
    await second
    assert [len(call) for call in shard.calls] == [1, 1]


async def test_commands_are_never_taken_for_each_other(shard: FakeShard, door: ClusterDoor) -> None:
    for reply in [close(door), close(door)]:
        await reply
    assert [len(call) for call in shard.calls] == [2]


async def test_what_was_under_way_when_the_shard_was_lost_is_of_unknown_outcome(
    shard: FakeShard, door: ClusterDoor
) -> None:
    shard.gone = True
    with pytest.raises(OutcomeUnknown):
        await close(door)


async def test_a_question_that_was_under_way_has_changed_nothing(shard: FakeShard, door: ClusterDoor) -> None:
    shard.gone = True
    with pytest.raises(StorageDown):
        await offer(door)


async def test_nothing_is_sent_to_a_shard_that_is_not_there_until_it_is(shard: FakeShard, door: ClusterDoor) -> None:
    shard.gone = True
    with pytest.raises(OutcomeUnknown):
        await close(door)
    with pytest.raises(StorageDown, match="shard 0 is not there"):
        await close(door)
    assert len(shard.calls) == 1
    assert door.unready_reason() == NOT_THERE
    shard.gone = False
    await door.lanes[0].probe("edge")
    assert door.unready_reason() is None
    assert await close(door) == Accepted(None, 1, 2)


async def test_what_waits_for_a_shard_that_is_lost_was_not_sent(shard: FakeShard, door: ClusterDoor) -> None:
    shard.answers.clear()
    under_way = close(door)
    await settled()
    waiting = close(door, "waiting")
    shard.gone = True
    shard.answers.set()
    with pytest.raises(OutcomeUnknown):
        await under_way
    with pytest.raises(StorageDown):
        await waiting


async def test_a_shard_that_does_not_answer_in_time_is_of_unknown_outcome(
    shard: FakeShard, door: ClusterDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "CALL_DEADLINE", 0.01)
    shard.answers.clear()
    with pytest.raises(OutcomeUnknown):
        await close(door)
    shard.answers.set()
    await settled()


async def test_one_that_says_why_it_is_not_ready_is_not_there(shard: FakeShard, door: ClusterDoor) -> None:
    shard.unready = "The disk is full."
    await door.lanes[0].probe("edge")
    assert door.unready_reason() == "Of 1 shards these are not there: 0 (The disk is full)."


async def test_a_probe_finds_that_a_shard_is_gone_and_that_it_is_back(shard: FakeShard, door: ClusterDoor) -> None:
    shard.gone = True
    await door.lanes[0].probe("edge")
    assert door.unready_reason() == NOT_THERE
    shard.gone = False
    await door.lanes[0].probe("edge")
    assert door.unready_reason() is None


async def test_a_shard_that_does_not_answer_a_probe_in_time_is_not_there(
    shard: FakeShard, door: ClusterDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "PROBE_DEADLINE", 0.01)
    shard.probed.clear()
    await door.lanes[0].probe("edge")
    assert door.unready_reason() == "Of 1 shards these are not there: 0 (no answer within 0.01 s)."
    shard.probed.set()
    await settled()


async def test_what_is_under_way_is_waited_for_when_a_probe_is_not_answered(
    shard: FakeShard, door: ClusterDoor
) -> None:
    shard.answers.clear()
    under_way = close(door)
    await settled()
    shard.gone = True
    await door.lanes[0].probe("edge")
    shard.gone = False
    shard.answers.set()
    assert await under_way == Accepted(None, 1, 1)


async def test_an_edge_learns_that_another_is_to_take_its_place(shard: FakeShard, door: ClusterDoor) -> None:
    assert not door.is_leaving
    shard.leaving = ["another"]
    await door.lanes[0].probe("edge")
    assert not door.is_leaving
    shard.leaving = ["edge"]
    await door.lanes[0].probe("edge")
    assert door.is_leaving
