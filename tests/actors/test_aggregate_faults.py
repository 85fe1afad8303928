"""An aggregate that fails, or whose stream is damaged, starts again from the journal; the others never notice."""

from __future__ import annotations

import asyncio

import pytest

from seatkeeper.actors.accounts import commands, refusals
from seatkeeper.actors.aggregate import LONGEST_PAUSE, AggregateFailed
from seatkeeper.actors.journal import NotStored, StreamDamaged
from seatkeeper.actors.messages import Done
from tests.actors.house import ADA, BOB, NO_SEAT_LEFT, Clock, House
from tests.actors.players import turns

STREAM = "account-acme"


def pause(house: House) -> float:
    """The seconds for which the account is left alone from now on."""
    return house.actor().left_alone_until - asyncio.get_running_loop().time()


@pytest.mark.parametrize("where", ["decide", "evolve"])
async def test_something_unforeseen_fails_only_its_own_command(house: House, clock: Clock, where: str) -> None:
    await house.open(BOB)
    before = house.take_seat(ADA)
    failing = house.ask(commands.RenameAccount(where))
    with pytest.raises(AggregateFailed):
        await failing
    house.journal.commit()
    assert isinstance(await before, Done)
    clock.passed += 1
    assert await house.take_seat(BOB) == NO_SEAT_LEFT


@pytest.mark.parametrize("where", ["decide", "evolve"])
async def test_what_an_unforeseen_failure_left_half_done_is_gone(house: House, clock: Clock, where: str) -> None:
    await house.open()
    with pytest.raises(AggregateFailed):
        await house.ask(commands.RenameAccount(where))
    clock.passed += 1
    done = await house.do(commands.RenameAccount("Acme & Sons"))
    assert done.version == 3
    assert house.journal.loads == [STREAM]


async def test_a_command_after_a_failure_waits_for_the_append_that_is_under_way(house: House, clock: Clock) -> None:
    await house.open(BOB)
    house.take_seat(ADA)
    with pytest.raises(AggregateFailed):
        await house.ask(commands.RenameAccount("decide"))
    clock.passed += 1
    late = house.take_seat(BOB)
    await turns()
    assert house.journal.loads == []
    house.journal.commit()
    assert await late == NO_SEAT_LEFT


async def test_a_failing_account_leaves_the_others_alone(house: House) -> None:
    await house.open(account_id="other")
    await house.open()
    with pytest.raises(AggregateFailed):
        await house.ask(commands.RenameAccount("evolve"))
    assert isinstance(await house.do(commands.TakeSeat(ADA), "other"), Done)
    assert house.journal.loads == []


async def test_a_damaged_stream_says_so(house: House) -> None:
    await house.open()
    house.directory.forget_all()
    house.journal.damaged.add(STREAM)
    with pytest.raises(StreamDamaged):
        await house.take_seat(ADA)


async def test_a_damaged_stream_leaves_the_others_alone(house: House) -> None:
    await house.open(account_id="other")
    house.journal.damaged.add(STREAM)
    with pytest.raises(StreamDamaged):
        await house.take_seat(ADA)
    assert isinstance(await house.do(commands.TakeSeat(ADA), "other"), Done)


async def test_all_who_wait_for_a_damaged_stream_hear_of_it(house: House, clock: Clock) -> None:
    assert clock.passed == 0
    house.journal.damaged.add(STREAM)
    replies = [house.take_seat(ADA) for _ in range(100)]
    for reply in replies:
        with pytest.raises(StreamDamaged):
            await reply
    assert house.journal.loads == [STREAM]


async def test_a_damaged_stream_is_not_read_again_during_its_pause(house: House, clock: Clock) -> None:
    house.journal.damaged.add(STREAM)
    for _ in range(3):
        with pytest.raises(StreamDamaged):
            await house.take_seat(ADA)
    assert house.journal.loads == [STREAM]
    clock.passed += 0.06
    with pytest.raises(StreamDamaged):
        await house.take_seat(ADA)
    assert house.journal.loads == [STREAM] * 2


async def test_a_stream_that_stays_damaged_gets_a_growing_pause(house: House, clock: Clock) -> None:
    house.journal.damaged.add(STREAM)
    pauses = []
    for _ in range(10):
        with pytest.raises(StreamDamaged):
            await house.take_seat(ADA)
        pauses.append(round(pause(house), 3))
        clock.passed += pauses[-1] + 0.001
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, LONGEST_PAUSE, LONGEST_PAUSE]


async def test_a_mended_stream_works_after_the_pause(house: House, clock: Clock) -> None:
    await house.open()
    house.directory.forget_all()
    house.journal.damaged.add(STREAM)
    with pytest.raises(StreamDamaged):
        await house.take_seat(ADA)
    house.journal.damaged.clear()
    clock.passed += 1
    assert isinstance(await house.do(commands.TakeSeat(ADA)), Done)


async def test_a_success_ends_the_growth_of_the_pause(house: House, clock: Clock) -> None:
    await house.open()
    for _ in range(3):
        house.take_seat(ADA)
        house.journal.fail(NotStored("the disk is full"))
        house.journal.damaged.add(STREAM)
        with pytest.raises(StreamDamaged):
            await house.take_seat(ADA)
        assert pause(house) == pytest.approx(0.05)
        house.journal.damaged.clear()
        clock.passed += 1
        await house.do(commands.RenameAccount(f"At {clock.passed}"))


async def test_a_stream_that_is_not_read_in_time_is_given_up() -> None:
    house = House(load_deadline=0)
    house.journal.hold(STREAM)
    with pytest.raises(NotStored, match="in time"):
        await house.take_seat(ADA)


async def test_an_account_that_nobody_opened_is_not_found(house: House) -> None:
    assert await house.take_seat(ADA, "nowhere") == refusals.AccountNotFound()
