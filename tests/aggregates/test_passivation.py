"""Passivation: at most `max_live` actors are live, the least recently used one goes first, none with work goes."""

from __future__ import annotations

import random

import pykka
import pytest

from seatkeeper.actors.accounts.members.commands import AddMember, TakeSeat
from seatkeeper.actors.accounts.profile.commands import ChangeAccount
from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.actors.accounts.values import MemberId
from seatkeeper.actors.aggregates.aggregate import CommandMessage, Reply
from seatkeeper.actors.aggregates.directory import DirectoryFull
from seatkeeper.actors.aggregates.messages import Accepted
from tests.aggregates.accounts import ADA, Accounts, joining, opening
from tests.event_loop import turns


async def test_the_least_recently_used_aggregate_is_passivated() -> None:
    accounts = Accounts(max_live=3)
    for name in ("a", "b", "c"):
        await accounts.open(account_id=name)
    await accounts.do(TakeSeat(ADA), "a")
    await accounts.open(account_id="d")
    assert accounts.live() == ["c", "a", "d"]
    assert accounts.directory.passivations == 1


async def test_a_passivated_aggregate_comes_back_with_its_state() -> None:
    accounts = Accounts(max_live=1)
    await accounts.open(account_id="a")
    await accounts.do(TakeSeat(ADA), "a")
    await accounts.open(account_id="b")
    done = await accounts.do(TakeSeat(ADA), "a")
    assert done.version == 3
    assert accounts.live() == ["a"]


async def test_an_aggregate_with_a_pending_append_is_not_passivated() -> None:
    accounts = Accounts(max_live=2)
    await accounts.open(account_id="busy")
    await accounts.open(account_id="idle")
    reply = accounts.take_seat(ADA, "busy")
    await accounts.do(TakeSeat(ADA), "idle")
    accounts.ask(opening("new"), "new", fresh=True)
    accounts.take_seat(ADA, "busy")
    with pytest.raises(DirectoryFull):
        accounts.ask(opening("newer"), "newer", fresh=True)
    accounts.journal.commit()
    assert isinstance(await reply, Accepted)


async def test_an_aggregate_that_is_being_activated_is_not_passivated() -> None:
    accounts = Accounts(max_live=1)
    await accounts.open(account_id="passive")
    accounts.directory.reset_all()
    gate = accounts.journal.hold("account-passive")
    waiting = accounts.take_seat(ADA, "passive")
    for _ in range(3):
        with pytest.raises(DirectoryFull):
            accounts.ask(opening("new"), "new", fresh=True)
    gate.set()
    await turns()
    accounts.journal.commit()
    assert isinstance(await waiting, Accepted)


async def test_a_busy_aggregate_is_skipped_for_an_idle_one() -> None:
    accounts = Accounts(max_live=2)
    await accounts.open(account_id="busy")
    await accounts.open(account_id="idle")
    accounts.take_seat(ADA, "busy")
    accounts.directory._live.move_to_end("account-busy", last=False)
    accounts.ask(opening("new"), "new", fresh=True)
    assert accounts.live() == ["busy", "new"]


async def test_there_is_room_again_after_the_commit() -> None:
    accounts = Accounts(max_live=1)
    accounts.ask(opening("a"), "a", fresh=True)
    with pytest.raises(DirectoryFull):
        accounts.ask(opening("b"), "b", fresh=True)
    accounts.journal.commit()
    await accounts.open(account_id="b")
    assert accounts.live() == ["b"]


async def test_a_refused_activation_leaves_no_trace() -> None:
    accounts = Accounts(max_live=1)
    accounts.ask(opening("a"), "a", fresh=True)
    with pytest.raises(DirectoryFull):
        accounts.ask(opening("b"), "b", fresh=True)
    assert accounts.live() == ["a"]
    assert len(accounts.journal.waiting) == 1


async def test_the_ref_of_a_passivated_aggregate_is_dead() -> None:
    accounts = Accounts(max_live=1)
    await accounts.open(account_id="a")
    ref = accounts.actor("a").actor_ref
    await accounts.open(account_id="b")
    with pytest.raises(pykka.ActorDeadError):
        await ref.ask(CommandMessage(TakeSeat(ADA)), block=False)
    with pytest.raises(pykka.ActorDeadError):
        ref.tell(CommandMessage(TakeSeat(ADA)))


def some_command(dice: random.Random, number: int) -> AddMember | TakeSeat | ChangeAccount:
    """A new member, a seat for a member who may exist, or a unique name."""
    member_id = MemberId(f"member-{dice.randrange(20)}")
    kinds = [joining(f"new-{number}"), TakeSeat(member_id), ChangeAccount(f"Name {number}")]
    return dice.choice(kinds)  # type: ignore[return-value]


async def test_accounts_that_keep_displacing_each_other_lose_nothing() -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    accounts = Accounts(max_live=5)
    names = [f"account-{number}" for number in range(40)]
    for name in names:
        await accounts.open("member-0", "member-1", account_id=name, seats=2)
    asked: list[tuple[str, str, Reply]] = []
    for number in range(3_000):
        name = dice.choice(names)
        command = some_command(dice, number)
        try:
            reply = accounts.ask(command, name)
        except DirectoryFull:
            accounts.journal.commit()
            await turns(3)
        else:
            mark = str(command.account_name) if isinstance(command, ChangeAccount) else ""
            asked.append((name, mark, reply))
        assert len(accounts.directory) <= 5
    while not all(reply.done() for _, _, reply in asked):
        accounts.journal.commit()
        await turns(1)
    assert accounts.directory.passivations > 100
    accepted = {(name, mark) for name, mark, reply in asked if mark and isinstance(await reply, Accepted)}
    renamed = [(name, e.account_name) for name, e in accounts.journal.stored if isinstance(e, AccountRenamed)]
    assert len(renamed) == len(set(renamed))
    assert {(name.removeprefix("account-"), mark) for name, mark in renamed} == accepted
