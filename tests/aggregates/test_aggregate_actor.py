"""The actor of an aggregate: one command at a time, in order, and no answer before its commit."""

from __future__ import annotations

from functools import partial

from seatkeeper.actors.accounts.members.commands import TakeSeat
from seatkeeper.actors.accounts.members.events import SeatTaken
from seatkeeper.actors.accounts.profile.commands import ChangeAccount
from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.messages import Accepted
from tests.aggregates.accounts import ADA, BOB, EVE, NO_SEAT_LEFT, Accounts, joining, opening
from tests.event_loop import turns


async def test_a_command_is_answered_after_its_commit(accounts: Accounts) -> None:
    await accounts.open()
    reply = accounts.take_seat(ADA)
    await turns()
    assert not reply.done()
    accounts.journal.commit()
    assert reply.done()


async def test_a_refusal_that_depends_on_an_uncommitted_event_waits_for_its_commit(accounts: Accounts) -> None:
    await accounts.open(BOB)
    accounts.take_seat(ADA)
    refused = accounts.take_seat(BOB)
    await turns()
    assert not refused.done()
    accounts.journal.commit()
    assert await refused == NO_SEAT_LEFT


async def test_a_no_op_that_depends_on_an_uncommitted_event_waits_for_its_commit(accounts: Accounts) -> None:
    await accounts.open()
    accounts.take_seat(ADA)
    again = accounts.take_seat(ADA)
    await turns()
    assert not again.done()
    assert len(accounts.journal.waiting) == 1
    accounts.journal.commit()
    assert isinstance(await again, Accepted)


async def test_an_answer_that_depends_on_two_commits_waits_for_the_second(accounts: Accounts) -> None:
    await accounts.open(BOB)
    first, second, refused = accounts.take_seat(ADA), accounts.ask(joining(EVE)), accounts.take_seat(BOB)
    accounts.journal.commit(1)
    assert first.done()
    await turns()
    assert not second.done()
    assert not refused.done()
    accounts.journal.commit()
    assert await refused == NO_SEAT_LEFT


async def test_a_refusal_that_depends_on_committed_events_is_answered_at_once(accounts: Accounts) -> None:
    await accounts.open(BOB)
    await accounts.do(TakeSeat(ADA))
    assert accounts.take_seat(BOB).done()


async def test_a_no_op_that_depends_on_committed_events_is_answered_at_once(accounts: Accounts) -> None:
    await accounts.open()
    await accounts.do(TakeSeat(ADA))
    assert accounts.take_seat(ADA).done()
    assert not accounts.journal.waiting


async def test_commands_that_come_together_share_a_commit(accounts: Accounts) -> None:
    await accounts.open(BOB, EVE, seats=3)
    replies = [accounts.take_seat(member_id) for member_id in (ADA, BOB, EVE)]
    assert len(accounts.journal.waiting) == 3
    accounts.journal.commit()
    assert all(reply.done() for reply in replies)


async def test_events_go_to_the_journal_in_the_order_of_the_commands(accounts: Accounts) -> None:
    await accounts.open()
    for number in range(100):
        accounts.ask(ChangeAccount(f"Name {number}"))
    accounts.journal.commit()
    names = [event for event in accounts.journal.events("account-acme") if isinstance(event, AccountRenamed)]
    assert names == [AccountRenamed(f"Name {number}") for number in range(100)]


async def test_answers_come_in_the_order_of_the_commands(accounts: Accounts) -> None:
    await accounts.open(BOB)
    answered: list[str] = []

    def note(name: str, _: Reply) -> None:
        answered.append(name)

    for name in (ADA, BOB, ADA, BOB):
        accounts.take_seat(name).add_done_callback(partial(note, name))
    accounts.journal.commit()
    assert answered == [ADA, BOB, ADA, BOB]


async def test_an_answer_has_the_version_and_the_position_of_its_last_event(accounts: Accounts) -> None:
    await accounts.open(account_id="other")
    opened = await accounts.do(opening(), fresh=True)
    assert (opened.version, opened.position) == (2, 4)
    seat, again = accounts.take_seat(ADA), accounts.take_seat(ADA)
    accounts.journal.commit()
    assert [(done.version, done.position) for done in (await seat, await again) if isinstance(done, Accepted)] == [
        (3, 5)
    ] * 2


async def test_an_answer_does_not_change_with_the_state(accounts: Accounts) -> None:
    opened = await accounts.do(opening(), fresh=True)
    before = str(opened)
    await accounts.do(TakeSeat(ADA))
    await accounts.do(ChangeAccount("New"))
    assert str(opened) == before


async def test_of_a_thousand_commands_at_once_one_gets_the_last_seat(accounts: Accounts) -> None:
    members = [f"member-{number}" for number in range(1_000)]
    await accounts.open(*members)
    replies = [accounts.take_seat(member_id) for member_id in members]
    accounts.journal.commit()
    outcomes = [await reply for reply in replies]
    assert sum(isinstance(outcome, Accepted) for outcome in outcomes) == 1
    assert outcomes.count(NO_SEAT_LEFT) == 999
    assert sum(isinstance(event, SeatTaken) for _, event in accounts.journal.stored) == 1


async def test_of_a_thousand_commands_to_a_passive_account_one_gets_the_last_seat(accounts: Accounts) -> None:
    members = [f"member-{number}" for number in range(1_000)]
    await accounts.open(*members)
    accounts.directory.reset_all()
    replies = [accounts.take_seat(member_id) for member_id in members]
    while not all(reply.done() for reply in replies):
        await turns(1)
        accounts.journal.commit()
    outcomes = [await reply for reply in replies]
    assert sum(isinstance(outcome, Accepted) for outcome in outcomes) == 1
    assert accounts.journal.loads == ["account-acme"]
