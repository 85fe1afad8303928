"""A stream of any length comes back, page by page: nobody else waits for it, and whoever gave up finds it there."""

from __future__ import annotations

import asyncio

import pytest

from seatkeeper.actors.accounts import commands
from seatkeeper.actors.journal import NotStored, StreamDamaged
from seatkeeper.actors.messages import Done
from tests.actors.house import ADA, Clock, House
from tests.actors.players import turns

STREAM = "account-acme"


async def long_stream(house: House, length: int = 30, page: int = 5) -> None:
    """An account with so many events, without a snapshot, that is not in memory."""
    await house.open(*(f"member-{number}" for number in range(length - 2)))
    house.directory.forget_all()
    house.journal.snapshots.clear()
    house.journal.loads.clear()
    house.journal.page = page


async def test_a_long_stream_is_carried_in_page_by_page(house: House) -> None:
    await long_stream(house)
    done = await house.do(commands.RenameAccount("Looms"))
    assert (done.version, done.position) == (31, 31)
    assert house.journal.loads == [STREAM] * 6
    state = house.actor().state
    assert state is not None
    assert len(state.members) == 29


async def test_others_have_their_turns_between_the_pages(house: House) -> None:
    await house.open(account_id="other")
    await long_stream(house)
    seated = house.take_seat(ADA)
    await turns(2)
    reply = house.ask(commands.RenameAccount("Mills"), "other")
    while not reply.done():
        await turns(1)
        house.journal.commit()
    assert 1 < len(house.journal.loads) < 6
    assert not seated.done()


async def test_the_deadline_is_for_each_page(clock: Clock) -> None:
    house = House(load_deadline=10.0)
    await long_stream(house)
    gate = house.journal.hold(STREAM)
    reply = house.take_seat(ADA)
    for _ in range(6):
        clock.passed += 8  # 48 s in all
        gate.set()
        await turns(2)
        gate.clear()
    gate.set()
    await turns()
    house.journal.commit()
    assert isinstance(await reply, Done)


async def test_a_page_that_does_not_come_leaves_nothing_half_loaded() -> None:
    house = House(load_deadline=0.01)
    await long_stream(house)
    reply = house.take_seat(ADA)
    await turns(4)
    assert house.journal.loads
    gate = house.journal.hold(STREAM)
    with pytest.raises(NotStored, match="in time"):
        await reply
    assert (house.actor().state, house.actor().version) == (None, 0)
    gate.set()


async def test_damage_on_a_later_page_is_damage_and_leaves_nothing_half_loaded(house: House) -> None:
    await long_stream(house)
    reply = house.take_seat(ADA)
    await turns(4)
    assert 1 < len(house.journal.loads) < 6
    house.journal.damaged.add(STREAM)
    with pytest.raises(StreamDamaged):
        await reply
    assert (house.actor().state, house.actor().version) == (None, 0)


async def test_a_state_that_is_dropped_between_two_pages_is_loaded_from_the_start(house: House) -> None:
    await long_stream(house)
    reply = house.take_seat(ADA)
    await turns(4)
    begun = len(house.journal.loads)
    assert 1 < begun < 6
    house.directory.forget_all()
    await turns(20)
    house.journal.commit()
    done = await reply
    assert isinstance(done, Done)
    assert done.version == 31
    assert begun + 5 <= len(house.journal.loads) <= begun + 7


async def test_who_gave_up_waiting_finds_the_aggregate_there(house: House) -> None:
    await long_stream(house)
    reply = house.take_seat(ADA)
    reply.give_up(TimeoutError())
    with pytest.raises(TimeoutError):
        await reply
    await turns(20)
    house.journal.commit()
    loaded = len(house.journal.loads)
    assert (await house.do(commands.RenameAccount("Looms"))).version == 32
    assert len(house.journal.loads) == loaded


@pytest.mark.parametrize(("length", "saved"), [(102, True), (101, True), (100, False)])
async def test_a_snapshot_that_was_no_good_is_replaced_once_the_stream_is_loaded(
    house: House, length: int, *, saved: bool
) -> None:
    await house.open()
    for number in range(length - 2):
        await house.do(commands.RenameAccount(f"Name {number}"))
    house.directory.forget_all()
    house.journal.snapshots.clear()
    reply = house.take_seat("nobody")
    await turns()
    await asyncio.wait_for(reply, 1)
    assert ({version for version, _ in house.journal.snapshots.values()} == {length}) is saved
