"""The one door to the aggregates: activation, passivation, and the bound of the live ones."""

from __future__ import annotations

import asyncio
import gc
import random
import tracemalloc
import weakref
from collections.abc import Callable

import pykka
import pytest

from seatkeeper.actors.accounts import commands, events, refusals
from seatkeeper.actors.accounts.account import Account, evolve
from seatkeeper.actors.accounts.decisions import decide
from seatkeeper.actors.accounts.events import MemberId
from seatkeeper.actors.aggregate import Instruction, Reply
from seatkeeper.actors.directory import DirectoryFull
from seatkeeper.actors.journal import OutcomeUnknown
from seatkeeper.actors.messages import Done, Refusal
from tests.actors.house import ADA, House, joining, opening
from tests.actors.players import turns


async def test_callers_that_come_at_once_share_an_activation(house: House) -> None:
    await house.open()
    house.directory.forget_all()
    replies = [house.take_seat(ADA) for _ in range(100)]
    await turns()
    house.journal.commit()
    assert all([isinstance(await reply, Done) for reply in replies])
    assert house.journal.loads == ["account-acme"]


async def test_callers_that_come_during_an_activation_share_it_in_order(house: House) -> None:
    await house.open()
    house.directory.forget_all()
    gate = house.journal.hold("account-acme")
    replies = [house.ask(commands.RenameAccount("First"))]
    await turns()
    replies += [house.ask(commands.RenameAccount("Second")), house.ask(commands.RenameAccount("Third"))]
    gate.set()
    await turns()
    house.journal.commit()
    assert [done.version for done in [await reply for reply in replies] if isinstance(done, Done)] == [3, 4, 5]
    assert house.journal.loads == ["account-acme"]


async def test_a_slow_activation_holds_up_nobody_else(house: House) -> None:
    await house.open(account_id="other")
    house.journal.hold("account-acme")
    slow = house.take_seat(ADA)
    assert isinstance(await house.do(commands.TakeSeat(ADA), "other"), Done)
    assert not slow.done()


async def test_a_fresh_aggregate_is_not_looked_for(house: House) -> None:
    await house.open()
    assert house.journal.loads == []


async def test_an_idle_aggregate_is_not_loaded_again(house: House) -> None:
    await house.open()
    for number in range(10):
        await house.do(commands.RenameAccount(f"Name {number}"))
    assert house.journal.loads == []
    assert house.directory.activations == 1


async def test_the_least_recently_used_makes_room() -> None:
    house = House(max_live=3)
    for name in ("a", "b", "c"):
        await house.open(account_id=name)
    await house.do(commands.TakeSeat(ADA), "a")
    await house.open(account_id="d")
    assert house.live() == ["c", "a", "d"]
    assert house.directory.passivations == 1


async def test_what_made_room_comes_back_with_its_state() -> None:
    house = House(max_live=1)
    await house.open(account_id="a")
    await house.do(commands.TakeSeat(ADA), "a")
    await house.open(account_id="b")
    done = await house.do(commands.TakeSeat(ADA), "a")
    assert done.version == 3
    assert house.live() == ["a"]


async def test_an_aggregate_with_an_append_under_way_makes_no_room() -> None:
    house = House(max_live=2)
    await house.open(account_id="busy")
    await house.open(account_id="idle")
    reply = house.take_seat(ADA, "busy")
    await house.do(commands.TakeSeat(ADA), "idle")
    house.ask(opening("new"), "new", fresh=True)
    house.take_seat(ADA, "busy")
    with pytest.raises(DirectoryFull):
        house.ask(opening("newer"), "newer", fresh=True)
    house.journal.commit()
    assert isinstance(await reply, Done)


async def test_an_aggregate_that_is_being_activated_makes_no_room() -> None:
    house = House(max_live=1)
    await house.open(account_id="asleep")
    house.directory.forget_all()
    gate = house.journal.hold("account-asleep")
    waiting = house.take_seat(ADA, "asleep")
    for _ in range(3):
        with pytest.raises(DirectoryFull):
            house.ask(opening("new"), "new", fresh=True)
    gate.set()
    await turns()
    house.journal.commit()
    assert isinstance(await waiting, Done)


async def test_a_busy_aggregate_is_passed_over_for_an_idle_one() -> None:
    house = House(max_live=2)
    await house.open(account_id="busy")
    await house.open(account_id="idle")
    house.take_seat(ADA, "busy")
    house.directory._live.move_to_end("account-busy", last=False)
    house.ask(opening("new"), "new", fresh=True)
    assert house.live() == ["busy", "new"]


async def test_there_is_room_again_once_the_work_is_done() -> None:
    house = House(max_live=1)
    house.ask(opening("a"), "a", fresh=True)
    with pytest.raises(DirectoryFull):
        house.ask(opening("b"), "b", fresh=True)
    house.journal.commit()
    await house.open(account_id="b")
    assert house.live() == ["b"]


async def test_a_refused_newcomer_leaves_no_trace() -> None:
    house = House(max_live=1)
    house.ask(opening("a"), "a", fresh=True)
    with pytest.raises(DirectoryFull):
        house.ask(opening("b"), "b", fresh=True)
    assert house.live() == ["a"]
    assert len(house.journal.waiting) == 1


@pytest.mark.usefixtures("no_collector")
async def test_what_is_let_go_is_freed_without_the_collector() -> None:
    house = House(max_live=1)
    await house.open(account_id="a")
    gone = weakref.ref(house.actor("a"))
    await house.open(account_id="b")
    assert gone() is None


