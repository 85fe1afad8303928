"""What other systems keep with a plan: an external id, and metadata."""

from __future__ import annotations

from msgspec.structs import replace

from seatkeeper.actors.aggregates.external import MetadataTooLarge
from seatkeeper.actors.subscriptions.commands import ChangePlanDetails
from seatkeeper.actors.subscriptions.events import PlanDefined, PlanExternalIdChanged, PlanMetadataChanged, PlanRenamed
from tests.subscriptions.past import AT, SMALL, TEAM, defined, given
from tests.subscriptions.test_plan import DEFINE

CALLED = PlanExternalIdChanged("sku-1")
IN_EUROPE = PlanMetadataChanged({"sold_in": "EU"})


def test_a_plan_is_defined_with_an_external_id_and_metadata() -> None:
    command = replace(DEFINE, external_id="sku-1", metadata={"sold_in": "EU"})
    plan = given().when(command).then(PlanDefined(TEAM, "Team", "team", SMALL, AT, "sku-1", {"sold_in": "EU"}))
    assert (plan.external_id, plan.metadata) == ("sku-1", {"sold_in": "EU"})


def test_a_plan_gets_an_external_id() -> None:
    assert given(defined()).when(ChangePlanDetails(external_id="sku-1")).then(CALLED).external_id == "sku-1"


def test_none_removes_the_external_id() -> None:
    plan = given(defined(), CALLED).when(ChangePlanDetails(external_id=None)).then(PlanExternalIdChanged(None))
    assert plan.external_id is None


def test_a_plan_that_has_this_external_id_is_not_changed() -> None:
    given(defined(), CALLED).when(ChangePlanDetails(external_id="sku-1")).changes_nothing()


def test_a_change_is_merged_into_the_metadata() -> None:
    command = ChangePlanDetails(metadata={"sold_in": "EU", "since": "2026", "gone": None})
    plan = given(defined(), IN_EUROPE).when(command).then(PlanMetadataChanged({"since": "2026"}))
    assert plan.metadata == {"sold_in": "EU", "since": "2026"}


def test_a_plan_without_its_last_entry_has_no_metadata() -> None:
    command, changed = ChangePlanDetails(metadata={"sold_in": None}), PlanMetadataChanged({"sold_in": None})
    assert given(defined(), IN_EUROPE).when(command).then(changed).metadata is None


def test_everything_is_changed_at_once() -> None:
    command = ChangePlanDetails(name="Crew", external_id="sku-1", metadata={"sold_in": "EU"})
    given(defined()).when(command).then(PlanRenamed("Crew"), CALLED, IN_EUROPE)


def test_metadata_that_is_too_large_refuses_the_whole_change() -> None:
    command = ChangePlanDetails(name="Crew", metadata={"a": "b" * 8192})
    refusal = MetadataTooLarge(entries=1, size=8193, most_entries=50, most_bytes=8192)
    given(defined()).when(command).refuses(refusal)
