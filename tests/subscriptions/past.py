"""Past events of a plan."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.actors.subscriptions import plan
from seatkeeper.actors.subscriptions.events import Package, PackageRevised, PlanDefined, PlanId, PlanRetired
from seatkeeper.actors.subscriptions.plan import Plan
from tests.scenario import Aggregate

PLAN = Aggregate[Plan](plan.decide, plan.evolve)
given, after = PLAN.given, PLAN.after

TEAM = PlanId("01900000-0000-7000-8000-0000000091a1")
SMALL = Package(total_seats=10, user_limit=25)
LARGE = Package(total_seats=100, user_limit=250)
AT = "2026-11-22T18:12:00.000Z"


def defined(
    *, plan_id: PlanId = TEAM, name: str = "Team", external_id: str | msgspec.UnsetType = msgspec.UNSET
) -> Event:
    """A plan for sale, with the small package."""
    return PlanDefined(plan_id, name, "team", SMALL, AT, external_id)


def revised(package: Package = LARGE, revision: int = 2) -> Event:
    """Another package is sold."""
    return PackageRevised(package, revision)


def retired() -> Event:
    """The plan was retired."""
    return PlanRetired()
