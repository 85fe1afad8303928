"""One aggregate in its actor: one command at a time, in order, and nothing leaves before its commit."""

from __future__ import annotations

from functools import partial

import pytest

from seatkeeper.actors.accounts import commands, events, refusals
from seatkeeper.actors.aggregate import Reply, VersionMismatch
from seatkeeper.actors.journal import JournalFull, NotStored, OutcomeUnknown
from seatkeeper.actors.messages import Done
from seatkeeper.actors.runtime import InboxFull
from tests.actors.house import ADA, BOB, EVE, NO_SEAT_LEFT, House, joining, opening
from tests.actors.players import turns

UNKNOWN = OutcomeUnknown("the disk is gone")
NOTHING_STORED = NotStored("the disk is full")


async def failure(reply: Reply) -> Exception:
    """What the reply raises, which must be there already."""
    assert reply.done()
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
        await reply
    return caught.value


async def test_a_command_is_answered_after_its_commit(house: House) -> None:
    await house.open()
    reply = house.take_seat(ADA)
    await turns()
    assert not reply.done()
    house.journal.commit()
    assert reply.done()


async def test_a_refusal_that_rests_on_an_uncommitted_event_waits_for_its_commit(house: House) -> None:
    await house.open(BOB)
    house.take_seat(ADA)
    refused = house.take_seat(BOB)
    await turns()
    assert not refused.done()
    house.journal.commit()
    assert await refused == NO_SEAT_LEFT


async def test_a_no_op_that_rests_on_an_uncommitted_event_waits_for_its_commit(house: House) -> None:
    await house.open()
    house.take_seat(ADA)
    again = house.take_seat(ADA)
    await turns()
    assert not again.done()
    assert len(house.journal.waiting) == 1
    house.journal.commit()
    assert isinstance(await again, Done)


async def test_a_version_mismatch_with_an_uncommitted_version_waits_for_its_commit(house: House) -> None:
    await house.open()
    house.take_seat(ADA)
    mismatched = house.ask(commands.RenameAccount("New"), version=2)
    await turns()
    assert not mismatched.done()
    house.journal.commit()
    assert await mismatched == VersionMismatch(current_version=3)


async def test_what_rests_on_two_commits_waits_for_the_second(house: House) -> None:
    await house.open(BOB)
    first, second, refused = house.take_seat(ADA), house.ask(joining(EVE)), house.take_seat(BOB)
    house.journal.commit(1)
    assert first.done()
    await turns()
    assert not second.done()
    assert not refused.done()
    house.journal.commit()
    assert await refused == NO_SEAT_LEFT


async def test_a_refusal_that_rests_on_the_disk_is_answered_at_once(house: House) -> None:
    await house.open(BOB)
    await house.do(commands.TakeSeat(ADA))
    assert house.take_seat(BOB).done()


async def test_a_no_op_that_rests_on_the_disk_is_answered_at_once(house: House) -> None:
    await house.open()
    await house.do(commands.TakeSeat(ADA))
    assert house.take_seat(ADA).done()
    assert not house.journal.waiting


async def test_commands_that_come_together_share_a_commit(house: House) -> None:
    await house.open(BOB, EVE, seats=3)
    replies = [house.take_seat(member_id) for member_id in (ADA, BOB, EVE)]
    assert len(house.journal.waiting) == 3
    house.journal.commit()
    assert all(reply.done() for reply in replies)


async def test_events_go_to_the_journal_in_the_order_of_the_commands(house: House) -> None:
    await house.open()
    for number in range(100):
        house.ask(commands.RenameAccount(f"Name {number}"))
    house.journal.commit()
    names = [event for event in house.journal.events("account-acme") if isinstance(event, events.AccountRenamed)]
    assert names == [events.AccountRenamed(f"Name {number}") for number in range(100)]


async def test_answers_come_in_the_order_of_the_commands(house: House) -> None:
    await house.open(BOB)
    answered: list[str] = []

    def note(name: str, _: Reply) -> None:
        answered.append(name)

    for name in (ADA, BOB, ADA, BOB):
        house.take_seat(name).add_done_callback(partial(note, name))
    house.journal.commit()
    assert answered == [ADA, BOB, ADA, BOB]


async def test_an_answer_tells_the_version_and_the_position_of_its_last_event(house: House) -> None:
    await house.open(account_id="other")
    opened = await house.do(opening(), fresh=True)
    assert (opened.version, opened.position) == (2, 4)
    seat, again = house.take_seat(ADA), house.take_seat(ADA)
    house.journal.commit()
    assert [(done.version, done.position) for done in (await seat, await again) if isinstance(done, Done)] == [
        (3, 5)
    ] * 2


async def test_an_answer_does_not_change_with_the_state(house: House) -> None:
    opened = await house.do(opening(), fresh=True)
    before = str(opened)
    await house.do(commands.TakeSeat(ADA))
    await house.do(commands.RenameAccount("New"))
    assert str(opened) == before


async def test_of_a_thousand_who_ask_at_once_one_gets_the_last_seat(house: House) -> None:
    crowd = [f"member-{number}" for number in range(1_000)]
    await house.open(*crowd)
    replies = [house.take_seat(member_id) for member_id in crowd]
    house.journal.commit()
    outcomes = [await reply for reply in replies]
    assert sum(isinstance(outcome, Done) for outcome in outcomes) == 1
    assert outcomes.count(NO_SEAT_LEFT) == 999
    assert sum(isinstance(event, events.SeatTaken) for _, event in house.journal.stored) == 1


