"""The coordinators with two plans for sale, on a held journal."""

from __future__ import annotations

import asyncio

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.values import AccountId, ChangeId
from seatkeeper.actors.aggregates.aggregate import CommandOptions
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.journal import IdempotencyKey
from seatkeeper.actors.aggregates.messages import Accepted, Command, Outcome
from seatkeeper.actors.processes.change_plan import ApplyDueChange, ChangePlan, ChangePlanCoordinator
from seatkeeper.actors.processes.sign_up import SignUp, SignUpCoordinator
from seatkeeper.actors.subscriptions import commands as subscription
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.events import Package, PlanId
from tests.aggregates.accounts import ADA, NOON
from tests.aggregates.held_journal import HeldJournal
from tests.event_loop import awaiting, turns

TEAM = PlanId("team")
SOLO = PlanId("solo")
ACME = AccountId("acme")


class Coordinators:
    """A sign-up and a change-plan coordinator with their directory and its journal."""

    def __init__(self, *, max_live: int = 100) -> None:
        self.journal = HeldJournal()
        self.directory = Directory(self.journal, max_live=max_live)
        self._sign_up = SignUpCoordinator.start(self.directory)
        self._change_plan = ChangePlanCoordinator.start(self.directory)

    async def define(self, plan_id: PlanId, seats: int, users: int) -> None:
        package = Package(seats, users)
        await self.on_plan(subscription.DefinePlan(plan_id, plan_id, "team", package, NOON), plan_id)

    async def on_plan(self, command: Command, plan_id: PlanId = TEAM) -> None:
        """Send a plan a command that must be accepted, and commit it."""
        reply = self.directory.ask(PlanActor, plan_id, command)
        await turns()
        self.journal.commit()
        assert isinstance(await reply, Accepted)

    async def on_account(self, command: Command) -> None:
        """Send the account a command that must be accepted, and commit it."""
        reply = self.directory.ask(AccountActor, ACME, command)
        await turns()
        self.journal.commit()
        assert isinstance(await reply, Accepted)

    def sign_up(
        self,
        account_id: AccountId = ACME,
        plan_id: PlanId = TEAM,
        key: IdempotencyKey | None = None,
        *,
        trial: bool = True,
        dry_run: bool = False,
    ) -> asyncio.Future[Outcome]:
        options = CommandOptions(key=key, dry_run=dry_run)
        message = SignUp(plan_id, account_id, "Acme", "EUR", ADA, "Ada", None, NOON, options, trial=trial)
        return awaiting(self._sign_up.ask(message, block=False))

    def change_plan(
        self,
        plan_id: PlanId = SOLO,
        version: int | None = None,
        key: IdempotencyKey | None = None,
        *,
        dry_run: bool = False,
    ) -> asyncio.Future[Outcome]:
        expected = None if version is None else frozenset({version})
        options = CommandOptions(expected, key, dry_run=dry_run)
        return awaiting(self._change_plan.ask(ChangePlan(ACME, plan_id, ChangeId("c1"), NOON, options), block=False))

    def change(self, message: ChangePlan | ApplyDueChange) -> asyncio.Future[Outcome]:
        return awaiting(self._change_plan.ask(message, block=False))

    def ask(self, command: Command) -> asyncio.Future[Outcome]:
        return awaiting(self.directory.ask(AccountActor, ACME, command))

    async def outcome(self, asked: asyncio.Future[Outcome]) -> Outcome:
        """Commit what waits, and await the answer."""
        await turns()
        self.journal.commit()
        return await asked

    def accounts(self) -> list[str]:
        """Every trace of an account: the streams that are live, loaded, stored or waiting to be stored."""
        streams = [*self.directory._live, *self.journal.loads, *(stream for stream, _ in self.journal.stored)]
        waiting = [append.stream_id for append in self.journal.waiting]
        return [stream for stream in streams + waiting if stream.startswith("account-")]
