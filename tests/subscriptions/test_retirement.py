"""Retired plans: they get no new accounts until they are reinstated."""

from __future__ import annotations

from seatkeeper.actors.subscriptions.commands import OfferPackage, ReinstatePlan, RetirePlan
from seatkeeper.actors.subscriptions.events import PlanReinstated
from seatkeeper.actors.subscriptions.events import PlanRetired as WasRetired
from seatkeeper.actors.subscriptions.refusals import PlanRetired
from tests.subscriptions.past import TEAM, defined, given, retired, revised


def test_an_offer_changes_nothing() -> None:
    given(defined()).when(OfferPackage()).changes_nothing()


def test_a_plan_is_retired() -> None:
    plan = given(defined()).when(RetirePlan()).then(WasRetired())
    assert plan.retired


def test_a_plan_is_retired_once() -> None:
    given(defined(), retired()).when(RetirePlan()).changes_nothing()


def test_a_retired_plan_is_not_offered() -> None:
    given(defined(), retired()).when(OfferPackage()).refuses(PlanRetired(plan_id=TEAM))


def test_a_plan_that_was_revised_and_then_retired_is_not_offered() -> None:
    given(defined(), revised(), retired()).when(OfferPackage()).refuses(PlanRetired(plan_id=TEAM))


def test_a_retired_plan_is_reinstated() -> None:
    plan = given(defined(), retired()).when(ReinstatePlan()).then(PlanReinstated())
    assert not plan.retired


def test_a_plan_that_is_for_sale_is_not_reinstated() -> None:
    given(defined()).when(ReinstatePlan()).changes_nothing()


def test_a_reinstated_plan_is_offered() -> None:
    given(defined(), retired(), PlanReinstated()).when(OfferPackage()).changes_nothing()


def test_a_reinstated_plan_is_retired_again() -> None:
    given(defined(), retired(), PlanReinstated()).when(RetirePlan()).then(WasRetired())


def test_a_retired_plan_keeps_its_revision() -> None:
    plan = given(defined(), revised()).when(RetirePlan()).then(WasRetired())
    assert plan.revision == 2
