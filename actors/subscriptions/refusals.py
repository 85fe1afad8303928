"""The refusals of a plan. Each docstring is the `detail` that the client reads, with its fields filled in."""

from __future__ import annotations

from seatkeeper.actors.aggregates.messages import NotFound, Refusal
from seatkeeper.actors.subscriptions.events import PlanId


class PlanNotFound(NotFound, frozen=True, gc=False):
    """Plan not found: no plan has this id. Check the id.

    It comes when an id, in the path or in the body, belongs to no plan.

    Take the id from the list of plans, or find the plan by its external id.
    """


class PlanExists(Refusal, frozen=True, gc=False):
    """Plan id taken: a plan with the id {plan_id} exists already. Use another id.

    It comes when a plan is defined under an id that is in use.

    Read the plan with this id: it may be the one that you want, from an earlier try. Otherwise leave `plan_id`
    out, and the service makes one.
    """

    plan_id: PlanId


class PlanRetired(Refusal, frozen=True, gc=False):
    """Plan retired: the plan {plan_id} is not for sale. Choose another plan, or reinstate this one.

    It comes when somebody signs up to a retired plan or an account is moved to one. Accounts that are on it stay.

    Offer a plan whose status is `active`, or reinstate this one.
    """

    plan_id: PlanId
