"""The refusals of a plan. Each docstring is the `detail` that the client reads, with its fields filled in."""

from __future__ import annotations

from seatkeeper.actors.aggregates.messages import NotFound, Refusal
from seatkeeper.actors.subscriptions.events import PlanId


class PlanNotFound(NotFound, frozen=True, gc=False):
    """Plan not found: no plan has this id. Check the id."""


class PlanExists(Refusal, frozen=True, gc=False):
    """Plan id taken: a plan with the id {plan_id} exists already. Use another id."""

    plan_id: PlanId


class PlanRetired(Refusal, frozen=True, gc=False):
    """Plan retired: the plan {plan_id} is not for sale. Choose another plan, or reinstate this one."""

    plan_id: PlanId
