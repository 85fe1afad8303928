"""Receipts: what became of a command is kept with its events, a refusal is kept too, and neither before its time."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts import commands, refusals
from seatkeeper.actors.accounts.events import MemberId
from seatkeeper.actors.aggregate import AggregateFailed, Reply, VersionMismatch
from seatkeeper.actors.journal import IdempotencyKey, NotStored, OutcomeUnknown, Receipt
from seatkeeper.actors.messages import Command, Done, Outcome, Refusal
from tests.actors.held_journal import HeldJournal
from tests.actors.house import ADA, BOB, NO_SEAT_LEFT, Clumsy, House, opening
from tests.actors.players import turns

UNKNOWN = OutcomeUnknown("the disk is gone")
NOTHING_STORED = NotStored("the disk is full")


class Key(IdempotencyKey):
    """A key, and every outcome that a receipt was written of."""

    def __init__(self, name: str = "a key") -> None:
        self.name = name
        self.outcomes: list[Outcome] = []
        self.error: Exception | None = None

    def receipt(self, outcome: Outcome) -> Receipt:
        if self.error is not None:
            raise self.error
        self.outcomes.append(outcome)
        if isinstance(outcome, Refusal):
            return Receipt(self.name, b"", 409, None, None, None, outcome.slug())
        return Receipt(self.name, b"", 200, outcome.version, 0, None, "done")


def send(house: House, command: Command, key: Key, account_id: str = "acme", *, version: int | None = None) -> Reply:
    """Send a command with a key."""
    return house.directory.ask(Clumsy, account_id, command, version, key)


def seat(house: House, member_id: str, key: Key) -> Reply:
    return send(house, commands.TakeSeat(MemberId(member_id)), key)


def waiting(journal: HeldJournal) -> list[tuple[int, str | None]]:
    """The number of events and the receipt's body of each append that waits."""
    return [(len(append.events), None if append.receipt is None else append.receipt.body) for append in journal.waiting]


async def failure(reply: Reply) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
        await reply
    return caught.value


async def test_a_receipt_goes_to_the_journal_with_the_events_of_its_command(house: House) -> None:
    await house.open()
    seat(house, ADA, Key())
    assert waiting(house.journal) == [(1, "done")]


async def test_a_command_without_a_key_has_no_receipt(house: House) -> None:
    await house.open()
    house.take_seat(ADA)
    assert waiting(house.journal) == [(1, None)]


async def test_a_receipt_tells_the_version_that_the_command_led_to(house: House) -> None:
    await house.open()
    seat(house, ADA, Key())
    house.journal.commit()
    assert house.journal.receipts["a key"].version == 3


async def test_a_receipt_is_written_once_and_of_what_is_answered(house: House) -> None:
    await house.open()
    key = Key()
    reply = seat(house, ADA, key)
    house.journal.commit()
    assert key.outcomes == [await reply]


async def test_a_refusal_with_a_key_is_answered_after_its_receipt_is_kept(house: House) -> None:
    await house.open(BOB)
    await house.do(commands.TakeSeat(ADA))
    refused = seat(house, BOB, Key())
    assert waiting(house.journal) == [(0, "no-seat-left")]
    await turns()
    assert not refused.done()
    house.journal.commit()
    assert await refused == NO_SEAT_LEFT
    assert house.journal.receipts["a key"].body == "no-seat-left"


async def test_a_refusal_that_rests_on_an_uncommitted_event_waits_for_it_and_for_its_own_receipt(house: House) -> None:
    await house.open(BOB)
    taken, refused = house.take_seat(ADA), seat(house, BOB, Key())
    assert waiting(house.journal) == [(1, None), (0, "no-seat-left")]
    house.journal.commit(1)
    assert taken.done()
    await turns()
    assert not refused.done()
    house.journal.commit()
    assert await refused == NO_SEAT_LEFT


async def test_what_comes_after_a_refusal_with_a_key_waits_for_its_receipt(house: House) -> None:
    await house.open(BOB)
    await house.do(commands.TakeSeat(ADA))
    seat(house, BOB, Key())
    plain = house.take_seat(BOB)
    await turns()
    assert not plain.done()
    house.journal.commit()
    assert await plain == NO_SEAT_LEFT


async def test_a_refusal_falls_with_the_event_that_it_rests_on(house: House) -> None:
    await house.open(BOB)
    house.take_seat(ADA)
    refused = seat(house, BOB, Key())
    house.journal.fail(NOTHING_STORED)
    assert await failure(refused) is NOTHING_STORED
    assert house.journal.receipts == {}
    again = seat(house, BOB, Key())
    await turns()
    house.journal.commit()
    assert isinstance(await again, Done)


async def test_a_command_that_changes_nothing_has_a_receipt_without_events(house: House) -> None:
    await house.open(account_id="other")
    await house.open()
    await house.do(commands.TakeSeat(ADA))
    await house.do(commands.RenameAccount("Elsewhere"), "other")
    reply = seat(house, ADA, Key())
    assert waiting(house.journal) == [(0, "done")]
    house.journal.commit()
    done = await reply
    assert isinstance(done, Done)
    assert (done.version, done.position) == (3, 5)


