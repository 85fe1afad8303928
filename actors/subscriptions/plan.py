"""A plan: its state, what it decides, how it evolves, what it tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from seatkeeper.actors.messages import NOTHING, Command, Decision, Event
from seatkeeper.actors.subscriptions import commands, events, refusals
from seatkeeper.actors.subscriptions.events import Package, PlanId


class Plan(msgspec.Struct, gc=False):
    """The state of one plan, private to its actor."""

    plan_id: PlanId
    name: str
    type: str
    package: Package
    created_at: str
    revision: int = 1
    retired: bool = False


class PlanSummary(msgspec.Struct, frozen=True, gc=False):
    """What the world sees of a plan."""

    plan_id: PlanId
    name: str
    type: str
    package: Package
    revision: int
    status: Literal["active", "retired"]
    version: int
    created_at: str


class Offer(msgspec.Struct, frozen=True, gc=False):
    """The package of a plan as it is sold at this moment: all that crosses the border of this context."""

    plan_id: PlanId
    revision: int
    package: Package


def define(plan: Plan | None, command: commands.DefinePlan) -> Decision:
    """Decide on a new plan; an id is given once."""
    if plan is not None:
        return refusals.PlanExists(plan.plan_id)
    return [
        events.PlanDefined(command.plan_id, command.name, command.type, command.package, command.created_at),
    ]


def rename(plan: Plan, command: commands.RenamePlan) -> Decision:
    """Decide on a new name, a new type, or both."""
    changes: list[Event] = []
    if command.name is not None and command.name != plan.name:
        changes.append(events.PlanRenamed(command.name))
    if command.type is not None and command.type != plan.type:
        changes.append(events.PlanReclassified(command.type))
    return changes


def revise_package(plan: Plan, command: commands.RevisePackage) -> Decision:
    """Decide on another package: it is one revision higher."""
    if command.package == plan.package:
        return NOTHING
    return [events.PackageRevised(command.package, plan.revision + 1)]


def retire(plan: Plan, _: commands.RetirePlan) -> Decision:
    """Decide to take the plan off the shelf."""
    return NOTHING if plan.retired else [events.PlanRetired()]


def reinstate(plan: Plan, _: commands.ReinstatePlan) -> Decision:
    """Decide to put the plan back on the shelf."""
    return [events.PlanReinstated()] if plan.retired else NOTHING


def offer_package(plan: Plan, _: commands.OfferPackage) -> Decision:
    """Refuse to sell what is retired; to offer changes nothing."""
    return refusals.PlanRetired(plan.plan_id) if plan.retired else NOTHING


_DECISIONS: Mapping[type[Command], Callable[..., Decision]] = {
    commands.RenamePlan: rename,
    commands.RevisePackage: revise_package,
    commands.RetirePlan: retire,
    commands.ReinstatePlan: reinstate,
    commands.OfferPackage: offer_package,
}


def decide(plan: Plan | None, command: Command) -> Decision:
    """Say what follows from the command: events, nothing, or a refusal."""
    if isinstance(command, commands.DefinePlan):
        return define(plan, command)
    if plan is None:
        return refusals.PlanNotFound()
    return _DECISIONS[type(command)](plan, command)


def evolve(plan: Plan | None, event: Event) -> Plan:
    """Carry one event into the state, in place."""
    if isinstance(event, events.PlanDefined):
        return Plan(event.plan_id, event.name, event.type, event.package, event.created_at)
    if plan is None:
        message = f"{event.tag} before plan.defined"
        raise ValueError(message)
    match event:
        case events.PlanRenamed():
            plan.name = event.name
        case events.PlanReclassified():
            plan.type = event.type
        case events.PackageRevised():
            plan.package, plan.revision = event.package, event.revision
        case events.PlanRetired():
            plan.retired = True
        case events.PlanReinstated():
            plan.retired = False
        case _:
            message = f"{event!r} is no event of a plan"
            raise TypeError(message)
    return plan


def summarize(plan: Plan, version: int) -> PlanSummary:
    """Show the plan as of a version."""
    return PlanSummary(
        plan_id=plan.plan_id,
        name=plan.name,
        type=plan.type,
        package=plan.package,
        revision=plan.revision,
        status="retired" if plan.retired else "active",
        version=version,
        created_at=plan.created_at,
    )


def answer(plan: Plan, version: int, command: Command) -> PlanSummary | Offer:
    """Say what the sender of an accepted command is told."""
    if isinstance(command, commands.OfferPackage):
        return Offer(plan.plan_id, plan.revision, plan.package)
    return summarize(plan, version)
