"""Appends that the journal refuses by a rule that no aggregate sees: what was decided on top is decided again."""

from __future__ import annotations

from seatkeeper.actors.accounts.profile.commands import ChangeAccount
from seatkeeper.actors.aggregates.aggregate import CommandOptions, Reply
from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.actors.aggregates.messages import Accepted, Outcome, Refusal
from tests.aggregates.accounts import ADA, BOB, EVE, NO_SEAT_LEFT, Accounts, FaultyAccount, joining, opening
from tests.aggregates.receipts import Key, failure
from tests.event_loop import turns


class NameTaken(Refusal, frozen=True, gc=False):
    """Another one has it."""


async def settled(accounts: Accounts, *replies: Reply) -> list[Outcome]:
    """The outcomes, once everything that is decided again is committed."""
    while not all(reply.done() for reply in replies):
        await turns()
        accounts.journal.commit()
    return [await reply for reply in replies]


async def test_the_command_gets_the_refusal_and_nothing_is_stored(accounts: Accounts) -> None:
    await accounts.open()
    renaming = accounts.ask(ChangeAccount("Looms"))
    accounts.journal.refuse(NameTaken())
    assert await renaming == NameTaken()
    assert len(accounts.journal.events("account-acme")) == 2


async def test_a_new_aggregate_that_is_refused_leaves_nothing_in_memory(accounts: Accounts) -> None:
    reply = accounts.ask(opening("new"), "new", fresh=True)
    accounts.journal.refuse(NameTaken())
    assert await reply == NameTaken()
    assert accounts.live() == []


async def test_commands_behind_it_are_decided_again_in_their_order(accounts: Accounts) -> None:
    await accounts.open(BOB)
    refused = accounts.ask(joining(EVE))
    behind = [accounts.take_seat(EVE), accounts.take_seat(BOB), accounts.take_seat(ADA)]
    accounts.journal.refuse(NameTaken())
    assert await refused == NameTaken()
    missing, seated, late = await settled(accounts, *behind)
    assert type(missing).__name__ == "MemberNotFound"
    assert isinstance(seated, Accepted)
    assert (seated.version, late) == (4, NO_SEAT_LEFT)


async def test_a_refusal_that_was_decided_on_top_of_it_is_decided_again(accounts: Accounts) -> None:
    await accounts.open(BOB)
    accounts.take_seat(BOB)
    refused_by_mistake = accounts.take_seat(ADA)
    accounts.journal.refuse(NameTaken())
    (seated,) = await settled(accounts, refused_by_mistake)
    assert isinstance(seated, Accepted)


async def test_the_refusal_is_stored_under_the_key_of_the_command(accounts: Accounts) -> None:
    await accounts.open()
    reply = accounts.directory.ask(FaultyAccount, "acme", ChangeAccount("Looms"), CommandOptions(key=Key("a key")))
    accounts.journal.refuse(NameTaken())
    assert not reply.done()
    assert await settled(accounts, reply) == [NameTaken()]
    assert accounts.journal.receipts["a key"].position is None


async def test_when_the_refusal_cannot_be_stored_the_command_is_told_so(accounts: Accounts) -> None:
    await accounts.open()
    reply = accounts.directory.ask(FaultyAccount, "acme", ChangeAccount("Looms"), CommandOptions(key=Key("a key")))
    accounts.journal.unwritable = 1
    accounts.journal.refuse(NameTaken())
    assert isinstance(await failure(reply), NotStored)


async def test_what_is_decided_again_waits_for_the_appends_that_were_before_it(accounts: Accounts) -> None:
    await accounts.open(BOB)
    waiting = accounts.ask(joining(EVE))
    refused = accounts.ask(ChangeAccount("Looms"))
    behind = accounts.take_seat(EVE)
    accounts.journal.refuse(NameTaken(), after=1)
    await turns()
    joined, renamed, seated = await settled(accounts, waiting, refused, behind)
    assert renamed == NameTaken()
    assert isinstance(joined, Accepted)
    assert isinstance(seated, Accepted)
    assert (joined.version, seated.version) == (4, 5)