async def test_a_command_that_changes_nothing_knows_its_position_when_the_change_shares_its_commit(
    house: House,
) -> None:
    await house.open()
    taken, again = house.take_seat(ADA), seat(house, ADA, Key())
    house.journal.commit(1)
    house.journal.commit(1)
    first, second = await taken, await again
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert first.position == second.position == 3


async def test_an_aggregate_that_was_let_go_knows_its_position_again(house: House) -> None:
    await house.open()
    await house.do(commands.TakeSeat(ADA))
    house.directory.forget_all()
    reply = seat(house, ADA, Key())
    await turns()
    house.journal.commit()
    done = await reply
    assert isinstance(done, Done)
    assert (done.version, done.position) == (3, 3)


async def test_a_version_that_was_not_expected_is_kept(house: House) -> None:
    await house.open()
    reply = send(house, commands.TakeSeat(ADA), Key(), version=1)
    house.journal.commit()
    assert await reply == VersionMismatch(2)
    assert house.journal.receipts["a key"].body == "version-mismatch"
    assert len(house.journal.events("account-acme")) == 2


async def test_a_refusal_by_nobody_is_kept_and_nobody_stays(house: House) -> None:
    refused = send(house, commands.TakeSeat(ADA), Key(), "nobody")
    await turns()
    assert waiting(house.journal) == [(0, "account-not-found")]
    assert house.live() == ["nobody"]
    house.journal.commit()
    assert await refused == refusals.AccountNotFound()
    assert house.live() == []


async def test_many_refusals_by_nobody_are_all_kept_and_nobody_stays(house: House) -> None:
    refused = [send(house, commands.TakeSeat(ADA), Key(f"key {number}"), "nobody") for number in range(3)]
    await turns()
    house.journal.commit(1)
    assert house.live() == ["nobody"]
    house.journal.commit()
    assert [await reply for reply in refused] == [refusals.AccountNotFound()] * 3
    assert len(house.journal.receipts) == 3
    assert house.live() == []


async def test_a_refusal_by_nobody_that_is_not_stored_leaves_nobody(house: House) -> None:
    refused = send(house, commands.TakeSeat(ADA), Key(), "nobody")
    await turns()
    house.journal.fail(NOTHING_STORED)
    assert await failure(refused) is NOTHING_STORED
    assert house.live() == []


async def test_an_account_can_be_opened_while_a_refusal_by_nobody_is_being_kept(house: House) -> None:
    refused = send(house, commands.TakeSeat(ADA), Key())
    await turns()
    opened = send(house, opening(), Key("opening"))
    house.journal.commit()
    assert await refused == refusals.AccountNotFound()
    assert isinstance(await opened, Done)
    assert house.live() == ["acme"]


@pytest.mark.parametrize("member_id", [ADA, BOB], ids=["accepted", "refused"])
async def test_what_the_journal_does_not_take_is_not_kept_and_its_key_is_free(house: House, member_id: str) -> None:
    await house.open(BOB)
    if member_id == BOB:
        await house.do(commands.TakeSeat(ADA))
    house.journal.unwritable = 1
    assert isinstance(await failure(seat(house, member_id, Key())), NotStored)
    assert (house.journal.waiting, house.journal.receipts) == ([], {})
    again = seat(house, member_id, Key())
    await turns()
    house.journal.commit()
    await again
    assert list(house.journal.receipts) == ["a key"]


@pytest.mark.parametrize(("error", "kept"), [(NOTHING_STORED, False), (UNKNOWN, False), (UNKNOWN, True)])
async def test_what_failed_is_there_with_its_receipt_or_not_at_all(
    house: House, error: Exception, *, kept: bool
) -> None:
    await house.open()
    reply = seat(house, ADA, Key())
    house.journal.fail(error, kept=kept)
    assert await failure(reply) is error
    assert ("a key" in house.journal.receipts) == kept
    again = seat(house, ADA, Key("another"))
    await turns()
    assert waiting(house.journal) == [(0 if kept else 1, "done")]
    house.journal.commit()
    done = await again
    assert isinstance(done, Done)
    assert done.position == 3


async def test_a_refusal_that_the_journal_does_not_take_costs_the_aggregate_nothing(house: House) -> None:
    await house.open(BOB)
    await house.do(commands.TakeSeat(ADA))
    house.journal.unwritable = 1
    assert isinstance(await failure(seat(house, BOB, Key())), NotStored)
    assert house.take_seat(BOB).done()
    assert house.journal.loads.count("account-acme") == 0


async def test_a_receipt_that_cannot_be_written_is_a_failure_of_its_command_alone(house: House) -> None:
    await house.open()
    key = Key()
    key.error = ZeroDivisionError()
    assert isinstance(await failure(seat(house, ADA, key)), AggregateFailed)
    assert house.journal.waiting == []
    again = seat(house, ADA, Key())
    await turns()
    house.journal.commit()
    done = await again
    assert isinstance(done, Done)
    assert done.version == 3
