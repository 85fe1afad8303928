"""Dry runs: decided on the live state by the same functions, and nothing is changed, stored or made."""

from __future__ import annotations

import copy

import pytest

from seatkeeper.actors.access.actor import ApiKeyActor
from seatkeeper.actors.access.commands import CreateKey
from seatkeeper.actors.access.events import KeyId
from seatkeeper.actors.accounts.members.commands import RemoveMember, TakeSeat
from seatkeeper.actors.accounts.members.events import SeatTaken
from seatkeeper.actors.accounts.profile.commands import ChangeAccount, CloseAccount
from seatkeeper.actors.accounts.profile.refusals import AccountNotFound
from seatkeeper.actors.aggregates.aggregate import CommandOptions, Reply, VersionMismatch
from seatkeeper.actors.aggregates.external import ExternalIdTaken
from seatkeeper.actors.aggregates.journal import JournalFull
from seatkeeper.actors.aggregates.messages import Accepted, Command, DryRun
from tests.aggregates.accounts import ADA, BOB, NO_SEAT_LEFT, NOON, Accounts, FaultyAccount, joining, opening
from tests.aggregates.receipts import NOTHING_STORED, failure
from tests.event_loop import turns

DRY = CommandOptions(dry_run=True)


def try_out(
    accounts: Accounts, command: Command, account_id: str = "acme", *, version: int | None = None, fresh: bool = False
) -> Reply:
    """Send a command that is only to be tried."""
    expected = None if version is None else frozenset({version})
    options = CommandOptions(expected, dry_run=True)
    return accounts.directory.ask(FaultyAccount, account_id, command, options, fresh=fresh)


async def run_of(reply: Reply) -> DryRun:
    run = await reply
    assert isinstance(run, DryRun)
    return run


async def test_it_tells_the_answer_and_the_events_of_the_command(accounts: Accounts) -> None:
    await accounts.open(BOB, seats=10)
    run = await run_of(try_out(accounts, TakeSeat(BOB)))
    assert (run.stream_id, run.version, run.events) == ("account-acme", 4, [SeatTaken(BOB)])
    done = await accounts.do(TakeSeat(BOB))
    assert (done.value, done.version) == (run.value, run.version)


async def test_it_changes_and_appends_nothing(accounts: Accounts) -> None:
    await accounts.open(BOB, seats=10)
    before = copy.deepcopy(accounts.actor().state)
    for command in (TakeSeat(BOB), joining("eve"), RemoveMember(BOB), CloseAccount(None)):
        await run_of(try_out(accounts, command))
    assert accounts.actor().state == before
    assert (accounts.actor().version, accounts.journal.waiting) == (3, [])


async def test_what_it_answers_shares_nothing_with_the_state(accounts: Accounts) -> None:
    await accounts.open(seats=10)
    await accounts.do(ChangeAccount(metadata={"tier": "gold"}))
    run = await run_of(try_out(accounts, ChangeAccount(metadata={"tier": None})))
    assert (await accounts.do(ChangeAccount("Mills"))).version == run.version
    state = accounts.actor().state
    assert state is not None
    assert state.metadata == {"tier": "gold"}


async def test_a_refusal_is_that_of_the_command(accounts: Accounts) -> None:
    await accounts.open(BOB)
    await accounts.do(TakeSeat(ADA))
    assert await try_out(accounts, TakeSeat(BOB)) == NO_SEAT_LEFT


async def test_a_command_that_changes_nothing_is_told_without_events(accounts: Accounts) -> None:
    await accounts.open(seats=10)
    done = await accounts.do(TakeSeat(ADA))
    run = await run_of(try_out(accounts, TakeSeat(ADA)))
    assert (run.value, run.version, run.position, list(run.events)) == (done.value, 3, 3, [])


async def test_a_version_is_expected_as_by_the_command(accounts: Accounts) -> None:
    await accounts.open(seats=10)
    assert await try_out(accounts, TakeSeat(ADA), version=1) == VersionMismatch(2)
    assert isinstance(await try_out(accounts, TakeSeat(ADA), version=2), DryRun)


