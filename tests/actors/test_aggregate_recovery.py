"""What a failure inside an aggregate costs: its own command, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from seatkeeper.actors.accounts import commands
from seatkeeper.actors.aggregate import EVENTS_A_SNAPSHOT, AggregateFailed
from seatkeeper.actors.journal import NotStored
from seatkeeper.actors.messages import Done
from tests.actors.house import ADA, Clock, Clumsy, House, opening


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_the_command_after_a_failing_one_is_carried_out(house: House) -> None:
    await house.open()
    with pytest.raises(AggregateFailed):
        await house.ask(commands.RenameAccount("decide"))
    reply = house.take_seat(ADA)
    await turns()
    house.journal.commit()
    assert isinstance(await reply, Done)


async def test_commands_that_keep_failing_get_a_growing_pause(house: House, clock: Clock) -> None:
    await house.open()
    pauses = []
    for _ in range(4):
        with pytest.raises(AggregateFailed):
            await house.ask(commands.RenameAccount("decide"))
        pauses.append(round(house.actor().left_alone_until - asyncio.get_running_loop().time(), 3))
        clock.passed += 10
    assert pauses == [0.0, 0.1, 0.2, 0.4]


async def test_a_command_whose_answer_fails_is_not_stored(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.open()
    monkeypatch.setattr(Clumsy, "answer", lambda *_: 1 / 0)
    with pytest.raises(AggregateFailed):
        await house.take_seat(ADA)
    assert house.journal.waiting == []


async def test_a_snapshot_that_fails_costs_nobody_an_answer(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise NotStored("no snapshots today")

    await house.open()
    monkeypatch.setattr(house.journal, "save_snapshot", failing)
    replies = [house.ask(commands.RenameAccount(f"Name {n}")) for n in range(EVENTS_A_SNAPSHOT + 1)]
    house.journal.commit()
    assert all(reply.done() for reply in replies)


async def test_what_waits_for_an_append_from_before_a_failure_is_counted(house: House) -> None:
    await house.open()
    house.take_seat(ADA)
    with pytest.raises(AggregateFailed):
        await house.ask(commands.RenameAccount("decide"))
    house.take_seat(ADA)
    house.take_seat(ADA)
    assert house.directory.waiting() == 2


async def test_an_opening_that_was_not_stored_leaves_no_actor(house: House) -> None:
    reply = house.ask(opening(), fresh=True)
    house.journal.fail(NotStored())
    with pytest.raises(NotStored):
        await reply
    assert house.live() == []


async def test_an_aggregate_that_was_stopped_by_its_ref_comes_back(house: House) -> None:
    await house.open()
    await house.actor().actor_ref.stop(block=False)
    reply = house.take_seat(ADA)
    await turns()
    house.journal.commit()
    assert isinstance(await reply, Done)
