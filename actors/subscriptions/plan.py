"""A plan: its state, its decisions, how it evolves, and its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec import UNSET

from seatkeeper.actors.aggregates.external import Metadata, differing, merged
from seatkeeper.actors.aggregates.messages import NOTHING, Command, Decision, Event, Refusal
from seatkeeper.actors.subscriptions import commands, events, refusals
from seatkeeper.actors.subscriptions.events import Package, PlanId, Trial


class Plan(msgspec.Struct, gc=False, omit_defaults=True):
    """The state of one plan, private to its actor."""

    plan_id: PlanId
    name: str
    type: str
    package: Package
    created_at: str
    revision: int = 1
    retired: bool = False
    external_id: str | None = None
    metadata: Metadata | None = None
    trial: Trial | None = None


class PlanSummary(msgspec.Struct, frozen=True, gc=False):
    """What a client sees of a plan."""

    plan_id: PlanId
    name: str
    type: str
    package: Package
    revision: int
    status: Literal["active", "retired"]
    version: int
    created_at: str
    external_id: str | None
    metadata: Metadata
    trial: Trial | None


class Offer(msgspec.Struct, frozen=True, gc=False):
    """The package that a plan sells now: the only value that leaves this context."""

    plan_id: PlanId
    revision: int
    package: Package
    trial: Trial | None = None


def define(plan: Plan | None, command: commands.DefinePlan) -> Decision:
    """Define a new plan, unless its id is taken."""
    if plan is not None:
        return refusals.PlanExists(plan.plan_id)
    return [
        events.PlanDefined(
            plan_id=command.plan_id,
            name=command.name,
            type=command.type,
            package=plain(command.package),
            created_at=command.created_at,
            external_id=command.external_id or UNSET,
            metadata=command.metadata or UNSET,
            trial=command.trial or UNSET,
        ),
    ]


def change_details(plan: Plan, command: commands.ChangePlanDetails) -> Decision:
    """Change what differs; whether another plan has the external id, the journal decides."""
    changes: list[Event] = []
    if command.name is not UNSET and command.name != plan.name:
        changes.append(events.PlanRenamed(command.name))
    if command.type is not UNSET and command.type != plan.type:
        changes.append(events.PlanReclassified(command.type))
    if command.external_id is not UNSET and command.external_id != plan.external_id:
        changes.append(events.PlanExternalIdChanged(command.external_id))
    differs = differing(plan.metadata, command.metadata)
    if isinstance(differs, Refusal):
        return differs
    if differs:
        changes.append(events.PlanMetadataChanged(differs))
    if command.trial is not UNSET and command.trial != plan.trial:
        changes.append(events.PlanTrialChanged(command.trial))
    return changes


def plain(package: Package) -> Package:
    """Leave `refuse` out, which is the same as nothing, so that equal packages are equal."""
    return Package(package.total_seats, package.user_limit) if package.overage == "refuse" else package


def revise_package(plan: Plan, command: commands.RevisePackage) -> Decision:
    """Sell another package, as the next revision."""
    package = plain(command.package)
    return NOTHING if package == plan.package else [events.PackageRevised(package, plan.revision + 1)]


def retire(plan: Plan, _: commands.RetirePlan) -> Decision:
    """Retire, unless the plan is retired already."""
    return NOTHING if plan.retired else [events.PlanRetired()]


def reinstate(plan: Plan, _: commands.ReinstatePlan) -> Decision:
    """Reinstate, if the plan is retired."""
    return [events.PlanReinstated()] if plan.retired else NOTHING


def offer_package(plan: Plan, _: commands.OfferPackage) -> Decision:
    """Refuse if the plan is retired; an offer changes nothing."""
    return refusals.PlanRetired(plan.plan_id) if plan.retired else NOTHING


_DECISIONS: Mapping[type[Command], Callable[..., Decision]] = {
    commands.ChangePlanDetails: change_details,
    commands.RevisePackage: revise_package,
    commands.RetirePlan: retire,
    commands.ReinstatePlan: reinstate,
    commands.OfferPackage: offer_package,
}


def decide(plan: Plan | None, command: Command) -> Decision:
    """Decide on a command: events, nothing, or a refusal."""
    if isinstance(command, commands.DefinePlan):
        return define(plan, command)
    if plan is None:
        return refusals.PlanNotFound()
    return _DECISIONS[type(command)](plan, command)


def evolve(plan: Plan | None, event: Event) -> Plan:
    """Apply one event to the state, in place."""
    if isinstance(event, events.PlanDefined):
        return Plan(
            plan_id=event.plan_id,
            name=event.name,
            type=event.type,
            package=event.package,
            created_at=event.created_at,
            external_id=event.external_id or None,
            metadata=event.metadata or None,
            trial=event.trial or None,
        )
    if plan is None:
        message = f"{event.tag} before plan.defined"
        raise ValueError(message)
    _change(plan, event)
    return plan


def _change(plan: Plan, event: Event) -> None:
    match event:
        case events.PlanRenamed():
            plan.name = event.name
        case events.PlanReclassified():
            plan.type = event.type
        case events.PlanExternalIdChanged():
            plan.external_id = event.external_id
        case events.PlanMetadataChanged():
            plan.metadata = merged(plan.metadata, event.metadata)
        case events.PlanTrialChanged():
            plan.trial = event.trial
        case events.PackageRevised():
            plan.package, plan.revision = event.package, event.revision
        case events.PlanRetired():
            plan.retired = True
        case events.PlanReinstated():
            plan.retired = False
        case _:
            message = f"{event!r} is no event of a plan"
            raise TypeError(message)


def summarize(plan: Plan, version: int) -> PlanSummary:
    """Summarize the plan as of a version."""
    return PlanSummary(
        plan_id=plan.plan_id,
        name=plan.name,
        type=plan.type,
        package=plan.package,
        revision=plan.revision,
        status="retired" if plan.retired else "active",
        version=version,
        created_at=plan.created_at,
        external_id=plan.external_id,
        metadata=plan.metadata or {},
        trial=plan.trial,
    )


def answer(plan: Plan, version: int, command: Command, _events: Sequence[Event] = NOTHING) -> PlanSummary | Offer:
    """Answer an accepted command."""
    if isinstance(command, commands.OfferPackage):
        return Offer(plan.plan_id, plan.revision, plan.package, plan.trial)
    return summarize(plan, version)


def stored_answer(plan: Plan, version: int, _stored: Mapping[str, object]) -> PlanSummary:
    """Answer a stored answer's command from the current state."""
    return summarize(plan, version)


def identity(plan: Plan) -> str:
    """Return the id of the plan, which is also in the id of its stream."""
    return plan.plan_id
