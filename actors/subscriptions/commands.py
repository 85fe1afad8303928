"""The commands of a plan."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.aggregates.external import Metadata, MetadataChange
from seatkeeper.actors.aggregates.messages import Command, Question
from seatkeeper.actors.subscriptions.events import Package, PlanId, Trial


class DefinePlan(Command, frozen=True, gc=False):
    """Put a new plan up for sale."""

    plan_id: PlanId
    name: str
    type: str
    package: Package
    created_at: str
    external_id: str | None = None
    metadata: Metadata | None = None
    trial: Trial | None = None


class ChangePlanDetails(Command, frozen=True, gc=False):
    """Change these fields of the plan; UNSET leaves one as it is."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    type: str | msgspec.UnsetType = msgspec.UNSET
    external_id: str | msgspec.UnsetType | None = msgspec.UNSET
    metadata: MetadataChange | msgspec.UnsetType = msgspec.UNSET
    trial: Trial | msgspec.UnsetType | None = msgspec.UNSET


class RevisePackage(Command, frozen=True, gc=False):
    """Sell another package, as a new revision; existing accounts stay on their revision."""

    package: Package


class RetirePlan(Command, frozen=True, gc=False):
    """Retire the plan: it gets no new accounts; existing accounts are not affected."""


class ReinstatePlan(Command, frozen=True, gc=False):
    """Put a retired plan up for sale again."""


class OfferPackage(Question, frozen=True, gc=False):
    """Get what the plan sells now; the answer is an `Offer`."""