async def test_a_thousand_who_ask_a_sleeping_account_get_one_last_seat(house: House) -> None:
    crowd = [f"member-{number}" for number in range(1_000)]
    await house.open(*crowd)
    house.directory.forget_all()
    replies = [house.take_seat(member_id) for member_id in crowd]
    while not all(reply.done() for reply in replies):
        await turns(1)
        house.journal.commit()
    outcomes = [await reply for reply in replies]
    assert sum(isinstance(outcome, Done) for outcome in outcomes) == 1
    assert house.journal.loads == ["account-acme"]


@pytest.mark.parametrize("error", [NOTHING_STORED, UNKNOWN])
async def test_everybody_who_waited_for_a_commit_gets_its_failure(house: House, error: Exception) -> None:
    await house.open(BOB)
    replies = [house.take_seat(ADA), house.take_seat(BOB), house.take_seat(ADA), house.ask(joining(EVE))]
    house.journal.fail(error)
    assert [await failure(reply) for reply in replies] == [error] * 4


async def test_after_a_refused_append_the_next_command_sees_what_is_on_the_disk(house: House) -> None:
    await house.open(BOB)
    house.take_seat(ADA)
    house.journal.fail(NOTHING_STORED)
    done = await house.do(commands.TakeSeat(BOB))
    assert done.version == 4
    assert house.journal.loads == ["account-acme"]


async def test_after_an_unknown_outcome_that_was_kept_the_next_command_sees_it(house: House) -> None:
    await house.open(BOB)
    house.take_seat(ADA)
    house.journal.fail(UNKNOWN, kept=True)
    assert await house.take_seat(BOB) == NO_SEAT_LEFT


async def test_a_command_after_a_failure_waits_for_the_appends_that_are_still_under_way(house: House) -> None:
    await house.open(BOB)
    house.take_seat(ADA)
    house.ask(joining(EVE))
    house.journal.fail(NOTHING_STORED, 1)
    late = house.take_seat(BOB)
    await turns()
    assert house.journal.loads == []
    house.journal.fail(NOTHING_STORED)
    await turns()
    house.journal.commit()
    assert isinstance(await late, Done)


async def test_an_append_that_is_not_taken_fails_only_its_own_command(house: House) -> None:
    await house.open(BOB)
    before = house.take_seat(ADA)
    house.journal.unwritable = 1
    assert isinstance(await failure(house.ask(joining(EVE))), NotStored)
    after, of_eve = house.take_seat(BOB), house.take_seat(EVE)
    house.journal.commit()
    assert isinstance(await before, Done)
    assert await after == NO_SEAT_LEFT
    assert await of_eve == refusals.MemberNotFound()


async def test_commands_that_wait_behind_an_append_that_is_not_taken_keep_their_order(house: House) -> None:
    await house.open()
    house.directory.forget_all()
    house.journal.unwritable = 1
    replies = [house.ask(commands.RenameAccount(f"Name {number}")) for number in range(5)]
    await turns()
    house.journal.commit()
    assert isinstance(await failure(replies[0]), NotStored)
    names = [event for event in house.journal.events("account-acme") if isinstance(event, events.AccountRenamed)]
    assert names == [events.AccountRenamed(f"Name {number}") for number in range(1, 5)]


async def test_an_account_whose_opening_was_not_stored_can_be_opened_again(house: House) -> None:
    house.ask(opening(), fresh=True)
    house.journal.fail(NOTHING_STORED)
    assert (await house.do(opening(), fresh=True)).version == 2


async def test_a_full_journal_refuses_before_anything_is_changed(house: House) -> None:
    await house.open()
    house.journal.full = True
    assert isinstance(await failure(house.take_seat(ADA)), JournalFull)
    house.journal.full = False
    assert (await house.do(commands.TakeSeat(ADA))).version == 3
    assert house.journal.loads == []


async def test_a_full_journal_still_answers_what_needs_no_append(house: House) -> None:
    await house.open(BOB)
    await house.do(commands.TakeSeat(ADA))
    house.journal.full = True
    assert await house.take_seat(BOB) == NO_SEAT_LEFT
    assert isinstance(await house.take_seat(ADA), Done)


async def test_a_full_inbox_refuses_at_once_and_the_others_are_answered() -> None:
    house = House(inbox_bound=3)
    await house.open()
    house.directory.forget_all()
    replies = [house.take_seat(ADA) for _ in range(3)]
    with pytest.raises(InboxFull):
        house.take_seat(ADA)
    await turns()
    house.journal.commit()
    assert [isinstance(await reply, Done) for reply in replies] == [True] * 3


async def test_a_command_for_another_version_changes_nothing(house: House) -> None:
    await house.open()
    assert await house.ask(commands.TakeSeat(ADA), version=1) == VersionMismatch(current_version=2)
    assert not house.journal.waiting


async def test_a_command_for_the_current_version_is_carried_out(house: House) -> None:
    await house.open()
    reply = house.ask(commands.TakeSeat(ADA), version=2)
    house.journal.commit()
    assert isinstance(await reply, Done)


async def test_of_two_commands_for_the_same_version_the_second_one_mismatches(house: House) -> None:
    await house.open(BOB, seats=2)
    first = house.ask(commands.TakeSeat(ADA), version=3)
    second = house.ask(commands.TakeSeat(BOB), version=3)
    house.journal.commit()
    assert isinstance(await first, Done)
    assert await second == VersionMismatch(current_version=4)


async def test_what_does_not_exist_is_not_found_rather_than_of_another_version(house: House) -> None:
    assert await house.ask(commands.TakeSeat(ADA), "nowhere", version=7) == refusals.AccountNotFound()
