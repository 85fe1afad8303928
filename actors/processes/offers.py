"""The offer of a plan as the terms of an account: the only value that passes between the two contexts."""

from __future__ import annotations

from msgspec import UNSET

from seatkeeper.actors.accounts import values
from seatkeeper.actors.accounts.values import Terms, TrialTerms
from seatkeeper.actors.aggregates.door import Door
from seatkeeper.actors.aggregates.messages import Refusal
from seatkeeper.actors.aggregates.times import later
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.commands import OfferPackage
from seatkeeper.actors.subscriptions.events import NextPlan, Percent, PlanId
from seatkeeper.actors.subscriptions.plan import Offer

_OFFER = OfferPackage()
_SECONDS_A_DAY = 86_400


async def offer_of(directory: Door, plan_id: PlanId) -> Offer | Refusal:
    """Ask a plan what it sells now; raises what `ask` raises."""
    outcome = await directory.ask(PlanActor, plan_id, _OFFER)
    if isinstance(outcome, Refusal):
        return outcome
    offer = outcome.value
    if not isinstance(offer, Offer):
        message = f"a plan offered {offer!r}"
        raise TypeError(message)
    return offer


def terms_of(offer: Offer) -> Terms:
    """Make the terms of what is offered."""
    package = offer.package
    plan_id = values.PlanId(offer.plan_id)
    if package.overage is UNSET:
        return Terms(plan_id, offer.revision, package.total_seats, package.user_limit)
    overage = package.overage
    allowed = values.Percent(overage.percent) if isinstance(overage, Percent) else overage
    return Terms(plan_id, offer.revision, package.total_seats, package.user_limit, allowed)


def trial_of(offer: Offer, at: str) -> TrialTerms | None:
    """Make the terms of the trial that begins with a sign-up; None if the plan has none."""
    trial = offer.trial
    if trial is None:
        return None
    then = values.MoveTo(values.PlanId(trial.then.plan_id)) if isinstance(trial.then, NextPlan) else trial.then
    return TrialTerms(later(at, trial.days * _SECONDS_A_DAY), then)
