"""The events of a plan, and the values in them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, NewType, TypeAlias

import msgspec

from seatkeeper.actors.aggregates.external import Metadata, MetadataChange
from seatkeeper.actors.aggregates.messages import Event

PlanId = NewType("PlanId", str)

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
UserLimit: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]


Percentage: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Days: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=3650)]


class Percent(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """So many hundredths of a limit may be taken beyond it, rounded down."""

    percent: Percentage


Overage: TypeAlias = Literal["refuse", "allow"] | Percent
"""What may be taken beyond a limit: nothing, anything, or a share of it."""


class NextPlan(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The plan to which an account moves."""

    plan_id: PlanId


class Trial(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """How long a trial lasts from the sign-up on, and what comes then."""

    days: Days
    then: Literal["suspend", "continue"] | NextPlan


class Package(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What a plan sells: seats (`total_seats`) and member slots (`user_limit`)."""

    total_seats: Count
    user_limit: UserLimit
    overage: Overage | msgspec.UnsetType = msgspec.UNSET
    """What may be taken beyond both; `refuse` is the same as nothing, and is stored as nothing."""


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
    trial: Trial | msgspec.UnsetType = msgspec.UNSET


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


class PlanTrialChanged(Event, frozen=True, gc=False):
    """Sign-ups start another trial from now on, or none; accounts that have begun one keep its terms."""

    tag: ClassVar[str] = "plan.trial-changed"

    trial: Trial | None


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
    | PlanTrialChanged
)
