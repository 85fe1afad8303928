"""What a live actor costs: at most 2 KB beside its state, no task, and no reference cycle."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
import weakref
from collections.abc import Callable

import pytest

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.decisions import decide
from seatkeeper.actors.accounts.evolution import evolve
from seatkeeper.actors.accounts.profile.commands import OpenAccount
from seatkeeper.actors.aggregates.messages import Refusal
from tests.aggregates.accounts import Accounts, opening

ACCOUNTS = 5_000


def numbered(number: int) -> OpenAccount:
    """A command whose id is a string of its own, as in a decoded body."""
    return opening(f"00000000-0000-7000-8000-{number:012}")


def states() -> list[Account]:
    """The states alone."""
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


def actors() -> Accounts:
    """The same states in live actors."""
    accounts = Accounts(max_live=ACCOUNTS)
    for number in range(ACCOUNTS):
        command = numbered(number)
        accounts.ask(command, command.account_id, fresh=True)
        accounts.journal.waiting.pop().committed(1)
    assert len(accounts.directory) == ACCOUNTS
    return accounts


def held_by(make: Callable[[], object]) -> int:
    """The bytes that the result of `make` holds."""
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


async def test_an_idle_account_holds_no_task(accounts: Accounts) -> None:
    tasks = len(asyncio.all_tasks())
    for number in range(100):
        await accounts.open(account_id=f"account-{number}")
    assert len(asyncio.all_tasks()) == tasks


@pytest.mark.usefixtures("no_collector")
async def test_a_passivated_aggregate_is_freed_without_the_collector() -> None:
    accounts = Accounts(max_live=1)
    await accounts.open(account_id="a")
    gone = weakref.ref(accounts.actor("a"))
    await accounts.open(account_id="b")
    assert gone() is None