async def test_it_waits_for_the_commit_of_what_it_was_decided_on(accounts: Accounts) -> None:
    await accounts.open(BOB, seats=10)
    accounts.take_seat(ADA)
    reply = try_out(accounts, TakeSeat(BOB))
    await turns()
    assert not reply.done()
    accounts.journal.commit()
    assert (await run_of(reply)).version == 5
    assert len(accounts.journal.events("account-acme")) == 4


async def test_it_is_told_without_a_wait_where_nothing_is_uncommitted(accounts: Accounts) -> None:
    await accounts.open(seats=10)
    assert try_out(accounts, TakeSeat(ADA)).done()


async def test_it_fails_with_the_event_that_it_was_decided_on(accounts: Accounts) -> None:
    await accounts.open(BOB, seats=10)
    accounts.take_seat(ADA)
    reply = try_out(accounts, TakeSeat(BOB))
    accounts.journal.fail(NOTHING_STORED)
    assert await failure(reply) is NOTHING_STORED


async def test_it_is_decided_again_where_the_journal_refuses_what_was_before_it(accounts: Accounts) -> None:
    await accounts.open(seats=10)
    named = accounts.ask(ChangeAccount(external_id="crm-7"))
    reply = try_out(accounts, ChangeAccount(external_id=None))
    taken = ExternalIdTaken("account", "crm-7")
    accounts.journal.refuse(taken)
    assert await named == taken
    assert list((await run_of(reply)).events) == []
    assert accounts.journal.waiting == []


async def test_the_next_command_sees_nothing_of_it(accounts: Accounts) -> None:
    await accounts.open(BOB, seats=10)
    await run_of(try_out(accounts, TakeSeat(ADA)))
    assert (await accounts.do(TakeSeat(BOB))).version == 4


async def test_an_account_that_would_be_opened_leaves_no_actor(accounts: Accounts) -> None:
    run = await run_of(try_out(accounts, opening(), fresh=True))
    assert [event.tag for event in run.events] == ["account.opened", "member.added"]
    assert (accounts.live(), accounts.directory.activations, accounts.journal.loads) == ([], 0, [])


async def test_an_account_that_would_be_opened_takes_nobody_s_room() -> None:
    accounts = Accounts(max_live=1)
    await accounts.open(seats=10)
    await run_of(try_out(accounts, opening("other"), "other", fresh=True))
    assert (accounts.live(), accounts.directory.passivations) == (["acme"], 0)


async def test_an_unknown_account_is_refused_and_leaves_no_actor(accounts: Accounts) -> None:
    assert await try_out(accounts, TakeSeat(ADA), "unknown") == AccountNotFound()
    assert accounts.live() == []


async def test_an_idle_account_is_loaded_for_it(accounts: Accounts) -> None:
    await accounts.open(seats=10)
    accounts.directory.passivate(accounts.actor())
    assert (await run_of(try_out(accounts, TakeSeat(ADA)))).version == 3
    assert accounts.live() == ["acme"]


async def test_it_is_refused_where_the_journal_would_take_nothing(accounts: Accounts) -> None:
    await accounts.open(seats=10)
    accounts.journal.full = True
    assert isinstance(await failure(try_out(accounts, TakeSeat(ADA))), JournalFull)


async def test_a_bug_in_it_leaves_the_account_as_it_was(accounts: Accounts, caplog: pytest.LogCaptureFixture) -> None:
    await accounts.open(seats=10)
    await failure(try_out(accounts, ChangeAccount("evolve")))
    assert caplog.records
    done = await accounts.do(TakeSeat(ADA))
    assert isinstance(done, Accepted)
    assert done.version == 3


async def test_what_is_hidden_of_an_event_is_not_shown(accounts: Accounts) -> None:
    command = CreateKey(KeyId("key"), "Backend", ("keys",), None, None, "5ec7e7", NOON)
    run = await run_of(accounts.directory.ask(ApiKeyActor, "key", command, DRY, fresh=True))
    (created,) = run.events
    assert created.shown() == {
        "key_id": "key",
        "name": "Backend",
        "scopes": ("keys",),
        "rate_limit": None,
        "expires_at": None,
        "created_at": NOON,
    }
