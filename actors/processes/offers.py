"""The offer of a plan as the terms of an account: the only value that passes between the two contexts."""

from __future__ import annotations

from seatkeeper.actors.accounts.commands import Terms
from seatkeeper.actors.accounts.events import PlanId as BoughtPlanId
from seatkeeper.actors.aggregates.door import Door
from seatkeeper.actors.aggregates.messages import Refusal
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.commands import OfferPackage
from seatkeeper.actors.subscriptions.events import PlanId
from seatkeeper.actors.subscriptions.plan import Offer

_OFFER = OfferPackage()


async def terms_of(directory: Door, plan_id: PlanId) -> Terms | Refusal:
    """Ask a plan what it sells now; raises what `ask` raises."""
    outcome = await directory.ask(PlanActor, plan_id, _OFFER)
    if isinstance(outcome, Refusal):
        return outcome
    offer = outcome.value
    if not isinstance(offer, Offer):
        message = f"a plan offered {offer!r}"
        raise TypeError(message)
    package = offer.package
    return Terms(BoughtPlanId(offer.plan_id), offer.revision, package.total_seats, package.user_limit)
