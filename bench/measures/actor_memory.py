"""What an account's actor costs beside its state, by tracemalloc: run as a program, it prints the bytes.

A process of its own, without server, journal or HTTP: only the directory, the actors and the states are counted.
The one file of the benchmark that knows the inside of the service.
"""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from typing import TYPE_CHECKING, Final

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.decisions import decide
from seatkeeper.actors.accounts.evolution import evolve
from seatkeeper.actors.accounts.profile.commands import OpenAccount
from seatkeeper.actors.accounts.values import AccountId, MemberId, PlanId, Terms
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.messages import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatkeeper.actors.aggregates.journal import Append, History, Receipt

ACCOUNTS: Final = 20_000


class InstantJournal:
    """A journal that stores nothing, and commits when `commit` is called."""

    def __init__(self) -> None:
        self._waiting: list[Append] = []

    def check_capacity(self) -> None:
        """Refuse nothing."""

    def append(self, append: Append) -> None:
        self._waiting.append(append)

    def save_snapshot(self, stream_id: str, version: int, state: object, *, kept: bool = False) -> None:
        """Store nothing."""

    async def receipt(self, key: str) -> Receipt | None:
        raise NotImplementedError(key)

    async def load(self, stream_id: str, after: int = 0) -> History:
        raise NotImplementedError(stream_id)

    def commit(self) -> None:
        for append in self._waiting:
            append.committed(1)
        self._waiting.clear()


def states() -> list[Account]:
    """Make the states alone, as the actors would."""
    return [opened(command(number)) for number in range(ACCOUNTS)]


def actors() -> Directory:
    """Make the same states in live actors of a directory."""
    journal = InstantJournal()
    directory = Directory(journal, max_live=ACCOUNTS)
    for number in range(ACCOUNTS):
        order = command(number)
        directory.ask(AccountActor, order.account_id, order, fresh=True)
        journal.commit()
    if len(directory) != ACCOUNTS:
        raise AssertionError(f"{len(directory)} of {ACCOUNTS} actors are live")
    return directory


def opened(order: OpenAccount) -> Account:
    """Decide and evolve without an actor."""
    decision = decide(None, order)
    if isinstance(decision, Refusal):
        raise TypeError(decision)
    state: Account | None = None
    for event in decision:
        state = evolve(state, event)
    if state is None:
        raise AssertionError("an account was opened by no event")
    return state


def command(number: int) -> OpenAccount:
    """Open an account whose strings are its own, as those of a decoded body are."""
    return OpenAccount(
        account_id=AccountId(f"00000000-0000-7000-8000-{number:012}"),
        account_name=f"Account {number:09}",
        terms=Terms(PlanId("00000000-0000-7000-8000-000000000002"), 1, total_seats=10, user_limit=25),
        currency="EUR",
        member_id=MemberId(f"00000000-0000-7000-8001-{number:012}"),
        user_name=f"Member {number:09}",
        user_email=f"member-{number:09}@example.com",
        at="2026-01-01T00:00:00.000Z",
    )


def traced(make: Callable[[], object]) -> int:
    """Return the bytes that the result of `make` holds, after a collection."""
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    made = make()
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] - before
    del made
    return held


async def measure() -> int:
    """Return the bytes of an actor, with its entry in the directory and without its state."""
    tracemalloc.start()
    return (traced(actors) - traced(states)) // ACCOUNTS


if __name__ == "__main__":
    print(asyncio.run(measure()))
