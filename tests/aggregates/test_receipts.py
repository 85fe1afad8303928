"""Receipts: every outcome of a command with a key is stored before it is answered, with its events if it has any."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.members.commands import TakeSeat
from seatkeeper.actors.accounts.profile.commands import ChangeAccount
from seatkeeper.actors.accounts.profile.refusals import AccountNotFound
from seatkeeper.actors.accounts.values import MemberId
from seatkeeper.actors.aggregates.aggregate import AggregateFailed, CommandOptions, Reply, VersionMismatch
from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.actors.aggregates.messages import Accepted, Command
from tests.aggregates.accounts import ADA, BOB, NO_SEAT_LEFT, Accounts, FaultyAccount, opening
from tests.aggregates.receipts import NOTHING_STORED, UNKNOWN, Key, failure, waiting
from tests.event_loop import turns


def send(
    accounts: Accounts, command: Command, key: Key, account_id: str = "acme", *, version: int | None = None
) -> Reply:
    """Send a command with a key."""
    expected = None if version is None else frozenset({version})
    return accounts.directory.ask(FaultyAccount, account_id, command, CommandOptions(expected, key))


def seat(accounts: Accounts, member_id: str, key: Key) -> Reply:
    return send(accounts, TakeSeat(MemberId(member_id)), key)


async def test_a_receipt_goes_to_the_journal_with_the_events_of_its_command(accounts: Accounts) -> None:
    await accounts.open()
    seat(accounts, ADA, Key())
    assert waiting(accounts.journal) == [(1, "done")]


async def test_a_command_without_a_key_has_no_receipt(accounts: Accounts) -> None:
    await accounts.open()
    accounts.take_seat(ADA)
    assert waiting(accounts.journal) == [(1, None)]


async def test_a_receipt_has_the_version_after_the_command(accounts: Accounts) -> None:
    await accounts.open()
    seat(accounts, ADA, Key())
    accounts.journal.commit()
    assert accounts.journal.receipts["a key"].version == 3


async def test_a_receipt_is_made_once_from_the_outcome_that_is_answered(accounts: Accounts) -> None:
    await accounts.open()
    key = Key()
    reply = seat(accounts, ADA, key)
    accounts.journal.commit()
    assert key.outcomes == [await reply]


async def test_a_refusal_with_a_key_is_answered_after_its_receipt_is_stored(accounts: Accounts) -> None:
    await accounts.open(BOB)
    await accounts.do(TakeSeat(ADA))
    refused = seat(accounts, BOB, Key())
    assert waiting(accounts.journal) == [(0, "no-seat-left")]
    await turns()
    assert not refused.done()
    accounts.journal.commit()
    assert await refused == NO_SEAT_LEFT
    assert accounts.journal.receipts["a key"].body == "no-seat-left"


async def test_a_refusal_on_an_uncommitted_event_waits_for_it_and_for_its_own_receipt(
    accounts: Accounts,
) -> None:
    await accounts.open(BOB)
    taken, refused = accounts.take_seat(ADA), seat(accounts, BOB, Key())
    assert waiting(accounts.journal) == [(1, None), (0, "no-seat-left")]
    accounts.journal.commit(1)
    assert taken.done()
    await turns()
    assert not refused.done()
    accounts.journal.commit()
    assert await refused == NO_SEAT_LEFT


async def test_a_command_after_a_refusal_with_a_key_waits_for_its_receipt(accounts: Accounts) -> None:
    await accounts.open(BOB)
    await accounts.do(TakeSeat(ADA))
    seat(accounts, BOB, Key())
    plain = accounts.take_seat(BOB)
    await turns()
    assert not plain.done()
    accounts.journal.commit()
    assert await plain == NO_SEAT_LEFT


async def test_a_refusal_fails_with_the_event_that_it_depends_on(accounts: Accounts) -> None:
    await accounts.open(BOB)
    accounts.take_seat(ADA)
    refused = seat(accounts, BOB, Key())
    accounts.journal.fail(NOTHING_STORED)
    assert await failure(refused) is NOTHING_STORED
    assert accounts.journal.receipts == {}
    again = seat(accounts, BOB, Key())
    await turns()
    accounts.journal.commit()
    assert isinstance(await again, Accepted)


async def test_a_command_that_changes_nothing_has_a_receipt_without_events(accounts: Accounts) -> None:
    await accounts.open(account_id="other")
    await accounts.open()
    await accounts.do(TakeSeat(ADA))
    await accounts.do(ChangeAccount("Elsewhere"), "other")
    reply = seat(accounts, ADA, Key())
    assert waiting(accounts.journal) == [(0, "done")]
    accounts.journal.commit()
    done = await reply
    assert isinstance(done, Accepted)
    assert (done.version, done.position) == (3, 5)


async def test_a_command_that_changes_nothing_knows_its_position_when_the_change_shares_its_commit(
    accounts: Accounts,
) -> None:
    await accounts.open()
    taken, again = accounts.take_seat(ADA), seat(accounts, ADA, Key())
    accounts.journal.commit(1)
    accounts.journal.commit(1)
    first, second = await taken, await again
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert first.position == second.position == 3


async def test_a_reset_aggregate_knows_its_position_again(accounts: Accounts) -> None:
    await accounts.open()
    await accounts.do(TakeSeat(ADA))
    accounts.directory.reset_all()
    reply = seat(accounts, ADA, Key())
    await turns()
    accounts.journal.commit()
    done = await reply
    assert isinstance(done, Accepted)
    assert (done.version, done.position) == (3, 3)


async def test_a_version_mismatch_is_stored(accounts: Accounts) -> None:
    await accounts.open()
    reply = send(accounts, TakeSeat(ADA), Key(), version=1)
    accounts.journal.commit()
    assert await reply == VersionMismatch(2)
    assert accounts.journal.receipts["a key"].body == "version-mismatch"
    assert len(accounts.journal.events("account-acme")) == 2


async def test_a_refusal_of_an_unknown_account_is_stored_and_leaves_no_actor(accounts: Accounts) -> None:
    refused = send(accounts, TakeSeat(ADA), Key(), "unknown")
    await turns()
    assert waiting(accounts.journal) == [(0, "account-not-found")]
    assert accounts.live() == ["unknown"]
    accounts.journal.commit()
    assert await refused == AccountNotFound()
    assert accounts.live() == []


async def test_many_refusals_of_an_unknown_account_are_stored_and_leave_no_actor(accounts: Accounts) -> None:
    refused = [send(accounts, TakeSeat(ADA), Key(f"key {number}"), "unknown") for number in range(3)]
    await turns()
    accounts.journal.commit(1)
    assert accounts.live() == ["unknown"]
    accounts.journal.commit()
    assert [await reply for reply in refused] == [AccountNotFound()] * 3
    assert len(accounts.journal.receipts) == 3
    assert accounts.live() == []


async def test_a_refusal_of_an_unknown_account_that_is_not_stored_leaves_no_actor(accounts: Accounts) -> None:
    refused = send(accounts, TakeSeat(ADA), Key(), "unknown")
    await turns()
    accounts.journal.fail(NOTHING_STORED)
    assert await failure(refused) is NOTHING_STORED
    assert accounts.live() == []


async def test_an_account_can_be_opened_while_its_refusal_is_being_stored(accounts: Accounts) -> None:
    refused = send(accounts, TakeSeat(ADA), Key())
    await turns()
    opened = send(accounts, opening(), Key("opening"))
    accounts.journal.commit()
    assert await refused == AccountNotFound()
    assert isinstance(await opened, Accepted)
    assert accounts.live() == ["acme"]


@pytest.mark.parametrize("member_id", [ADA, BOB], ids=["accepted", "refused"])
async def test_an_outcome_that_the_journal_refuses_leaves_its_key_free(accounts: Accounts, member_id: str) -> None:
    await accounts.open(BOB)
    if member_id == BOB:
        await accounts.do(TakeSeat(ADA))
    accounts.journal.unwritable = 1
    assert isinstance(await failure(seat(accounts, member_id, Key())), NotStored)
    assert (accounts.journal.waiting, accounts.journal.receipts) == ([], {})
    again = seat(accounts, member_id, Key())
    await turns()
    accounts.journal.commit()
    await again
    assert list(accounts.journal.receipts) == ["a key"]


@pytest.mark.parametrize(("error", "stored"), [(NOTHING_STORED, False), (UNKNOWN, False), (UNKNOWN, True)])
async def test_a_failed_command_is_stored_with_its_receipt_or_not_at_all(
    accounts: Accounts, error: Exception, *, stored: bool
) -> None:
    await accounts.open()
    reply = seat(accounts, ADA, Key())
    accounts.journal.fail(error, stored=stored)
    assert await failure(reply) is error
    assert ("a key" in accounts.journal.receipts) == stored
    again = seat(accounts, ADA, Key("another"))
    await turns()
    assert waiting(accounts.journal) == [(0 if stored else 1, "done")]
    accounts.journal.commit()
    done = await again
    assert isinstance(done, Accepted)
    assert done.position == 3


async def test_a_refusal_that_the_journal_refuses_does_not_reset_the_aggregate(accounts: Accounts) -> None:
    await accounts.open(BOB)
    await accounts.do(TakeSeat(ADA))
    accounts.journal.unwritable = 1
    assert isinstance(await failure(seat(accounts, BOB, Key())), NotStored)
    assert accounts.take_seat(BOB).done()
    assert accounts.journal.loads.count("account-acme") == 0


async def test_a_receipt_that_cannot_be_made_fails_only_its_own_command(accounts: Accounts) -> None:
    await accounts.open()
    key = Key()
    key.error = ZeroDivisionError()
    assert isinstance(await failure(seat(accounts, ADA, key)), AggregateFailed)
    assert accounts.journal.waiting == []
    again = seat(accounts, ADA, Key())
    await turns()
    accounts.journal.commit()
    done = await again
    assert isinstance(done, Accepted)
    assert done.version == 3
