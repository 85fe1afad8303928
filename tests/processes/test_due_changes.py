"""What comes by itself and needs a plan: a scheduled change on its day, and the end of a trial with a plan."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.profile.refusals import AccountNotFound
from seatkeeper.actors.accounts.summaries import AccountSummary, PlanReference
from seatkeeper.actors.accounts.terms.commands import CancelScheduledChange, ChangeTrial
from seatkeeper.actors.accounts.values import ChangeId, MoveTo, TrialTerms
from seatkeeper.actors.accounts.values import PlanId as BoughtPlanId
from seatkeeper.actors.aggregates.messages import Accepted
from seatkeeper.actors.processes.change_plan import ApplyDueChange, ChangePlan
from seatkeeper.actors.subscriptions import commands as subscription
from seatkeeper.actors.subscriptions.events import NextPlan, Package, PlanId, Trial
from seatkeeper.actors.subscriptions.refusals import PlanRetired
from tests.aggregates.accounts import NOON
from tests.processes.coordinators import ACME, SOLO, TEAM, Coordinators

DAY = "2026-12-01T12:00:00.000Z"
CHANGE = ChangeId("c1")
DUE = ApplyDueChange(ACME, "plan-changes", CHANGE, SOLO, DAY)


def ahead(plan_id: PlanId = SOLO, effective_at: str = DAY) -> ChangePlan:
    return ChangePlan(ACME, plan_id, CHANGE, NOON, effective_at=effective_at)


async def shown(coordinators: Coordinators, message: ChangePlan | ApplyDueChange) -> AccountSummary:
    done = await coordinators.outcome(coordinators.change(message))
    assert isinstance(done, Accepted)
    assert isinstance(done.value, AccountSummary)
    return done.value


async def test_a_change_that_lies_ahead_is_only_scheduled(coordinators: Coordinators) -> None:
    await coordinators.outcome(coordinators.sign_up())
    account = await shown(coordinators, ahead())
    assert account.plan == PlanReference(BoughtPlanId("team"), 1)
    assert account.scheduled_change


@pytest.mark.parametrize("effective_at", [NOON, "2026-01-01T00:00:00.000Z"])
async def test_a_change_that_does_not_lie_ahead_is_one_now(coordinators: Coordinators, effective_at: str) -> None:
    await coordinators.outcome(coordinators.sign_up())
    account = await shown(coordinators, ahead(effective_at=effective_at))
    assert account.plan == PlanReference(BoughtPlanId("solo"), 1)


async def test_a_plan_that_is_not_for_sale_is_not_scheduled(coordinators: Coordinators) -> None:
    await coordinators.outcome(coordinators.sign_up())
    await coordinators.on_plan(subscription.RetirePlan(), SOLO)
    assert await coordinators.outcome(coordinators.change(ahead())) == PlanRetired(SOLO)


async def test_on_its_day_the_account_gets_what_the_plan_then_sells(coordinators: Coordinators) -> None:
    await coordinators.outcome(coordinators.sign_up())
    await shown(coordinators, ahead())
    await coordinators.on_plan(subscription.RevisePackage(Package(5, 7)), SOLO)
    account = await shown(coordinators, DUE)
    assert account.plan == PlanReference(BoughtPlanId("solo"), 2)
    assert (account.members.limit, account.seats.total) == (7, 5)


async def test_a_plan_that_was_retired_meanwhile_is_told(coordinators: Coordinators) -> None:
    await coordinators.outcome(coordinators.sign_up())
    await shown(coordinators, ahead())
    await coordinators.on_plan(subscription.RetirePlan(), SOLO)
    account = await shown(coordinators, DUE)
    assert account.plan == PlanReference(BoughtPlanId("team"), 1)
    assert not account.scheduled_change


async def test_a_change_that_was_cancelled_meanwhile_does_not_come(coordinators: Coordinators) -> None:
    await coordinators.outcome(coordinators.sign_up())
    await shown(coordinators, ahead())
    await coordinators.on_account(CancelScheduledChange())
    account = await shown(coordinators, DUE)
    assert account.plan == PlanReference(BoughtPlanId("team"), 1)


async def test_a_change_comes_once(coordinators: Coordinators) -> None:
    await coordinators.outcome(coordinators.sign_up())
    await shown(coordinators, ahead())
    first, second = await shown(coordinators, DUE), await shown(coordinators, DUE)
    assert first == second


@pytest.mark.parametrize(("retired", "status", "plan"), [(False, "active", "solo"), (True, "suspended", "team")])
async def test_a_trial_ends_on_the_plan_that_was_agreed(
    coordinators: Coordinators, *, retired: bool, status: str, plan: str
) -> None:
    await coordinators.on_plan(subscription.ChangePlanDetails(trial=Trial(1, NextPlan(SOLO))), TEAM)
    await coordinators.outcome(coordinators.sign_up())
    if retired:
        await coordinators.on_plan(subscription.RetirePlan(), SOLO)
    account = await shown(coordinators, ApplyDueChange(ACME, "trial-ends", ACME, SOLO, DAY))
    assert (account.status, account.plan.plan_id, account.trial) == (status, plan, None)


async def test_a_trial_that_was_extended_meanwhile_goes_on(coordinators: Coordinators) -> None:
    await coordinators.on_plan(subscription.ChangePlanDetails(trial=Trial(1, NextPlan(SOLO))), TEAM)
    await coordinators.outcome(coordinators.sign_up())
    later = "2027-01-01T00:00:00.000Z"
    await coordinators.on_account(ChangeTrial(later))
    account = await shown(coordinators, ApplyDueChange(ACME, "trial-ends", ACME, SOLO, DAY))
    assert account.trial == TrialTerms(later, MoveTo(BoughtPlanId("solo")))


async def test_a_due_change_of_an_account_that_is_not_there_leaves_nothing(coordinators: Coordinators) -> None:
    assert await coordinators.outcome(coordinators.change(DUE)) == AccountNotFound()
