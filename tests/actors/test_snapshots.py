"""A snapshot is due when there are many events, more than the state has parts; the same state comes back with it."""

from __future__ import annotations

import random

from seatkeeper.actors.accounts import commands
from seatkeeper.actors.accounts.account import Account, evolve
from seatkeeper.actors.accounts.events import MemberId
from seatkeeper.actors.messages import Command
from tests.actors.house import ADA, House, joining
from tests.actors.players import turns

STREAM = "account-acme"


async def rename(house: House, count: int) -> None:
    """Add so many events that do not make the state larger."""
    for _ in range(count):
        await house.do(commands.RenameAccount(f"Name {len(house.journal.stored)}"))


async def test_a_snapshot_is_due_after_more_than_a_hundred_events(house: House) -> None:
    await house.open()
    await rename(house, 98)
    assert house.journal.snapshots == {}
    await rename(house, 1)
    assert house.journal.snapshots[STREAM][0] == 101


async def test_a_snapshot_is_due_when_the_events_are_more_than_the_members(house: House) -> None:
    await house.open(*(f"member-{number}" for number in range(150)))
    versions = {version for version, _ in house.journal.snapshots.values()}
    assert versions == {101}
    await rename(house, 100)
    assert house.journal.snapshots[STREAM][0] == 101
    await rename(house, 1)
    assert house.journal.snapshots[STREAM][0] == 253


async def test_the_next_snapshot_is_counted_from_the_last_one(house: House) -> None:
    await house.open()
    await rename(house, 99 + 100)
    assert house.journal.snapshots[STREAM][0] == 101
    await rename(house, 1)
    assert house.journal.snapshots[STREAM][0] == 202


async def test_a_snapshot_counts_after_an_activation_too(house: House) -> None:
    await house.open()
    await rename(house, 99 + 60)
    house.directory.forget_all()
    await rename(house, 40)
    assert house.journal.snapshots[STREAM][0] == 101
    await rename(house, 1)
    assert house.journal.snapshots[STREAM][0] == 202


def some_command(dice: random.Random) -> Command:
    """One that may be accepted or refused."""
    member_id = MemberId(f"member-{dice.randrange(30)}")
    return dice.choice(
        [
            joining(member_id),
            commands.RemoveMember(member_id),
            commands.TakeSeat(member_id),
            commands.FreeSeat(member_id),
            commands.ChangeMember(member_id, email=f"{dice.randrange(20)}@example.com"),
            commands.RenameAccount(f"Name {dice.randrange(1_000)}"),
        ]
    )


async def test_a_snapshot_and_the_events_since_lead_to_what_all_events_lead_to(house: House) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    await house.open(seats=5)
    for _ in range(1_000):
        house.ask(some_command(dice))
        if dice.random() < 0.2:
            house.journal.commit()
    house.journal.commit()
    assert house.journal.snapshots
    house.directory.forget_all()
    house.take_seat(ADA)
    await turns()
    assert house.actor().state == replayed(house) is not None


def replayed(house: House) -> Account | None:
    """The state that all events lead to, with what is under way."""
    state: Account | None = None
    for event in [
        *house.journal.events(STREAM),
        *(event for append in house.journal.waiting for event in append.events),
    ]:
        state = evolve(state, event)
    return state
