"""The events of a plan, and the values in them."""

from __future__ import annotations

from typing import Annotated, ClassVar, NewType, TypeAlias

import msgspec

from seatkeeper.actors.aggregates.external import Metadata, MetadataChange
from seatkeeper.actors.aggregates.messages import Event

PlanId = NewType("PlanId", str)

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
UserLimit: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]


class Package(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What a plan sells: seats (`total_seats`) and member slots (`user_limit`)."""

    total_seats: Count
    user_limit: UserLimit


class PlanDefined(Event, frozen=True, gc=False):
    """The plan is for sale, with revision 1 of its package."""

    tag: ClassVar[str] = "plan.defined"

    plan_id: PlanId
    name: str
    type: str
    package: Package
    created_at: str
    external_id: str | msgspec.UnsetType = msgspec.UNSET
    metadata: Metadata | msgspec.UnsetType = msgspec.UNSET


class PlanRenamed(Event, frozen=True, gc=False):
    """The plan has a new name."""

    tag: ClassVar[str] = "plan.renamed"

    name: str


class PlanReclassified(Event, frozen=True, gc=False):
    """The plan has a new type."""

    tag: ClassVar[str] = "plan.reclassified"

    type: str


class PlanExternalIdChanged(Event, frozen=True, gc=False):
    """The plan has another external id, or none."""

    tag: ClassVar[str] = "plan.external_id_changed"

    external_id: str | None


class PlanMetadataChanged(Event, frozen=True, gc=False):
    """These entries of the plan's metadata have changed; those with null are gone."""

    tag: ClassVar[str] = "plan.metadata_changed"

    metadata: MetadataChange


class PackageRevised(Event, frozen=True, gc=False):
    """The plan sells another package, as this revision."""

    tag: ClassVar[str] = "plan.package_revised"

    package: Package
    revision: int


class PlanRetired(Event, frozen=True, gc=False):
    """The plan is no longer for sale."""

    tag: ClassVar[str] = "plan.retired"


class PlanReinstated(Event, frozen=True, gc=False):
    """The plan is for sale again."""

    tag: ClassVar[str] = "plan.reinstated"


PlanEvent: TypeAlias = (
    PlanDefined
    | PlanRenamed
    | PlanReclassified
    | PackageRevised
    | PlanRetired
    | PlanReinstated
    | PlanMetadataChanged
    | PlanExternalIdChanged
)
