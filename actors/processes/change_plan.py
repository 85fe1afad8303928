"""Changes of plan: ask the plan what it sells, then ask the account to take those terms."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.commands import ChangeTerms
from seatkeeper.actors.accounts.events import AccountId
from seatkeeper.actors.aggregates.aggregate import NO_OPTIONS, CommandOptions, Reply
from seatkeeper.actors.aggregates.door import Door
from seatkeeper.actors.aggregates.messages import Refusal
from seatkeeper.actors.processes.offers import terms_of
from seatkeeper.actors.runtime.loop_actor import LoopActor
from seatkeeper.actors.subscriptions.events import PlanId


class ChangePlan(msgspec.Struct, frozen=True, gc=False):
    """Move an account to what a plan sells now."""

    account_id: AccountId
    plan_id: PlanId
    options: CommandOptions = NO_OPTIONS


class ChangePlanCoordinator(LoopActor):
    """Carries out changes of plan. Re-entrant: each message is handled in a task of its own."""

    def __init__(self, directory: Door) -> None:
        """Reach both aggregates through the directory."""
        super().__init__()
        self._directory = directory

    async def on_receive(self, message: ChangePlan) -> Reply:
        """Ask the plan what it sells; unless it refuses, ask the account to change, and answer with its reply."""
        terms = await terms_of(self._directory, message.plan_id)
        if isinstance(terms, Refusal):
            return self._directory.store_refusal(terms, message.options.key)
        return self._directory.ask(AccountActor, message.account_id, ChangeTerms(terms), message.options)
