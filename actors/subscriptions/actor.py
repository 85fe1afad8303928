"""A plan in its actor."""

from __future__ import annotations

from typing import ClassVar

from seatkeeper.actors.aggregate import AggregateActor
from seatkeeper.actors.messages import Command, Decision, Event
from seatkeeper.actors.subscriptions import plan
from seatkeeper.actors.subscriptions.plan import Offer, Plan, PlanSummary


class PlanActor(AggregateActor[Plan]):
    """The actor of one plan."""

    kind: ClassVar[str] = "plan"

    def decide(self, state: Plan | None, command: Command) -> Decision:
        """Decide as plan.py does."""
        return plan.decide(state, command)

    def evolve(self, state: Plan | None, event: Event) -> Plan:
        """Evolve as plan.py does."""
        return plan.evolve(state, event)

    def answer(self, state: Plan, version: int, command: Command) -> PlanSummary | Offer:
        """Answer as plan.py does."""
        return plan.answer(state, version, command)

    def size(self, state: Plan) -> int:  # noqa: ARG002 - a plan has no parts
        """Count the parts: a plan is one."""
        return 1
