"""Recovery: an unexpected error costs only its own command, and the aggregate starts again from the journal."""

from __future__ import annotations

import asyncio

import pytest

from seatkeeper.actors.accounts.members.commands import TakeSeat
from seatkeeper.actors.accounts.profile.commands import ChangeAccount
from seatkeeper.actors.aggregates.aggregate import EVENTS_A_SNAPSHOT, AggregateFailed
from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.actors.aggregates.messages import Accepted
from tests.aggregates.accounts import ADA, BOB, NO_SEAT_LEFT, Accounts, FaultyAccount, opening
from tests.event_loop import LoopClock, turns

STREAM = "account-acme"


@pytest.mark.parametrize("where", ["decide", "evolve"])
async def test_an_unexpected_error_fails_only_its_own_command(accounts: Accounts, clock: LoopClock, where: str) -> None:
    await accounts.open(BOB)
    before = accounts.take_seat(ADA)
    failing = accounts.ask(ChangeAccount(where))
    with pytest.raises(AggregateFailed):
        await failing
    accounts.journal.commit()
    assert isinstance(await before, Accepted)
    clock.passed += 1
    assert await accounts.take_seat(BOB) == NO_SEAT_LEFT


@pytest.mark.parametrize("where", ["decide", "evolve"])
async def test_a_half_applied_change_is_dropped(accounts: Accounts, clock: LoopClock, where: str) -> None:
    await accounts.open()
    with pytest.raises(AggregateFailed):
        await accounts.ask(ChangeAccount(where))
    clock.passed += 1
    done = await accounts.do(ChangeAccount("Acme & Sons"))
    assert done.version == 3
    assert accounts.journal.loads == [STREAM]


async def test_a_command_after_an_error_waits_for_the_pending_append(accounts: Accounts, clock: LoopClock) -> None:
    await accounts.open(BOB)
    accounts.take_seat(ADA)
    with pytest.raises(AggregateFailed):
        await accounts.ask(ChangeAccount("decide"))
    clock.passed += 1
    late = accounts.take_seat(BOB)
    await turns()
    assert accounts.journal.loads == []
    accounts.journal.commit()
    assert await late == NO_SEAT_LEFT


async def test_an_error_in_one_account_does_not_affect_the_others(accounts: Accounts) -> None:
    await accounts.open(account_id="other")
    await accounts.open()
    with pytest.raises(AggregateFailed):
        await accounts.ask(ChangeAccount("evolve"))
    assert isinstance(await accounts.do(TakeSeat(ADA), "other"), Accepted)
    assert accounts.journal.loads == []


async def test_the_command_after_a_failing_one_is_carried_out(accounts: Accounts) -> None:
    await accounts.open()
    with pytest.raises(AggregateFailed):
        await accounts.ask(ChangeAccount("decide"))
    reply = accounts.take_seat(ADA)
    await turns()
    accounts.journal.commit()
    assert isinstance(await reply, Accepted)


async def test_commands_that_keep_failing_get_a_growing_pause(accounts: Accounts, clock: LoopClock) -> None:
    await accounts.open()
    pauses = []
    for _ in range(4):
        with pytest.raises(AggregateFailed):
            await accounts.ask(ChangeAccount("decide"))
        pauses.append(round(accounts.actor().retry_at - asyncio.get_running_loop().time(), 3))
        clock.passed += 10
    assert pauses == [0.0, 0.1, 0.2, 0.4]


async def test_a_command_whose_answer_fails_is_not_stored(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    await accounts.open()
    monkeypatch.setattr(FaultyAccount, "answer", lambda *_: 1 / 0)
    with pytest.raises(AggregateFailed):
        await accounts.take_seat(ADA)
    assert accounts.journal.waiting == []


async def test_a_snapshot_that_fails_fails_no_command(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise NotStored("no snapshots today")

    await accounts.open()
    monkeypatch.setattr(accounts.journal, "save_snapshot", failing)
    replies = [accounts.ask(ChangeAccount(f"Name {n}")) for n in range(EVENTS_A_SNAPSHOT + 1)]
    accounts.journal.commit()
    assert all(reply.done() for reply in replies)


async def test_commands_that_wait_for_an_append_from_before_an_error_are_counted(accounts: Accounts) -> None:
    await accounts.open()
    accounts.take_seat(ADA)
    with pytest.raises(AggregateFailed):
        await accounts.ask(ChangeAccount("decide"))
    accounts.take_seat(ADA)
    accounts.take_seat(ADA)
    assert accounts.directory.waiting() == 2


async def test_an_opening_that_was_not_stored_leaves_no_actor(accounts: Accounts) -> None:
    reply = accounts.ask(opening(), fresh=True)
    accounts.journal.fail(NotStored())
    with pytest.raises(NotStored):
        await reply
    assert accounts.live() == []


async def test_an_aggregate_that_was_stopped_by_its_ref_comes_back(accounts: Accounts) -> None:
    await accounts.open()
    await accounts.actor().actor_ref.stop(block=False)
    reply = accounts.take_seat(ADA)
    await turns()
    accounts.journal.commit()
    assert isinstance(await reply, Accepted)