async def test_who_holds_on_to_a_ref_that_was_let_go_hears_that_it_is_dead() -> None:
    house = House(max_live=1)
    await house.open(account_id="a")
    ref = house.actor("a").actor_ref
    await house.open(account_id="b")
    with pytest.raises(pykka.ActorDeadError):
        await ref.ask(Instruction(commands.TakeSeat(ADA)), block=False)
    with pytest.raises(pykka.ActorDeadError):
        ref.tell(Instruction(commands.TakeSeat(ADA)))


async def test_what_does_not_exist_leaves_no_actor_behind(house: House) -> None:
    assert await house.take_seat(ADA, "nowhere") == refusals.AccountNotFound()
    assert house.live() == []


async def test_a_crowd_that_asks_for_what_does_not_exist_leaves_no_actor_behind(house: House) -> None:
    replies = [house.take_seat(ADA, f"nowhere-{number % 10}") for number in range(100)]
    assert [await reply for reply in replies] == [refusals.AccountNotFound()] * 100
    assert house.live() == []
    assert len(house.journal.loads) == 10


async def test_what_did_not_exist_can_be_opened(house: House) -> None:
    assert await house.take_seat(ADA) == refusals.AccountNotFound()
    assert (await house.do(opening())).version == 2


async def test_an_opening_among_questions_for_what_does_not_exist_is_not_lost(house: House) -> None:
    before, opened, after = house.take_seat(ADA), house.ask(opening()), house.take_seat(ADA)
    await turns()
    house.journal.commit()
    assert await before == refusals.AccountNotFound()
    assert isinstance(await opened, Done)
    assert isinstance(await after, Done)


async def test_when_memory_is_in_doubt_every_idle_aggregate_goes(house: House) -> None:
    for name in ("a", "b", "c"):
        await house.open(account_id=name)
    house.directory.forget_all()
    assert house.live() == []


async def test_when_memory_is_in_doubt_the_busy_ones_go_on_from_the_disk(house: House) -> None:
    await house.open()
    lost = house.take_seat(ADA)
    house.directory.forget_all()
    late = house.ask(commands.RenameAccount("New"))
    await turns()
    assert house.journal.loads == []
    house.journal.fail(OutcomeUnknown())
    with pytest.raises(OutcomeUnknown):
        await lost
    await turns()
    house.journal.commit()
    done = await late
    assert isinstance(done, Done)
    assert done.version == 3


async def test_messages_that_wait_for_an_activation_are_counted(house: House) -> None:
    house.journal.hold("account-a")
    house.journal.hold("account-b")
    for name in ("a", "a", "b"):
        house.take_seat(ADA, name)
    assert house.directory.waiting() == 3


def some_command(dice: random.Random, number: int) -> commands.AddMember | commands.TakeSeat | commands.RenameAccount:
    """A join, a seat for somebody who may be in, or a name that nobody else gave."""
    member_id = MemberId(f"member-{dice.randrange(20)}")
    kinds = [joining(f"new-{number}"), commands.TakeSeat(member_id), commands.RenameAccount(f"Name {number}")]
    return dice.choice(kinds)  # type: ignore[return-value]


async def test_a_crowd_of_accounts_that_push_each_other_out_loses_nothing() -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    house = House(max_live=5)
    names = [f"account-{number}" for number in range(40)]
    for name in names:
        await house.open("member-0", "member-1", account_id=name, seats=2)
    asked: list[tuple[str, str, Reply]] = []
    for number in range(3_000):
        name = dice.choice(names)
        command = some_command(dice, number)
        try:
            reply = house.ask(command, name)
        except DirectoryFull:
            house.journal.commit()
            await turns(3)
        else:
            mark = command.account_name if isinstance(command, commands.RenameAccount) else ""
            asked.append((name, mark, reply))
        assert len(house.directory) <= 5
    while not all(reply.done() for _, _, reply in asked):
        house.journal.commit()
        await turns(1)
    assert house.directory.passivations > 100
    accepted = {(name, mark) for name, mark, reply in asked if mark and isinstance(await reply, Done)}
    renamed = [(name, e.account_name) for name, e in house.journal.stored if isinstance(e, events.AccountRenamed)]
    assert len(renamed) == len(set(renamed))
    assert {(name.removeprefix("account-"), mark) for name, mark in renamed} == accepted


ACCOUNTS = 5_000


def numbered(number: int) -> commands.OpenAccount:
    """A command whose id is its own string, as it is when a body is decoded."""
    return opening(f"00000000-0000-7000-8000-{number:012}")


def states() -> list[Account]:
    """The states alone, with the ids that the actors would be found by."""
    made = []
    for number in range(ACCOUNTS):
        decision = decide(None, numbered(number))
        assert not isinstance(decision, Refusal)
        state: Account | None = None
        for event in decision:
            state = evolve(state, event)
        assert state is not None
        made.append(state)
    return made


def actors() -> House:
    """The same states in live actors."""
    house = House(max_live=ACCOUNTS)
    for number in range(ACCOUNTS):
        command = numbered(number)
        house.ask(command, command.account_id, fresh=True)
        house.journal.waiting.pop().committed(1)
    assert len(house.directory) == ACCOUNTS
    return house


def held_by(make: Callable[[], object]) -> int:
    """The bytes that are held by what is made."""
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    made = make()
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] - before
    assert made
    return held


async def test_a_live_account_costs_at_most_2_kb_beside_its_state() -> None:
    tracemalloc.start()
    try:
        beside = (held_by(actors) - held_by(states)) / ACCOUNTS
    finally:
        tracemalloc.stop()
    assert 100 < beside <= 2_048


async def test_an_idle_account_holds_no_task(house: House) -> None:
    tasks = len(asyncio.all_tasks())
    for number in range(100):
        await house.open(account_id=f"account-{number}")
    assert len(asyncio.all_tasks()) == tasks
