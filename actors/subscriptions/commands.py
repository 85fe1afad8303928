"""What can be asked of a plan."""

from __future__ import annotations

from seatkeeper.actors.messages import Command
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
    """Sell another package from now on, as a new revision; accounts already open keep theirs."""

    package: Package


class RetirePlan(Command, frozen=True, gc=False):
    """Take the plan off the shelf: it gets no new accounts; those it has go on."""


class ReinstatePlan(Command, frozen=True, gc=False):
    """Put a retired plan back on the shelf."""


class OfferPackage(Command, frozen=True, gc=False):
    """Ask what the plan sells at this moment; answered with an `Offer`."""
