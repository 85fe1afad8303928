"""Changes of plan: ask the plan what it sells, then ask the account to take those terms, now or on their day."""

from __future__ import annotations

from typing import Literal

import msgspec

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.terms.commands import ApplyScheduledChange, ChangeTerms, EndTrialOnPlan, ScheduleChange
from seatkeeper.actors.accounts.values import AccountId, ChangeId, ExcessPolicy, MemberId, PlanReason, Terms
from seatkeeper.actors.accounts.values import PlanId as BoughtPlanId
from seatkeeper.actors.aggregates.aggregate import NO_OPTIONS, CommandOptions, Reply
from seatkeeper.actors.aggregates.door import Door
from seatkeeper.actors.aggregates.messages import Command, NotFound, Refusal
from seatkeeper.actors.processes.offers import offer_of, terms_of
from seatkeeper.actors.runtime.loop_actor import LoopActor
from seatkeeper.actors.subscriptions.events import PlanId
from seatkeeper.actors.subscriptions.plan import Offer


class ChangePlan(msgspec.Struct, frozen=True, gc=False):
    """Move an account to what a plan sells now."""

    account_id: AccountId
    plan_id: PlanId
    change_id: ChangeId
    at: str
    options: CommandOptions = NO_OPTIONS
    effective_at: str | None = None
    excess: ExcessPolicy | None = None
    grace_seconds: int | None = None
    keep: tuple[MemberId, ...] = ()


class ApplyDueChange(msgspec.Struct, frozen=True, gc=False):
    """Move an account to what a plan sells now, because a timer says so: a scheduled change, or the end of a trial."""

    account_id: AccountId
    kind: Literal["plan-changes", "trial-ends"]
    timer_id: str
    plan_id: PlanId
    at: str
    options: CommandOptions = NO_OPTIONS


class ChangePlanCoordinator(LoopActor):
    """Carries out changes of plan. Re-entrant: each message is handled in a task of its own."""

    def __init__(self, directory: Door) -> None:
        """Reach both aggregates through the directory."""
        super().__init__()
        self._directory = directory

    async def on_receive(self, message: ChangePlan | ApplyDueChange) -> Reply:
        """Ask the plan what it sells, then ask the account, and answer with its reply."""
        offer = await offer_of(self._directory, message.plan_id)
        if isinstance(message, ApplyDueChange):
            return self._directory.ask(AccountActor, message.account_id, _due(message, offer), message.options)
        if isinstance(offer, Refusal):
            return self._directory.store_refusal(offer, message.options.key)
        return self._directory.ask(AccountActor, message.account_id, _change(message, terms_of(offer)), message.options)


def _change(message: ChangePlan, terms: Terms) -> Command:
    """Change now, unless the day lies ahead: then only the day is noted, and the plan is asked again on it."""
    policy = (message.excess, message.grace_seconds, message.keep)
    if message.effective_at is None or message.effective_at <= message.at:
        return ChangeTerms(terms, message.change_id, message.at, *policy)
    return ScheduleChange(message.change_id, terms.plan_id, message.effective_at, *policy)


def _due(message: ApplyDueChange, offer: Offer | Refusal) -> Command:
    """Say what the plan sells now, or why it sells nothing; the account looks whether it is still due."""
    sold, reason = (None, _reason(offer)) if isinstance(offer, Refusal) else (terms_of(offer), None)
    if message.kind == "plan-changes":
        return ApplyScheduledChange(ChangeId(message.timer_id), sold, reason, message.at)
    return EndTrialOnPlan(BoughtPlanId(message.plan_id), sold, reason, message.at)


def _reason(refusal: Refusal) -> PlanReason:
    return "plan-not-found" if isinstance(refusal, NotFound) else "plan-retired"
