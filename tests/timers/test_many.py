"""Very many timers on a real file: all due at once while accounts sign up, and one after the other in a sandbox."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.profile.commands import OpenAccount
from seatkeeper.actors.accounts.values import AccountId, MemberId, PlanId, Terms, TrialTerms
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.messages import Accepted
from seatkeeper.http.system import SandboxClock
from seatkeeper.http.timing import Timing
from seatkeeper.storage.engines import storage_in
from seatkeeper.storage.sqlite.verify.verify import verify
from tests import suite
from tests.simulation.clock import written
from tests.storage.stores import account_id, run

DAY = 86_400
YEAR = 365 * DAY
TOGETHER = 500
LATER = 1_000_000
"""The number of the first account that signs up while timers are due."""


class Town:
    """A service without its server, on a file; few of its accounts are in memory."""

    def __init__(self, path: Path, *, a_second: int = 1_000_000) -> None:
        self.path = path
        self.clock = SandboxClock()
        self.clock.set(written(0))
        self.storage = storage_in(str(path), now=self.clock, on_outcome_unknown=lambda: None)
        self.directory = Directory(self.storage.journal, now=self.clock, max_live=1_000)
        numbers = itertools.count()
        self.timing = Timing(
            self.directory,
            self.storage.journal,
            self.storage.queries,
            new_id=lambda: f"id{next(numbers)}",
            a_second=a_second,
        )

    async def open(self, number: int, ends_at: str | None) -> None:
        """Open an account, on trial until then, after which it goes on."""
        trial = None if ends_at is None else TrialTerms(ends_at, "continue")
        command = OpenAccount(
            account_id=AccountId(account_id(number)),
            account_name=f"Account {number}",
            terms=Terms(PlanId("team"), 1, 2, 3),
            currency="EUR",
            member_id=MemberId("ada"),
            user_name="Ada",
            user_email=None,
            at=self.clock(),
            trial=trial,
        )
        outcome = await self.directory.ask(AccountActor, account_id(number), command, fresh=True)
        assert isinstance(outcome, Accepted)

    async def fill(self, count: int, every: float) -> None:
        """Open so many accounts, whose trials end so many seconds after each other."""
        for first in range(0, count, TOGETHER):
            numbers = range(first, min(first + TOGETHER, count))
            await asyncio.gather(*(self.open(number, written(DAY + number * every)) for number in numbers))

    def ended(self) -> list[tuple[str, str]]:
        """The accounts whose trial has ended, in the order of the journal, and when."""
        found = run(self.path, "SELECT stream_id, recorded_at FROM events WHERE type = 'trial.ended' ORDER BY position")
        return [(str(stream_id).removeprefix("account-"), str(at)) for stream_id, at in found]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A town whose file is verified in the end."""
    path = tmp_path / "seatkeeper.db"
    town = Town(path)
    await town.storage.journal.open()
    yield town
    await town.timing.stop()
    await town.storage.journal.close()
    found: list[str] = []
    verify(path, on_finding=found.append)
    assert found == []


async def test_all_that_are_due_at_once_are_worked_off_while_accounts_sign_up(town: Town) -> None:
    count = suite.pick(short=1_500, middle=10_000, long=100_000)
    await town.fill(count, 0)
    town.clock.move(written(3 * DAY))
    town.timing.start(town.directory)
    signed_up = 0
    while await town.storage.queries.timers_after(None, 1):
        await town.open(LATER + signed_up, None)
        signed_up += 1
    ended = [account for account, _ in town.ended()]
    assert sorted(ended) == [account_id(number) for number in range(count)]
    assert signed_up > count / 500
    assert len(town.directory) <= 1_000


async def test_a_year_of_a_sandbox_passes_over_each_timer_at_its_own_time(town: Town) -> None:
    count = suite.pick(short=200, middle=2_000, long=10_000)
    every = (YEAR - 2 * DAY) / count
    await town.fill(count, every)
    town.timing.start(town.directory)
    await town.timing.move_clock(written(YEAR), town.clock.move)
    assert town.ended() == [(account_id(number), written(DAY + number * every)) for number in range(count)]
    assert town.clock() == written(YEAR)
