"""What the routes reach the inside through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pykka import ActorRef

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.refusals import AccountNotFound
from seatkeeper.actors.directory import Directory
from seatkeeper.actors.messages import Command
from seatkeeper.actors.signup import ChangePlan, SignUp, SignupCoordinator
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.http.problems import Refused
from seatkeeper.http.routes import B, Call, Q, Reply, written
from seatkeeper.storage.views import Views


@dataclass(frozen=True)
class Service:
    """The doors: commands go through the directory or the coordinator, queries to the views."""

    directory: Directory
    signup: ActorRef[SignupCoordinator]
    views: Views
    now: Callable[[], str]
    new_id: Callable[[], str]
    currency: str
    body_deadline: float
    ready: Callable[[], str | None]
    """Says why the service cannot serve writes; None when it can."""
    metrics: Callable[[], bytes]
    openapi: bytes

    async def ask_plan(self, call: Call[B, Q], command: Command) -> Reply:
        """Send a command to the plan of the path."""
        ids, version = call.ids, call.expected_version
        return written(await self.directory.ask(PlanActor, ids["plan_id"], command, version))

    async def ask_account(
        self, call: Call[B, Q], command: Command, *, status: int = 200, location: str | None = None
    ) -> Reply:
        """Send a command to the account of the path."""
        ids, version = call.ids, call.expected_version
        outcome = await self.directory.ask(AccountActor, ids["account_id"], command, version)
        return written(outcome, status=status, location=location)

    async def coordinate(
        self, message: SignUp | ChangePlan, *, status: int = 200, location: str | None = None
    ) -> Reply:
        """Have the coordinator carry out what needs a plan and an account."""
        outcome = await self.signup.ask(message, block=False)
        return written(outcome, status=status, location=location)

    async def require_account(self, account_id: str) -> None:
        """Raise Refused when there is no such account."""
        if await self.views.account(account_id) is None:
            raise Refused(AccountNotFound())
