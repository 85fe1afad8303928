"""The actor class of plans: it binds the pure functions of this context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, get_args

from seatkeeper.actors.aggregates.aggregate import AggregateActor
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.actors.subscriptions import plan
from seatkeeper.actors.subscriptions.events import PlanEvent
from seatkeeper.actors.subscriptions.plan import Plan


class PlanActor(AggregateActor[Plan]):
    """The actor of one plan."""

    kind: ClassVar[str] = "plan"
    state_type: ClassVar[type[Plan]] = Plan
    event_types: ClassVar[Sequence[type[Event]]] = get_args(PlanEvent)

    decide = staticmethod(plan.decide)
    evolve = staticmethod(plan.evolve)
    answer = staticmethod(plan.answer)
    stored_answer = staticmethod(plan.stored_answer)
    identity = staticmethod(plan.identity)
