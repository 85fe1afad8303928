"""The trial of a plan, and the overage of its package."""

from __future__ import annotations

import pytest

from seatkeeper.actors.subscriptions.commands import ChangePlanDetails, DefinePlan, OfferPackage, RevisePackage
from seatkeeper.actors.subscriptions.events import (
    NextPlan,
    Overage,
    Package,
    PackageRevised,
    Percent,
    PlanId,
    PlanTrialChanged,
    Trial,
)
from seatkeeper.actors.subscriptions.plan import Offer, answer, summarize
from tests.subscriptions.past import AT, TEAM, after, defined, given

TRIAL = Trial(14, NextPlan(PlanId("p2")))


def test_a_plan_may_be_made_with_a_trial() -> None:
    plan = after(given().when(DefinePlan(TEAM, "Team", "team", Package(1, 2), AT, trial=TRIAL)).events)
    assert summarize(plan, 1).trial == TRIAL


def test_a_plan_gets_another_trial_or_none() -> None:
    given(defined()).when(ChangePlanDetails(trial=TRIAL)).then(PlanTrialChanged(TRIAL))
    plan = given(defined(), PlanTrialChanged(TRIAL)).when(ChangePlanDetails(trial=None)).then(PlanTrialChanged(None))
    assert plan.trial is None


def test_the_trial_that_a_plan_has_changes_nothing() -> None:
    given(defined(), PlanTrialChanged(TRIAL)).when(ChangePlanDetails(trial=TRIAL)).changes_nothing()
    given(defined()).when(ChangePlanDetails(trial=None)).changes_nothing()
    given(defined(), PlanTrialChanged(TRIAL)).when(ChangePlanDetails()).changes_nothing()


def test_an_offer_says_the_trial() -> None:
    plan = after(defined(), PlanTrialChanged(TRIAL))
    assert answer(plan, 2, OfferPackage()) == Offer(TEAM, 1, plan.package, TRIAL)


@pytest.mark.parametrize("overage", ["allow", Percent(20)])
def test_an_overage_is_a_revision_of_the_package(overage: Overage) -> None:
    package = Package(1, 2, overage)
    given(defined()).when(RevisePackage(package)).then(PackageRevised(package, 2))


def test_to_refuse_an_overage_is_the_same_as_to_name_none() -> None:
    past = given().when(DefinePlan(TEAM, "Team", "team", Package(1, 2, "refuse"), AT)).events
    assert after(past).package == Package(1, 2)
    given(past).when(RevisePackage(Package(1, 2, "refuse"))).changes_nothing()
