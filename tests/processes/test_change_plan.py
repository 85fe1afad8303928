"""Changes of plan: the account gets what the other plan sells now, if it fits."""

from __future__ import annotations

from seatkeeper.actors.accounts.limits.refusals import OverLimit
from seatkeeper.actors.accounts.members.commands import AddMember, TakeSeat
from seatkeeper.actors.accounts.profile.refusals import AccountNotFound
from seatkeeper.actors.accounts.summaries import AccountSummary, PlanReference
from seatkeeper.actors.accounts.values import Excess, MemberId
from seatkeeper.actors.accounts.values import PlanId as BoughtPlanId
from seatkeeper.actors.aggregates.aggregate import VersionMismatch
from seatkeeper.actors.aggregates.messages import Accepted
from seatkeeper.actors.subscriptions import commands as subscription
from seatkeeper.actors.subscriptions.events import PlanId
from seatkeeper.actors.subscriptions.refusals import PlanNotFound, PlanRetired
from tests.aggregates.accounts import ADA, NOON
from tests.processes.coordinators import SOLO, TEAM, Coordinators


async def test_a_change_of_plan_gives_the_account_what_the_other_plan_sells(coordinators: Coordinators) -> None:
    await coordinators.outcome(coordinators.sign_up())
    done = await coordinators.outcome(coordinators.change_plan(SOLO))
    assert isinstance(done, Accepted)
    assert isinstance(done.value, AccountSummary)
    assert done.value.plan == PlanReference(BoughtPlanId("solo"), 1)
    assert done.value.seats.total == 1


async def test_a_change_to_the_plan_that_the_account_is_on_changes_nothing(coordinators: Coordinators) -> None:
    await coordinators.outcome(coordinators.sign_up())
    done = await coordinators.outcome(coordinators.change_plan(TEAM))
    assert isinstance(done, Accepted)
    assert done.version == 2


async def test_a_change_to_a_plan_that_is_too_small_is_refused(coordinators: Coordinators) -> None:
    await coordinators.outcome(coordinators.sign_up())
    await coordinators.on_account(AddMember(MemberId("bob"), "Bob", None, "member", seated=True, at=NOON))
    await coordinators.on_account(TakeSeat(ADA))
    refused = await coordinators.outcome(coordinators.change_plan(SOLO))
    assert refused == OverLimit(Excess(members=1, seats=1))


async def test_a_change_of_plan_for_another_version_is_refused(coordinators: Coordinators) -> None:
    await coordinators.outcome(coordinators.sign_up())
    assert await coordinators.outcome(coordinators.change_plan(SOLO, version=1)) == VersionMismatch(2)


async def test_a_change_to_a_plan_that_does_not_exist_does_not_activate_the_account(coordinators: Coordinators) -> None:
    assert await coordinators.outcome(coordinators.change_plan(PlanId("unknown"))) == PlanNotFound()
    assert coordinators.accounts() == []


async def test_a_change_to_a_retired_plan_is_refused(coordinators: Coordinators) -> None:
    await coordinators.outcome(coordinators.sign_up())
    await coordinators.on_plan(subscription.RetirePlan(), SOLO)
    assert await coordinators.outcome(coordinators.change_plan(SOLO)) == PlanRetired(SOLO)


async def test_a_change_of_plan_for_an_account_that_does_not_exist_leaves_no_actor(coordinators: Coordinators) -> None:
    assert await coordinators.outcome(coordinators.change_plan(SOLO)) == AccountNotFound()
    assert list(coordinators.directory._live) == ["plan-team", "plan-solo"]
