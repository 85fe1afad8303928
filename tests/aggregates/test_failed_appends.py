"""Appends that fail: their commands get the failure, and the next command sees what is stored."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.members.commands import TakeSeat
from seatkeeper.actors.accounts.members.refusals import MemberNotFound
from seatkeeper.actors.accounts.profile.commands import ChangeAccount
from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.journal import JournalFull, NotStored, OutcomeUnknown
from seatkeeper.actors.aggregates.messages import Accepted
from seatkeeper.actors.runtime.inbox import InboxFull
from tests.aggregates.accounts import ADA, BOB, EVE, NO_SEAT_LEFT, Accounts, joining, opening
from tests.event_loop import turns

UNKNOWN = OutcomeUnknown("the disk is gone")
NOTHING_STORED = NotStored("the disk is full")


async def failure(reply: Reply) -> Exception:
    """The error of a reply that is resolved already."""
    assert reply.done()
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the test compares it
        await reply
    return caught.value


@pytest.mark.parametrize("error", [NOTHING_STORED, UNKNOWN])
async def test_all_commands_that_wait_for_a_commit_get_its_failure(accounts: Accounts, error: Exception) -> None:
    await accounts.open(BOB)
    replies = [accounts.take_seat(ADA), accounts.take_seat(BOB), accounts.take_seat(ADA), accounts.ask(joining(EVE))]
    accounts.journal.fail(error)
    assert [await failure(reply) for reply in replies] == [error] * 4


async def test_after_a_refused_append_the_next_command_sees_what_is_stored(accounts: Accounts) -> None:
    await accounts.open(BOB)
    accounts.take_seat(ADA)
    accounts.journal.fail(NOTHING_STORED)
    done = await accounts.do(TakeSeat(BOB))
    assert done.version == 4
    assert accounts.journal.loads == ["account-acme"]


async def test_after_an_unknown_outcome_that_was_stored_the_next_command_sees_it(accounts: Accounts) -> None:
    await accounts.open(BOB)
    accounts.take_seat(ADA)
    accounts.journal.fail(UNKNOWN, stored=True)
    assert await accounts.take_seat(BOB) == NO_SEAT_LEFT


async def test_a_command_after_a_failure_waits_for_the_pending_appends(accounts: Accounts) -> None:
    await accounts.open(BOB)
    accounts.take_seat(ADA)
    accounts.ask(joining(EVE))
    accounts.journal.fail(NOTHING_STORED, 1)
    late = accounts.take_seat(BOB)
    await turns()
    assert accounts.journal.loads == []
    accounts.journal.fail(NOTHING_STORED)
    await turns()
    accounts.journal.commit()
    assert isinstance(await late, Accepted)


async def test_an_append_that_the_journal_refuses_fails_only_its_own_command(accounts: Accounts) -> None:
    await accounts.open(BOB)
    before = accounts.take_seat(ADA)
    accounts.journal.unwritable = 1
    assert isinstance(await failure(accounts.ask(joining(EVE))), NotStored)
    after, of_eve = accounts.take_seat(BOB), accounts.take_seat(EVE)
    accounts.journal.commit()
    assert isinstance(await before, Accepted)
    assert await after == NO_SEAT_LEFT
    assert await of_eve == MemberNotFound()


async def test_commands_behind_a_refused_append_keep_their_order(accounts: Accounts) -> None:
    await accounts.open()
    accounts.directory.reset_all()
    accounts.journal.unwritable = 1
    replies = [accounts.ask(ChangeAccount(f"Name {number}")) for number in range(5)]
    await turns()
    accounts.journal.commit()
    assert isinstance(await failure(replies[0]), NotStored)
    names = [event for event in accounts.journal.events("account-acme") if isinstance(event, AccountRenamed)]
    assert names == [AccountRenamed(f"Name {number}") for number in range(1, 5)]


async def test_an_account_whose_opening_was_not_stored_can_be_opened_again(accounts: Accounts) -> None:
    accounts.ask(opening(), fresh=True)
    accounts.journal.fail(NOTHING_STORED)
    assert (await accounts.do(opening(), fresh=True)).version == 2


async def test_a_full_journal_refuses_before_anything_is_changed(accounts: Accounts) -> None:
    await accounts.open()
    accounts.journal.full = True
    assert isinstance(await failure(accounts.take_seat(ADA)), JournalFull)
    accounts.journal.full = False
    assert (await accounts.do(TakeSeat(ADA))).version == 3
    assert accounts.journal.loads == []


async def test_a_full_journal_still_answers_what_needs_no_append(accounts: Accounts) -> None:
    await accounts.open(BOB)
    await accounts.do(TakeSeat(ADA))
    accounts.journal.full = True
    assert await accounts.take_seat(BOB) == NO_SEAT_LEFT
    assert isinstance(await accounts.take_seat(ADA), Accepted)


async def test_a_full_inbox_refuses_at_once_and_the_others_are_answered() -> None:
    accounts = Accounts(inbox_bound=3)
    await accounts.open()
    accounts.directory.reset_all()
    replies = [accounts.take_seat(ADA) for _ in range(3)]
    with pytest.raises(InboxFull):
        accounts.take_seat(ADA)
    await turns()
    accounts.journal.commit()
    assert [isinstance(await reply, Accepted) for reply in replies] == [True] * 3
