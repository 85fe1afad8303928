"""The routes of plans."""

from __future__ import annotations

from typing import Literal

import msgspec

from seatkeeper.actors.aggregate import Reply
from seatkeeper.actors.subscriptions import commands, refusals
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.events import Package, PlanId
from seatkeeper.actors.subscriptions.plan import PlanSummary
from seatkeeper.http import fields
from seatkeeper.http.pages import Page, PageQuery, read_number, show_found, show_page
from seatkeeper.http.problems import Refused
from seatkeeper.http.routes import Answer, Call, Nothing, Route
from seatkeeper.http.service import Service


class NewPlan(msgspec.Struct, forbid_unknown_fields=True):
    """A plan to define; the id is made here unless it is given."""

    name: fields.Name
    type: fields.PlanType
    package: Package
    plan_id: fields.NewId | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        self.name = fields.name("name", self.name)


class PlanChange(msgspec.Struct, forbid_unknown_fields=True):
    """What changes of a plan; what is left out stays."""

    name: fields.Name | msgspec.UnsetType = msgspec.UNSET
    type: fields.PlanType | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        self.name = fields.name_if_given("name", self.name)


class PlansQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which plans are listed."""

    status: Literal["active", "retired"] | msgspec.UnsetType = msgspec.UNSET


def define_plan(service: Service, call: Call[NewPlan, Nothing]) -> Reply:
    """Put a plan up for sale."""
    body = call.body
    given = body.plan_id
    plan_id = PlanId(given.lower() if isinstance(given, str) else service.new_id())
    command = commands.DefinePlan(plan_id, body.name, body.type, body.package, service.now())
    return service.directory.ask(PlanActor, plan_id, command, call.expected_version, call.key)


async def list_plans(service: Service, call: Call[None, PlansQuery]) -> Answer:
    """List plans, oldest first."""
    query = call.query
    status = query.status if isinstance(query.status, str) else None
    items = await service.views.plans(status, read_number("plans", query), query.limit + 1)
    return show_page("plans", items, query.limit)


async def get_plan(service: Service, call: Call[None, Nothing]) -> Answer:
    """Read a plan."""
    found = await service.views.plan(call.ids["plan_id"])
    if found is None:
        raise Refused(refusals.PlanNotFound())
    return show_found(found)


def change_plan_details(service: Service, call: Call[PlanChange, Nothing]) -> Reply:
    """Rename or reclassify a plan."""
    name, kind = (value if isinstance(value, str) else None for value in (call.body.name, call.body.type))
    return service.ask_plan(call, commands.RenamePlan(name, kind))


def revise_package(service: Service, call: Call[Package, Nothing]) -> Reply:
    """Sell another package from now on; accounts already open keep the one they bought."""
    return service.ask_plan(call, commands.RevisePackage(call.body))


def retire_plan(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """Take a plan off the shelf."""
    return service.ask_plan(call, commands.RetirePlan())


def reinstate_plan(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """Put a retired plan back on the shelf."""
    return service.ask_plan(call, commands.ReinstatePlan())


def _place(_call: Call[NewPlan, Nothing], plan: PlanSummary) -> str:
    return f"/v1/plans/{plan.plan_id}"


_GONE = (refusals.PlanNotFound,)

ROUTES = (
    Route(
        "POST",
        "/v1/plans",
        define_plan,
        PlanSummary,
        201,
        body=NewPlan,
        refusals=(refusals.PlanExists,),
        location=_place,
    ),
    Route("GET", "/v1/plans", list_plans, Page[PlanSummary], query=PlansQuery),
    Route("GET", "/v1/plans/{plan_id}", get_plan, PlanSummary, refusals=_GONE),
    Route("PATCH", "/v1/plans/{plan_id}", change_plan_details, PlanSummary, body=PlanChange, refusals=_GONE),
    Route("PUT", "/v1/plans/{plan_id}/package", revise_package, PlanSummary, body=Package, refusals=_GONE),
    Route("POST", "/v1/plans/{plan_id}/retire", retire_plan, PlanSummary, body=Nothing, refusals=_GONE),
    Route("POST", "/v1/plans/{plan_id}/reinstate", reinstate_plan, PlanSummary, body=Nothing, refusals=_GONE),
)
