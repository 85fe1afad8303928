"""The rules of a plan. Each docstring is the sentence that the client reads."""

from __future__ import annotations

from seatkeeper.actors.messages import Refusal
from seatkeeper.actors.subscriptions.events import PlanId


class PlanNotFound(Refusal, frozen=True, gc=False):
    """There is no plan with this id."""


class PlanExists(Refusal, frozen=True, gc=False):
    """There is a plan with the id {plan_id} already."""

    plan_id: PlanId


class PlanRetired(Refusal, frozen=True, gc=False):
    """The plan {plan_id} is retired: it is no longer sold."""

    plan_id: PlanId
