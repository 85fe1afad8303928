"""A plan is defined once, and can be given another name or type at any time."""

from __future__ import annotations

import pytest

from seatkeeper.actors.aggregates.messages import Command
from seatkeeper.actors.subscriptions.commands import (
    ChangePlanDetails,
    DefinePlan,
    OfferPackage,
    ReinstatePlan,
    RetirePlan,
    RevisePackage,
)
from seatkeeper.actors.subscriptions.events import PlanDefined, PlanReclassified, PlanRenamed
from seatkeeper.actors.subscriptions.refusals import PlanExists, PlanNotFound
from tests.subscriptions.past import AT, LARGE, PLAN, SMALL, TEAM, defined, given, retired

DEFINE = DefinePlan(TEAM, "Team", "team", SMALL, AT)


def named(command: Command) -> str:
    return type(command).__name__


def test_a_plan_is_defined_with_its_package() -> None:
    given().when(DEFINE).then(PlanDefined(TEAM, "Team", "team", SMALL, AT))


def test_a_new_plan_is_for_sale_with_revision_one_of_its_package() -> None:
    plan = given().when(DEFINE).then(defined())
    assert (plan.revision, plan.package, plan.retired) == (1, SMALL, False)


def test_a_plan_is_defined_once() -> None:
    given(defined()).when(DEFINE).refuses(PlanExists(plan_id=TEAM))


def test_the_id_of_a_retired_plan_stays_taken() -> None:
    given(defined(), retired()).when(DEFINE).refuses(PlanExists(plan_id=TEAM))


@pytest.mark.parametrize(
    "command",
    [ChangePlanDetails(name="Crew"), RevisePackage(LARGE), RetirePlan(), ReinstatePlan(), OfferPackage()],
    ids=named,
)
def test_a_plan_that_was_never_defined_is_not_found(command: Command) -> None:
    given().when(command).refuses(PlanNotFound())


def test_no_other_event_comes_before_the_definition() -> None:
    with pytest.raises(ValueError, match=r"plan\.renamed before plan\.defined"):
        PLAN.replay([PlanRenamed("Crew")])


def test_a_plan_gets_another_name() -> None:
    plan = given(defined()).when(ChangePlanDetails(name="Crew")).then(PlanRenamed("Crew"))
    assert (plan.name, plan.type) == ("Crew", "team")


def test_a_plan_gets_another_type() -> None:
    plan = given(defined()).when(ChangePlanDetails(type="enterprise")).then(PlanReclassified("enterprise"))
    assert (plan.name, plan.type) == ("Team", "enterprise")


def test_a_plan_gets_both_at_once() -> None:
    command = ChangePlanDetails(name="Crew", type="enterprise")
    given(defined()).when(command).then(PlanRenamed("Crew"), PlanReclassified("enterprise"))


def test_only_what_differs_is_an_event() -> None:
    given(defined()).when(ChangePlanDetails(name="Team", type="enterprise")).then(PlanReclassified("enterprise"))


def test_the_current_name_and_type_change_nothing() -> None:
    given(defined()).when(ChangePlanDetails(name="Team", type="team")).changes_nothing()


def test_a_change_that_names_nothing_changes_nothing() -> None:
    given(defined()).when(ChangePlanDetails()).changes_nothing()


def test_a_retired_plan_can_be_renamed() -> None:
    given(defined(), retired()).when(ChangePlanDetails(name="Crew")).then(PlanRenamed("Crew"))
