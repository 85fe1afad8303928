"""The routes of plans."""

from __future__ import annotations

from typing import Literal

import msgspec

from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.external import ExternalIdTaken, MetadataTooLarge
from seatkeeper.actors.aggregates.messages import Command
from seatkeeper.actors.subscriptions import commands, refusals
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.events import Days, NextPlan, Package, PlanId, Trial
from seatkeeper.actors.subscriptions.plan import PlanSummary
from seatkeeper.http import fields
from seatkeeper.http.api.lists.filters import Sought, given, normalized_id
from seatkeeper.http.api.lists.pages import Page, PageQuery, read_number, show_found, show_page
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.problems import Refused
from seatkeeper.http.server.routes import Answer, B, Call, Nothing, Q, Route
from seatkeeper.storage.queries import PlanFilter


class FollowingPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The plan to which an account moves at the end of its trial."""

    plan_id: fields.Id


class NewTrial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a trial lasts from the sign-up on, and what comes then."""

    days: Days
    then: Literal["suspend", "continue"] | FollowingPlan


class NewPlan(msgspec.Struct, forbid_unknown_fields=True):
    """A new plan; the service makes the id unless it is given."""

    name: fields.Name
    type: fields.PlanType
    package: Package
    plan_id: fields.NewId | msgspec.UnsetType = msgspec.UNSET
    external_id: fields.ExternalId | None = None
    metadata: fields.Metadata | None = None
    trial: NewTrial | None = None

    def __post_init__(self) -> None:
        self.name = fields.name("name", self.name)
        self.external_id = fields.external_id_if_given("external_id", self.external_id)
        fields.check_metadata("metadata", self.metadata)


class PlanChange(msgspec.Struct, forbid_unknown_fields=True):
    """The fields of a plan to change; an external id or a trial of null is removed, and so are entries of metadata."""

    name: fields.Name | msgspec.UnsetType = msgspec.UNSET
    type: fields.PlanType | msgspec.UnsetType = msgspec.UNSET
    external_id: fields.ExternalId | msgspec.UnsetType | None = msgspec.UNSET
    metadata: fields.MetadataChange | msgspec.UnsetType = msgspec.UNSET
    trial: NewTrial | msgspec.UnsetType | None = msgspec.UNSET

    def __post_init__(self) -> None:
        self.name = fields.name_if_given("name", self.name)
        self.external_id = fields.external_id_if_given("external_id", self.external_id)
        fields.check_metadata("metadata", self.metadata, change=True)


class PlansQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which plans to list."""

    status: Literal["active", "retired"] | msgspec.UnsetType = msgspec.UNSET
    external_id: Sought | msgspec.UnsetType = msgspec.UNSET


def define_plan(service: Service, call: Call[NewPlan, Nothing]) -> Reply:
    """Put a plan up for sale."""
    body = call.body
    given = body.plan_id
    plan_id = PlanId(given.lower() if isinstance(given, str) else service.new_id())
    command = commands.DefinePlan(
        plan_id=plan_id,
        name=body.name,
        type=body.type,
        package=body.package,
        created_at=service.now(),
        external_id=body.external_id,
        metadata=body.metadata,
        trial=_trial(body.trial),
    )
    return service.ask(PlanActor, plan_id, call, command)


async def list_plans(service: Service, call: Call[None, PlansQuery]) -> Answer:
    """List plans, oldest first."""
    query = call.query
    which = PlanFilter(given(query.status), normalized_id(query.external_id))
    items = await service.queries.plans(which, read_number("plans", call), query.limit + 1)
    return show_page("plans", call, items)


async def get_plan(service: Service, call: Call[None, Nothing]) -> Answer:
    """Read a plan."""
    found = await service.queries.plan(call.ids["plan_id"])
    if found is None:
        raise Refused(refusals.PlanNotFound())
    return show_found(found)


def change_plan_details(service: Service, call: Call[PlanChange, Nothing]) -> Reply:
    """Rename or reclassify a plan, or change its external id, its metadata, or the trial that sign-ups start."""
    body = call.body
    trial = msgspec.UNSET if isinstance(body.trial, msgspec.UnsetType) else _trial(body.trial)
    return _ask(service, call, commands.ChangePlanDetails(body.name, body.type, body.external_id, body.metadata, trial))


def revise_package(service: Service, call: Call[Package, Nothing]) -> Reply:
    """Sell another package from now on; open accounts are not affected."""
    return _ask(service, call, commands.RevisePackage(call.body))


def retire_plan(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """Retire a plan: it is no longer for sale."""
    return _ask(service, call, commands.RetirePlan())


def reinstate_plan(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """Put a retired plan up for sale again."""
    return _ask(service, call, commands.ReinstatePlan())


def _trial(given: NewTrial | None) -> Trial | None:
    if given is None:
        return None
    then = given.then
    return Trial(given.days, NextPlan(PlanId(then.plan_id.lower())) if isinstance(then, FollowingPlan) else then)


def _ask(service: Service, call: Call[B, Q], command: Command) -> Reply:
    return service.ask(PlanActor, call.ids["plan_id"], call, command)


def _location(_call: Call[NewPlan, Nothing], plan: PlanSummary) -> str:
    return f"/v1/plans/{plan.plan_id}"


_GONE = (refusals.PlanNotFound,)
_CHANGE = (*_GONE, ExternalIdTaken, MetadataTooLarge)

ROUTES = (
    Route(
        "POST",
        "/v1/plans",
        define_plan,
        PlanSummary,
        201,
        body=NewPlan,
        refusals=(refusals.PlanExists, ExternalIdTaken),
        location=_location,
        scope="plans:write",
    ),
    Route("GET", "/v1/plans", list_plans, Page[PlanSummary], query=PlansQuery, scope="plans:read"),
    Route("GET", "/v1/plans/{plan_id}", get_plan, PlanSummary, refusals=_GONE, scope="plans:read"),
    Route(
        "PATCH",
        "/v1/plans/{plan_id}",
        change_plan_details,
        PlanSummary,
        body=PlanChange,
        refusals=_CHANGE,
        scope="plans:write",
    ),
    Route(
        "PUT",
        "/v1/plans/{plan_id}/package",
        revise_package,
        PlanSummary,
        body=Package,
        refusals=_GONE,
        scope="plans:write",
    ),
    Route(
        "POST",
        "/v1/plans/{plan_id}/retire",
        retire_plan,
        PlanSummary,
        body=Nothing,
        refusals=_GONE,
        scope="plans:write",
    ),
    Route(
        "POST",
        "/v1/plans/{plan_id}/reinstate",
        reinstate_plan,
        PlanSummary,
        body=Nothing,
        refusals=_GONE,
        scope="plans:write",
    ),
)
