"""The commands of a plan."""

from __future__ import annotations

from seatkeeper.actors.aggregates.messages import Command
from seatkeeper.actors.subscriptions.events import Package, PlanId


class DefinePlan(Command, frozen=True, gc=False):
    """Put a new plan up for sale."""

    plan_id: PlanId
    name: str
    type: str
    package: Package
    created_at: str


class RenamePlan(Command, frozen=True, gc=False):
    """Give the plan another name, another type, or both; None leaves one as it is."""

    name: str | None = None
    type: str | None = None


class RevisePackage(Command, frozen=True, gc=False):
    """Sell another package, as a new revision; existing accounts stay on their revision."""

    package: Package


class RetirePlan(Command, frozen=True, gc=False):
    """Retire the plan: it gets no new accounts; existing accounts are not affected."""


class ReinstatePlan(Command, frozen=True, gc=False):
    """Put a retired plan up for sale again."""


class OfferPackage(Command, frozen=True, gc=False):
    """Get what the plan sells now; the answer is an `Offer`."""
