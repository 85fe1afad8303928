"""Commands that expect a version of the aggregate."""

from __future__ import annotations

from seatkeeper.actors.accounts.members.commands import TakeSeat
from seatkeeper.actors.accounts.profile.commands import ChangeAccount
from seatkeeper.actors.accounts.profile.refusals import AccountNotFound
from seatkeeper.actors.aggregates.aggregate import CommandOptions, VersionMismatch
from seatkeeper.actors.aggregates.messages import Accepted
from tests.aggregates.accounts import ADA, BOB, Accounts, FaultyAccount
from tests.event_loop import turns


async def test_a_command_for_another_version_changes_nothing(accounts: Accounts) -> None:
    await accounts.open()
    assert await accounts.ask(TakeSeat(ADA), version=1) == VersionMismatch(current_version=2)
    assert not accounts.journal.waiting


async def test_a_command_for_the_current_version_is_carried_out(accounts: Accounts) -> None:
    await accounts.open()
    reply = accounts.ask(TakeSeat(ADA), version=2)
    accounts.journal.commit()
    assert isinstance(await reply, Accepted)


async def test_of_two_commands_for_the_same_version_the_second_one_mismatches(accounts: Accounts) -> None:
    await accounts.open(BOB, seats=2)
    first = accounts.ask(TakeSeat(ADA), version=3)
    second = accounts.ask(TakeSeat(BOB), version=3)
    accounts.journal.commit()
    assert isinstance(await first, Accepted)
    assert await second == VersionMismatch(current_version=4)


async def test_an_account_that_does_not_exist_is_not_found_whatever_the_version(accounts: Accounts) -> None:
    assert await accounts.ask(TakeSeat(ADA), "unknown", version=7) == AccountNotFound()


async def test_a_version_mismatch_with_an_uncommitted_version_waits_for_its_commit(accounts: Accounts) -> None:
    await accounts.open()
    accounts.take_seat(ADA)
    mismatched = accounts.ask(ChangeAccount("New"), version=2)
    await turns()
    assert not mismatched.done()
    accounts.journal.commit()
    assert await mismatched == VersionMismatch(current_version=3)


async def test_a_command_for_one_of_several_versions_is_carried_out(accounts: Accounts) -> None:
    await accounts.open()
    reply = accounts.directory.ask(FaultyAccount, "acme", TakeSeat(ADA), CommandOptions(frozenset({2, 7})))
    accounts.journal.commit()
    assert isinstance(await reply, Accepted)


async def test_a_command_for_no_version_at_all_changes_nothing(accounts: Accounts) -> None:
    await accounts.open()
    reply = accounts.directory.ask(FaultyAccount, "acme", TakeSeat(ADA), CommandOptions(frozenset()))
    assert await reply == VersionMismatch(current_version=2)
