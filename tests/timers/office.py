"""An office: plans and accounts on a journal in memory, the coordinators, and the timing of the service."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.members.commands import AddMember
from seatkeeper.actors.accounts.values import AccountId, MemberId
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.messages import Accepted, Command
from seatkeeper.actors.processes.sign_up import SignUp, SignUpCoordinator
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.commands import DefinePlan
from seatkeeper.actors.subscriptions.events import Package, PlanId, Trial
from seatkeeper.http.system import SandboxClock
from seatkeeper.http.timing import Timing
from seatkeeper.storage.memory.journal import MemoryJournal
from tests.accounts.past import ADA
from tests.simulation.clock import written

ACME = AccountId("01900000-0000-7000-8000-00000000ac3e")
DAY = 86_400


class Office:
    """A service without its server, whose clock stands still until a test moves it."""

    def __init__(self) -> None:
        self.clock = SandboxClock()
        self.clock.set(written(0))
        self.passed = 0.0
        self.journal = MemoryJournal(now=self.clock)
        self.directory = Directory(self.journal, now=self.clock)
        numbers = itertools.count(1)
        self.timing = Timing(
            self.directory, self.journal, self.journal.queries, new_id=lambda: f"id-{next(numbers)}", a_second=1_000_000
        )
        self._sign_up = SignUpCoordinator.start(self.directory)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Let things happen by themselves meanwhile."""
        self.timing.start(self.directory)
        try:
            yield
        finally:
            await self.timing.stop()

    def at(self, seconds: float) -> str:
        """The time so many seconds after the beginning."""
        return written(seconds)

    async def pass_by(self, seconds: float) -> None:
        """Move the clock on, over each time at which something is due."""
        self.passed += seconds
        await self.timing.move_clock(self.at(self.passed), self.clock.move)

    async def jump(self, seconds: float) -> None:
        """Let the clock jump, as if nobody had been here for so long."""
        self.passed += seconds
        self.clock.move(self.at(self.passed))

    async def sell(self, plan: str, *, users: int = 10, seats: int = 5, trial: Trial | None = None) -> PlanId:
        """Put a plan up for sale."""
        plan_id = PlanId(plan)
        await self.on_plan(DefinePlan(plan_id, plan, plan, Package(seats, users), self.clock(), trial=trial), plan)
        return plan_id

    async def on_plan(self, command: Command, plan: str) -> None:
        """Send a plan a command that is accepted."""
        assert isinstance(await self.directory.ask(PlanActor, plan, command), Accepted)

    async def sign_up(self, plan: str, *members: str, account_id: AccountId = ACME) -> None:
        """Open an account with Ada and these members."""
        asked = SignUp(PlanId(plan), account_id, "Acme", "EUR", ADA, "Ada", None, self.clock())
        assert isinstance(await self._sign_up.ask(asked, block=False), Accepted)
        for name in members:
            await self.do(AddMember(MemberId(name), name, None, "member", seated=False, at=self.clock()), account_id)

    async def do(self, command: Command, account_id: AccountId = ACME) -> object:
        """Send an account a command that is accepted."""
        outcome = await self.directory.ask(AccountActor, account_id, command)
        assert isinstance(outcome, Accepted), outcome
        return outcome.value

    def account(self, account_id: AccountId = ACME) -> Account:
        """The state of an account, which is in memory."""
        state = self.directory._live[f"account-{account_id}"].state
        assert isinstance(state, Account)
        return state

    def happened(self) -> Sequence[tuple[str, str]]:
        """What has happened by itself: the time, and the type of the event."""
        events = self.journal.queries.events
        return [(row.recorded_at, row.type) for row in events if '"actor":"timer"' in (row.context or "")]

    async def timers(self) -> Sequence[tuple[str, str]]:
        """What will happen: the time and the kind."""
        await asyncio.sleep(0)
        return [(timer.due_at, timer.kind) for timer in await self.journal.queries.timers_after(None, 100)]
