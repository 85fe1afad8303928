"""The directory: callers share an activation, resets, and aggregates that do not exist."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.members.commands import TakeSeat
from seatkeeper.actors.accounts.profile.commands import ChangeAccount
from seatkeeper.actors.accounts.profile.refusals import AccountNotFound
from seatkeeper.actors.aggregates.journal import OutcomeUnknown
from seatkeeper.actors.aggregates.messages import Accepted
from tests.aggregates.accounts import ADA, Accounts, opening
from tests.event_loop import turns


async def test_callers_that_come_at_once_share_an_activation(accounts: Accounts) -> None:
    await accounts.open()
    accounts.directory.reset_all()
    replies = [accounts.take_seat(ADA) for _ in range(100)]
    await turns()
    accounts.journal.commit()
    assert all([isinstance(await reply, Accepted) for reply in replies])
    assert accounts.journal.loads == ["account-acme"]


async def test_callers_that_come_during_an_activation_share_it_in_order(accounts: Accounts) -> None:
    await accounts.open()
    accounts.directory.reset_all()
    gate = accounts.journal.hold("account-acme")
    replies = [accounts.ask(ChangeAccount("First"))]
    await turns()
    replies += [accounts.ask(ChangeAccount("Second")), accounts.ask(ChangeAccount("Third"))]
    gate.set()
    await turns()
    accounts.journal.commit()
    assert [done.version for done in [await reply for reply in replies] if isinstance(done, Accepted)] == [3, 4, 5]
    assert accounts.journal.loads == ["account-acme"]


async def test_a_slow_activation_does_not_delay_the_others(accounts: Accounts) -> None:
    await accounts.open(account_id="other")
    accounts.journal.hold("account-acme")
    slow = accounts.take_seat(ADA)
    assert isinstance(await accounts.do(TakeSeat(ADA), "other"), Accepted)
    assert not slow.done()


async def test_a_fresh_aggregate_is_not_loaded(accounts: Accounts) -> None:
    await accounts.open()
    assert accounts.journal.loads == []


async def test_an_idle_aggregate_is_not_loaded_again(accounts: Accounts) -> None:
    await accounts.open()
    for number in range(10):
        await accounts.do(ChangeAccount(f"Name {number}"))
    assert accounts.journal.loads == []
    assert accounts.directory.activations == 1


async def test_reset_all_passivates_every_idle_aggregate(accounts: Accounts) -> None:
    for name in ("a", "b", "c"):
        await accounts.open(account_id=name)
    accounts.directory.reset_all()
    assert accounts.live() == []


async def test_after_reset_all_busy_aggregates_go_on_from_the_journal(accounts: Accounts) -> None:
    await accounts.open()
    lost = accounts.take_seat(ADA)
    accounts.directory.reset_all()
    late = accounts.ask(ChangeAccount("New"))
    await turns()
    assert accounts.journal.loads == []
    accounts.journal.fail(OutcomeUnknown())
    with pytest.raises(OutcomeUnknown):
        await lost
    await turns()
    accounts.journal.commit()
    done = await late
    assert isinstance(done, Accepted)
    assert done.version == 3


async def test_messages_that_wait_for_an_activation_are_counted(accounts: Accounts) -> None:
    accounts.journal.hold("account-a")
    accounts.journal.hold("account-b")
    for name in ("a", "a", "b"):
        accounts.take_seat(ADA, name)
    assert accounts.directory.waiting() == 3


async def test_an_account_that_was_never_opened_is_not_found(accounts: Accounts) -> None:
    assert await accounts.take_seat(ADA, "unknown") == AccountNotFound()


async def test_an_account_that_does_not_exist_leaves_no_actor(accounts: Accounts) -> None:
    assert await accounts.take_seat(ADA, "unknown") == AccountNotFound()
    assert accounts.live() == []


async def test_many_commands_to_accounts_that_do_not_exist_leave_no_actor(accounts: Accounts) -> None:
    replies = [accounts.take_seat(ADA, f"unknown-{number % 10}") for number in range(100)]
    assert [await reply for reply in replies] == [AccountNotFound()] * 100
    assert accounts.live() == []
    assert len(accounts.journal.loads) == 10


async def test_an_account_can_be_opened_after_it_was_not_found(accounts: Accounts) -> None:
    assert await accounts.take_seat(ADA) == AccountNotFound()
    assert (await accounts.do(opening())).version == 2


async def test_an_opening_between_commands_that_find_no_account_is_not_lost(accounts: Accounts) -> None:
    before, opened, after = accounts.take_seat(ADA), accounts.ask(opening()), accounts.take_seat(ADA)
    await turns()
    accounts.journal.commit()
    assert await before == AccountNotFound()
    assert isinstance(await opened, Accepted)
    assert isinstance(await after, Accepted)
