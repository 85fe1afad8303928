"""Long streams are loaded page by page, while other aggregates go on."""

from __future__ import annotations

import asyncio

import pytest

from seatkeeper.actors.accounts.profile.commands import ChangeAccount
from seatkeeper.actors.aggregates.journal import NotStored, StreamDamaged
from seatkeeper.actors.aggregates.messages import Accepted
from tests.aggregates.accounts import ADA, Accounts
from tests.event_loop import LoopClock, turns

STREAM = "account-acme"


async def long_stream(accounts: Accounts, length: int = 30, page: int = 5) -> None:
    """Open an account with this many events, drop it from memory, and delete its snapshot."""
    await accounts.open(*(f"member-{number}" for number in range(length - 2)))
    accounts.directory.reset_all()
    accounts.journal.snapshots.clear()
    accounts.journal.loads.clear()
    accounts.journal.page = page


async def test_a_long_stream_is_loaded_page_by_page(accounts: Accounts) -> None:
    await long_stream(accounts)
    done = await accounts.do(ChangeAccount("Looms"))
    assert (done.version, done.position) == (31, 31)
    assert accounts.journal.loads == [STREAM] * 6
    state = accounts.actor().state
    assert state is not None
    assert len(state.members) == 29


async def test_other_aggregates_work_between_the_pages(accounts: Accounts) -> None:
    await accounts.open(account_id="other")
    await long_stream(accounts)
    seated = accounts.take_seat(ADA)
    await turns(2)
    reply = accounts.ask(ChangeAccount("Mills"), "other")
    while not reply.done():
        await turns(1)
        accounts.journal.commit()
    assert 1 < len(accounts.journal.loads) < 6
    assert not seated.done()


async def test_the_deadline_applies_to_each_page(clock: LoopClock) -> None:
    accounts = Accounts(load_deadline=10.0)
    await long_stream(accounts)
    gate = accounts.journal.hold(STREAM)
    reply = accounts.take_seat(ADA)
    for _ in range(6):
        clock.passed += 8  # 48 s in all
        gate.set()
        await turns(2)
        gate.clear()
    gate.set()
    await turns()
    accounts.journal.commit()
    assert isinstance(await reply, Accepted)


async def test_a_page_that_does_not_come_leaves_nothing_half_loaded() -> None:
    accounts = Accounts(load_deadline=0.01)
    await long_stream(accounts)
    reply = accounts.take_seat(ADA)
    await turns(4)
    assert accounts.journal.loads
    gate = accounts.journal.hold(STREAM)
    with pytest.raises(NotStored, match="in time"):
        await reply
    assert (accounts.actor().state, accounts.actor().version) == (None, 0)
    gate.set()


async def test_damage_on_a_later_page_is_damage_and_leaves_nothing_half_loaded(accounts: Accounts) -> None:
    await long_stream(accounts)
    reply = accounts.take_seat(ADA)
    await turns(4)
    assert 1 < len(accounts.journal.loads) < 6
    accounts.journal.damaged.add(STREAM)
    with pytest.raises(StreamDamaged):
        await reply
    assert (accounts.actor().state, accounts.actor().version) == (None, 0)


async def test_a_state_that_is_dropped_between_two_pages_is_loaded_from_the_start(accounts: Accounts) -> None:
    await long_stream(accounts)
    reply = accounts.take_seat(ADA)
    await turns(4)
    begun = len(accounts.journal.loads)
    assert 1 < begun < 6
    accounts.directory.reset_all()
    await turns(20)
    accounts.journal.commit()
    done = await reply
    assert isinstance(done, Accepted)
    assert done.version == 31
    assert begun + 5 <= len(accounts.journal.loads) <= begun + 7


async def test_the_aggregate_is_loaded_although_its_caller_gave_up(accounts: Accounts) -> None:
    await long_stream(accounts)
    reply = accounts.take_seat(ADA)
    reply.give_up(TimeoutError())
    with pytest.raises(TimeoutError):
        await reply
    await turns(20)
    accounts.journal.commit()
    loaded = len(accounts.journal.loads)
    assert (await accounts.do(ChangeAccount("Looms"))).version == 32
    assert len(accounts.journal.loads) == loaded


@pytest.mark.parametrize(("length", "saved"), [(102, True), (101, True), (100, False)])
async def test_an_unusable_snapshot_is_replaced_after_the_stream_is_loaded(
    accounts: Accounts, length: int, *, saved: bool
) -> None:
    await accounts.open()
    for number in range(length - 2):
        await accounts.do(ChangeAccount(f"Name {number}"))
    accounts.directory.reset_all()
    accounts.journal.snapshots.clear()
    reply = accounts.take_seat("unknown")
    await turns()
    await asyncio.wait_for(reply, 1)
    assert ({version for version, _ in accounts.journal.snapshots.values()} == {length}) is saved
