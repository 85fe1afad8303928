"""The change to other terms, however it comes about."""

from __future__ import annotations

from msgspec import UNSET

from seatkeeper.actors.accounts.limits.draft import Draft
from seatkeeper.actors.accounts.limits.refusals import OverLimit
from seatkeeper.actors.accounts.limits.shrinking import Limits, Smaller, move
from seatkeeper.actors.accounts.terms import events
from seatkeeper.actors.accounts.terms.commands import ChangeTerms
from seatkeeper.actors.accounts.terms.pending import ScheduledChange
from seatkeeper.actors.accounts.values import Policy, Terms


def change_to(draft: Draft, terms: Terms, policy: Policy | None, smaller: Smaller) -> OverLimit | None:
    """Have these terms from now on, unless that is refused; the same terms and the same policy change nothing."""
    account = draft.account
    same = (terms.plan_id, terms.revision) == (account.plan_id, account.revision)
    if same and (policy is None or policy == account.policy):
        return None
    changed = events.PlanChanged(
        terms.plan_id,
        terms.revision,
        terms.total_seats,
        terms.user_limit,
        UNSET if terms.overage == "refuse" else terms.overage,
        UNSET if policy is None else policy.excess,
        UNSET if policy is None or policy.grace_seconds is None else policy.grace_seconds,
    )
    limits = Limits(
        terms.user_limit + account.granted_members, terms.total_seats + account.granted_seats, terms.overage
    )
    return move(draft, limits, changed, smaller, anew=True)


def change_as_wanted(draft: Draft, terms: Terms, wanted: ChangeTerms | ScheduledChange, at: str) -> OverLimit | None:
    """Have these terms from now on, with what a change says about what does not fit."""
    policy = None if wanted.excess is None else Policy(wanted.excess, wanted.grace_seconds)
    smaller = Smaller(wanted.excess or "refuse", wanted.change_id, at, wanted.grace_seconds, wanted.keep)
    return change_to(draft, terms, policy, smaller)
