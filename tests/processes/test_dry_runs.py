"""Dry runs of what needs two aggregates: the plan is asked as ever, and the account is left as it is."""

from __future__ import annotations

from seatkeeper.actors.accounts.limits.refusals import OverLimit
from seatkeeper.actors.accounts.members.events import MemberAdded
from seatkeeper.actors.accounts.profile.events import AccountOpened
from seatkeeper.actors.accounts.profile.refusals import AccountNotFound
from seatkeeper.actors.accounts.summaries import AccountSummary, PlanReference, SignedUp
from seatkeeper.actors.accounts.terms.events import PlanChanged
from seatkeeper.actors.accounts.values import Excess
from seatkeeper.actors.accounts.values import PlanId as BoughtPlanId
from seatkeeper.actors.aggregates.messages import Accepted, DryRun
from seatkeeper.actors.subscriptions import commands as subscription
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.events import Package, PlanId
from seatkeeper.actors.subscriptions.refusals import PlanNotFound, PlanRetired
from tests.aggregates.accounts import joining
from tests.event_loop import turns
from tests.processes.coordinators import SOLO, TEAM, Coordinators


async def test_a_sign_up_is_told_and_leaves_no_trace(coordinators: Coordinators) -> None:
    run = await coordinators.outcome(coordinators.sign_up(dry_run=True))
    assert isinstance(run, DryRun)
    assert [type(event) for event in run.events] == [AccountOpened, MemberAdded]
    assert coordinators.accounts() == []
    done = await coordinators.outcome(coordinators.sign_up())
    assert isinstance(done, Accepted)
    assert isinstance(done.value, SignedUp)
    assert done.value == run.value


async def test_a_sign_up_is_refused_by_its_plan(coordinators: Coordinators) -> None:
    assert await coordinators.outcome(coordinators.sign_up(plan_id=PlanId("unknown"), dry_run=True)) == PlanNotFound()
    await coordinators.on_plan(subscription.RetirePlan())
    assert await coordinators.outcome(coordinators.sign_up(dry_run=True)) == PlanRetired(TEAM)
    assert coordinators.journal.receipts == {}
    assert coordinators.accounts() == []


async def test_a_revision_that_is_not_committed_is_waited_for(coordinators: Coordinators) -> None:
    coordinators.directory.ask(PlanActor, TEAM, subscription.RevisePackage(Package(7, 9)))
    asked = coordinators.sign_up(dry_run=True)
    await turns()
    assert not asked.done()
    run = await coordinators.outcome(asked)
    assert isinstance(run, DryRun)
    assert isinstance(run.value, SignedUp)
    assert run.value.account.seats.total == 7


async def test_a_change_of_plan_is_told_and_changes_nothing(coordinators: Coordinators) -> None:
    await coordinators.outcome(coordinators.sign_up())
    for _ in range(2):
        run = await coordinators.outcome(coordinators.change_plan(dry_run=True))
        assert isinstance(run, DryRun)
        assert list(run.events) == [PlanChanged(BoughtPlanId(SOLO), 1, 1, 1)]
        assert isinstance(run.value, AccountSummary)
        assert run.value.plan == PlanReference(BoughtPlanId(SOLO), 1)
    assert len(coordinators.journal.events("account-acme")) == 2


async def test_a_change_of_plan_is_refused_as_ever(coordinators: Coordinators) -> None:
    assert await coordinators.outcome(coordinators.change_plan(dry_run=True)) == AccountNotFound()
    await coordinators.outcome(coordinators.sign_up())
    await coordinators.on_account(joining("bob"))
    assert await coordinators.outcome(coordinators.change_plan(dry_run=True)) == OverLimit(Excess(1, 0))
