"""Sign-ups: the plan is asked, the account is opened in one append, and no customer waits for another."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.limits.refusals import UserLimitReached
from seatkeeper.actors.accounts.members.commands import AddMember
from seatkeeper.actors.accounts.profile.refusals import AccountExists
from seatkeeper.actors.accounts.summaries import PlanReference, Seats, SignedUp
from seatkeeper.actors.accounts.values import AccountId, MemberId, MoveTo, TrialTerms
from seatkeeper.actors.accounts.values import PlanId as BoughtPlanId
from seatkeeper.actors.aggregates.directory import DirectoryFull
from seatkeeper.actors.aggregates.journal import OutcomeUnknown, StreamDamaged
from seatkeeper.actors.aggregates.messages import Accepted
from seatkeeper.actors.subscriptions import commands as subscription
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.events import NextPlan, Package, Percent, PlanId, Trial
from seatkeeper.actors.subscriptions.refusals import PlanNotFound, PlanRetired
from tests.aggregates.accounts import NOON
from tests.event_loop import turns
from tests.processes.coordinators import SOLO, TEAM, Coordinators


async def test_a_sign_up_opens_an_account_on_what_the_plan_sells(coordinators: Coordinators) -> None:
    done = await coordinators.outcome(coordinators.sign_up())
    assert isinstance(done, Accepted)
    assert isinstance(done.value, SignedUp)
    assert done.value.account.seats == Seats(0, 0, 2)
    assert done.value.account.members.limit == 3
    assert done.value.member.role == "admin"


async def test_a_sign_up_is_one_append_to_one_stream(coordinators: Coordinators) -> None:
    coordinators.sign_up()
    await turns()
    assert [(append.stream_id, len(append.events)) for append in coordinators.journal.waiting] == [("account-acme", 2)]


async def test_a_sign_up_is_answered_after_its_commit(coordinators: Coordinators) -> None:
    signed_up = coordinators.sign_up()
    await turns()
    assert not signed_up.done()
    assert isinstance(await coordinators.outcome(signed_up), Accepted)


async def test_a_sign_up_does_not_load_the_account_that_it_opens(coordinators: Coordinators) -> None:
    await coordinators.outcome(coordinators.sign_up())
    assert "account-acme" not in coordinators.journal.loads


async def test_a_sign_up_gets_the_package_of_the_latest_revision(coordinators: Coordinators) -> None:
    await coordinators.on_plan(subscription.RevisePackage(Package(7, 9)))
    done = await coordinators.outcome(coordinators.sign_up())
    assert isinstance(done, Accepted)
    assert isinstance(done.value, SignedUp)
    assert done.value.account.plan == PlanReference(BoughtPlanId("team"), 2)
    assert done.value.account.seats.total == 7


async def test_a_revision_that_is_not_committed_is_not_sold(coordinators: Coordinators) -> None:
    coordinators.directory.ask(PlanActor, TEAM, subscription.RevisePackage(Package(7, 9)))
    signed_up = coordinators.sign_up()
    await turns()
    assert coordinators.accounts() == []
    coordinators.journal.fail(OutcomeUnknown())
    with pytest.raises(OutcomeUnknown):
        await signed_up
    assert coordinators.accounts() == []


async def test_a_sign_up_for_a_plan_that_does_not_exist_leaves_no_trace(coordinators: Coordinators) -> None:
    assert await coordinators.outcome(coordinators.sign_up(plan_id=PlanId("unknown"))) == PlanNotFound()
    assert coordinators.accounts() == []
    assert "plan-unknown" not in coordinators.directory._live


async def test_a_sign_up_for_a_retired_plan_leaves_no_trace(coordinators: Coordinators) -> None:
    await coordinators.on_plan(subscription.RetirePlan())
    assert await coordinators.outcome(coordinators.sign_up()) == PlanRetired(TEAM)
    assert coordinators.accounts() == []


async def test_a_sign_up_for_a_damaged_plan_leaves_no_trace(coordinators: Coordinators) -> None:
    coordinators.journal.damaged.add("plan-broken")
    with pytest.raises(StreamDamaged):
        await coordinators.outcome(coordinators.sign_up(plan_id=PlanId("broken")))
    assert coordinators.accounts() == []


async def test_a_slow_plan_does_not_delay_another_sign_up(coordinators: Coordinators) -> None:
    loaded = coordinators.journal.hold("plan-slow")
    slow = coordinators.sign_up(AccountId("slow"), PlanId("slow"))
    assert isinstance(await coordinators.outcome(coordinators.sign_up()), Accepted)
    assert not slow.done()
    loaded.set()
    assert await coordinators.outcome(slow) == PlanNotFound()


async def test_an_account_is_opened_once(coordinators: Coordinators) -> None:
    first, second = coordinators.sign_up(), coordinators.sign_up()
    assert isinstance(await coordinators.outcome(first), Accepted)
    assert await second == AccountExists()


async def test_a_thousand_sign_ups_at_once_share_a_commit(coordinators: Coordinators) -> None:
    coordinators.directory.max_live = 2_000
    signed_up = [coordinators.sign_up(AccountId(f"account-{number}")) for number in range(1_000)]
    await turns()
    assert len(coordinators.journal.waiting) == 1_000
    coordinators.journal.commit()
    assert all([isinstance(await one, Accepted) for one in signed_up])


async def test_a_sign_up_without_room_for_its_account_fails_and_stores_nothing() -> None:
    coordinators = Coordinators(max_live=1)
    await coordinators.define(TEAM, 2, 3)
    coordinators.directory.ask(PlanActor, TEAM, subscription.ChangePlanDetails("Team 2"))
    signed_up = coordinators.sign_up(plan_id=SOLO)
    with pytest.raises(DirectoryFull):
        await signed_up
    assert coordinators.accounts() == []


async def test_a_failed_sign_up_does_not_stop_the_coordinator(coordinators: Coordinators) -> None:
    coordinators.journal.damaged.add("plan-broken")
    with pytest.raises(StreamDamaged):
        await coordinators.sign_up(plan_id=PlanId("broken"))
    assert isinstance(await coordinators.outcome(coordinators.sign_up()), Accepted)


async def test_a_sign_up_starts_the_trial_of_its_plan(coordinators: Coordinators) -> None:
    """It ends so many days after the sign-up, and keeps the terms that it began with."""
    await coordinators.on_plan(subscription.ChangePlanDetails(trial=Trial(14, NextPlan(SOLO))))
    done = await coordinators.outcome(coordinators.sign_up())
    await coordinators.on_plan(subscription.ChangePlanDetails(trial=None))
    assert isinstance(done, Accepted)
    assert isinstance(done.value, SignedUp)
    trial = TrialTerms("2026-01-15T12:00:00.000Z", MoveTo(BoughtPlanId("solo")))
    assert done.value.account.trial == trial


async def test_a_sign_up_may_do_without_the_trial(coordinators: Coordinators) -> None:
    await coordinators.on_plan(subscription.ChangePlanDetails(trial=Trial(14, "suspend")))
    done = await coordinators.outcome(coordinators.sign_up(trial=False))
    assert isinstance(done, Accepted)
    assert isinstance(done.value, SignedUp)
    assert done.value.account.trial is None


async def test_a_sign_up_gets_the_overage_of_the_package(coordinators: Coordinators) -> None:
    await coordinators.on_plan(subscription.RevisePackage(Package(2, 1, Percent(100))))
    await coordinators.outcome(coordinators.sign_up())
    await coordinators.on_account(AddMember(MemberId("bob"), "Bob", None, "member", seated=False, at=NOON))
    eve = AddMember(MemberId("eve"), "Eve", None, "member", seated=False, at=NOON)
    assert await coordinators.outcome(coordinators.ask(eve)) == UserLimitReached(2)
