"""A plan in its actor."""

from __future__ import annotations

from typing import ClassVar

from seatkeeper.actors.aggregate import AggregateActor
from seatkeeper.actors.subscriptions import plan
from seatkeeper.actors.subscriptions.plan import Plan


class PlanActor(AggregateActor[Plan]):
    """The actor of one plan."""

    kind: ClassVar[str] = "plan"

    decide = staticmethod(plan.decide)
    evolve = staticmethod(plan.evolve)
    answer = staticmethod(plan.answer)

    @staticmethod
    def size(state: Plan) -> int:  # noqa: ARG004 - a plan has no parts
        """Count the parts: a plan is one."""
        return 1
