"""Snapshots: one is due after more events than 100 and than it costs itself, and leads to the same state."""

from __future__ import annotations

import random

import pytest

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.evolution import evolve
from seatkeeper.actors.accounts.members.commands import ChangeMember, FreeSeat, RemoveMember, TakeSeat
from seatkeeper.actors.accounts.profile.commands import ChangeAccount
from seatkeeper.actors.accounts.values import MemberId
from seatkeeper.actors.aggregates import aggregate
from seatkeeper.actors.aggregates.messages import Command
from tests.aggregates.accounts import ADA, Accounts, joining
from tests.event_loop import turns

STREAM = "account-acme"


async def rename(accounts: Accounts, count: int) -> None:
    """Add this many events that do not make the state larger."""
    for _ in range(count):
        await accounts.do(ChangeAccount(f"Name {len(accounts.journal.stored)}"))


async def test_a_snapshot_is_due_after_more_than_a_hundred_events(accounts: Accounts) -> None:
    await accounts.open()
    await rename(accounts, 98)
    assert accounts.journal.snapshots == {}
    await rename(accounts, 1)
    assert accounts.journal.snapshots[STREAM][0] == 101


async def test_the_first_snapshot_after_so_many_events_is_kept(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aggregate, "EVENTS_A_MILESTONE", 250)
    await accounts.open()
    await rename(accounts, 806)
    assert accounts.journal.milestones == [303, 505, 808]


async def test_a_snapshot_is_due_when_the_events_are_more_than_half_of_the_members(accounts: Accounts) -> None:
    await accounts.open(*(f"member-{number}" for number in range(300)))
    assert accounts.journal.snapshots[STREAM][0] == 202
    await rename(accounts, 50)
    assert accounts.journal.snapshots[STREAM][0] == 202
    await rename(accounts, 1)
    assert accounts.journal.snapshots[STREAM][0] == 353


async def test_the_next_snapshot_is_counted_from_the_last_one(accounts: Accounts) -> None:
    await accounts.open()
    await rename(accounts, 99 + 100)
    assert accounts.journal.snapshots[STREAM][0] == 101
    await rename(accounts, 1)
    assert accounts.journal.snapshots[STREAM][0] == 202


async def test_a_snapshot_also_counts_after_an_activation(accounts: Accounts) -> None:
    await accounts.open()
    await rename(accounts, 99 + 60)
    accounts.directory.reset_all()
    await rename(accounts, 40)
    assert accounts.journal.snapshots[STREAM][0] == 101
    await rename(accounts, 1)
    assert accounts.journal.snapshots[STREAM][0] == 202


def some_command(dice: random.Random) -> Command:
    """A command that may be accepted or refused."""
    member_id = MemberId(f"member-{dice.randrange(30)}")
    return dice.choice(
        [
            joining(member_id),
            RemoveMember(member_id),
            TakeSeat(member_id),
            FreeSeat(member_id),
            ChangeMember(member_id, email=f"{dice.randrange(20)}@example.com"),
            ChangeAccount(f"Name {dice.randrange(1_000)}"),
        ]
    )


async def test_a_snapshot_and_the_events_since_lead_to_what_all_events_lead_to(accounts: Accounts) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    await accounts.open(seats=5)
    for _ in range(1_000):
        accounts.ask(some_command(dice))
        if dice.random() < 0.2:
            accounts.journal.commit()
    accounts.journal.commit()
    assert accounts.journal.snapshots
    accounts.directory.reset_all()
    accounts.take_seat(ADA)
    await turns()
    assert accounts.actor().state == replayed(accounts) is not None


def replayed(accounts: Accounts) -> Account | None:
    """The state after all events, committed and pending."""
    state: Account | None = None
    for event in [
        *accounts.journal.events(STREAM),
        *(event for append in accounts.journal.waiting for event in append.events),
    ]:
        state = evolve(state, event)
    return state
