"""A damaged or unreadable stream: its commands fail, it is read again after a growing pause, other streams go on."""

from __future__ import annotations

import asyncio

import pytest

from seatkeeper.actors.accounts.members.commands import TakeSeat
from seatkeeper.actors.accounts.profile.commands import ChangeAccount
from seatkeeper.actors.aggregates.aggregate import LONGEST_PAUSE
from seatkeeper.actors.aggregates.journal import NotStored, StreamDamaged
from seatkeeper.actors.aggregates.messages import Accepted
from tests.aggregates.accounts import ADA, Accounts
from tests.event_loop import LoopClock

STREAM = "account-acme"


def pause(accounts: Accounts) -> float:
    """The seconds that the account still pauses."""
    return accounts.actor().retry_at - asyncio.get_running_loop().time()


async def test_a_damaged_stream_fails_its_command(accounts: Accounts) -> None:
    await accounts.open()
    accounts.directory.reset_all()
    accounts.journal.damaged.add(STREAM)
    with pytest.raises(StreamDamaged):
        await accounts.take_seat(ADA)


async def test_a_damaged_stream_does_not_affect_the_others(accounts: Accounts) -> None:
    await accounts.open(account_id="other")
    accounts.journal.damaged.add(STREAM)
    with pytest.raises(StreamDamaged):
        await accounts.take_seat(ADA)
    assert isinstance(await accounts.do(TakeSeat(ADA), "other"), Accepted)


async def test_all_commands_that_wait_for_a_damaged_stream_fail(accounts: Accounts, clock: LoopClock) -> None:
    assert clock.passed == 0
    accounts.journal.damaged.add(STREAM)
    replies = [accounts.take_seat(ADA) for _ in range(100)]
    for reply in replies:
        with pytest.raises(StreamDamaged):
            await reply
    assert accounts.journal.loads == [STREAM]


async def test_a_damaged_stream_is_not_read_again_during_its_pause(accounts: Accounts, clock: LoopClock) -> None:
    accounts.journal.damaged.add(STREAM)
    for _ in range(3):
        with pytest.raises(StreamDamaged):
            await accounts.take_seat(ADA)
    assert accounts.journal.loads == [STREAM]
    clock.passed += 0.06
    with pytest.raises(StreamDamaged):
        await accounts.take_seat(ADA)
    assert accounts.journal.loads == [STREAM] * 2


async def test_a_stream_that_stays_damaged_gets_a_growing_pause(accounts: Accounts, clock: LoopClock) -> None:
    accounts.journal.damaged.add(STREAM)
    pauses = []
    for _ in range(10):
        with pytest.raises(StreamDamaged):
            await accounts.take_seat(ADA)
        pauses.append(round(pause(accounts), 3))
        clock.passed += pauses[-1] + 0.001
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, LONGEST_PAUSE, LONGEST_PAUSE]


async def test_a_repaired_stream_works_after_the_pause(accounts: Accounts, clock: LoopClock) -> None:
    await accounts.open()
    accounts.directory.reset_all()
    accounts.journal.damaged.add(STREAM)
    with pytest.raises(StreamDamaged):
        await accounts.take_seat(ADA)
    accounts.journal.damaged.clear()
    clock.passed += 1
    assert isinstance(await accounts.do(TakeSeat(ADA)), Accepted)


async def test_a_success_ends_the_growth_of_the_pause(accounts: Accounts, clock: LoopClock) -> None:
    await accounts.open()
    for _ in range(3):
        accounts.take_seat(ADA)
        accounts.journal.fail(NotStored("the disk is full"))
        accounts.journal.damaged.add(STREAM)
        with pytest.raises(StreamDamaged):
            await accounts.take_seat(ADA)
        assert pause(accounts) == pytest.approx(0.05)
        accounts.journal.damaged.clear()
        clock.passed += 1
        await accounts.do(ChangeAccount(f"At {clock.passed}"))


async def test_a_stream_that_is_not_read_in_time_is_given_up() -> None:
    accounts = Accounts(load_deadline=0)
    accounts.journal.hold(STREAM)
    with pytest.raises(NotStored, match="in time"):
        await accounts.take_seat(ADA)
