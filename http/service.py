"""What the routes reach the inside through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.refusals import AccountNotFound
from seatkeeper.actors.aggregate import Reply
from seatkeeper.actors.directory import Directory
from seatkeeper.actors.journal import Receipt
from seatkeeper.actors.messages import Command
from seatkeeper.actors.runtime import Inbox
from seatkeeper.actors.signup import ChangePlan, SignUp
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.http.problems import Refused
from seatkeeper.http.routes import B, Call, Q
from seatkeeper.storage.views import Views


@dataclass(frozen=True)
class Service:
    """The doors: commands go through the directory or the coordinator, queries to the views."""

    directory: Directory
    signup: Inbox
    """The inbox of the coordinator."""
    views: Views
    find_receipt: Callable[[str], Awaitable[Receipt | None]]
    now: Callable[[], str]
    new_id: Callable[[], str]
    currency: str
    ready: Callable[[], str | None]
    """Says why the service cannot serve writes; None when it can."""
    metrics: Callable[[], bytes]
    openapi: bytes

    def ask_plan(self, call: Call[B, Q], command: Command) -> Reply:
        """Send a command to the plan of the path."""
        return self.directory.ask(PlanActor, call.ids["plan_id"], command, call.expected_version, call.key)

    def ask_account(self, call: Call[B, Q], command: Command) -> Reply:
        """Send a command to the account of the path."""
        return self.directory.ask(AccountActor, call.ids["account_id"], command, call.expected_version, call.key)

    def coordinate(self, message: SignUp | ChangePlan) -> Reply:
        """Have the coordinator carry out what needs a plan and an account."""
        return self.signup.ask_here(message)

    async def require_account(self, account_id: str) -> None:
        """Raise Refused when there is no such account."""
        if await self.views.account(account_id) is None:
            raise Refused(AccountNotFound())
