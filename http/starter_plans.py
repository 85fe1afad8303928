"""The plans that a new service begins with, if it is asked to."""

from __future__ import annotations

from collections.abc import Callable

from seatkeeper.actors.aggregates.aggregate import CommandOptions
from seatkeeper.actors.aggregates.door import Door
from seatkeeper.actors.aggregates.messages import Context
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.commands import DefinePlan
from seatkeeper.actors.subscriptions.events import Package, PlanId
from seatkeeper.storage.queries import PlanFilter, Queries

STARTER_PLANS = (
    (PlanId("00000000-0000-7000-8000-000000000001"), "Free", "free", Package(1, 3)),
    (PlanId("00000000-0000-7000-8000-000000000002"), "Team", "team", Package(10, 25)),
    (PlanId("00000000-0000-7000-8000-000000000003"), "Business", "business", Package(100, 250)),
)


async def define_starter_plans(queries: Queries, door: Door, now: Callable[[], str], new_id: Callable[[], str]) -> None:
    """Put the starter plans up for sale if there is no plan."""
    if await queries.plans(PlanFilter(), None, 1):
        return
    options = CommandOptions(context=Context("cli", new_id()))
    defining = [
        door.ask(PlanActor, plan_id, DefinePlan(plan_id, name, kind, package, now()), options, fresh=True)
        for plan_id, name, kind, package in STARTER_PLANS
    ]  # in one turn, so in one commit where there is one shard: all of them or none
    for reply in defining:
        await reply
