"""The routes of what an account bought: its plan, now or on a day that lies ahead, and its trial."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.limits.refusals import OverLimit
from seatkeeper.actors.accounts.members.refusals import MemberNotFound
from seatkeeper.actors.accounts.profile.refusals import AccountClosed, AccountNotFound, AccountSuspended
from seatkeeper.actors.accounts.summaries import AccountSummary
from seatkeeper.actors.accounts.terms.commands import CancelScheduledChange, ChangeTrial, ConvertTrial
from seatkeeper.actors.accounts.values import AccountId, ChangeId, ExcessPolicy, MemberId
from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.messages import Command
from seatkeeper.actors.processes.change_plan import ChangePlan
from seatkeeper.actors.subscriptions.events import PlanId
from seatkeeper.actors.subscriptions.refusals import PlanNotFound, PlanRetired
from seatkeeper.http import fields
from seatkeeper.http.api.lists.filters import given
from seatkeeper.http.api.service import Service
from seatkeeper.http.server.routes import B, Call, Nothing, Q, Route
from seatkeeper.http.server.validation import FieldError
from seatkeeper.http.times import Time, ahead, in_utc, written

GraceSeconds: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=316_224_000)]
"""Up to ten years."""

A_WEEK = 604_800
"""Seconds of a grace for which no other length is given."""

Keep: TypeAlias = Annotated[
    list[fields.Id], msgspec.Meta(max_length=1_000, extra={"expected": "a list of at most 1000 ids of members"})
]


class OtherPlan(msgspec.Struct, forbid_unknown_fields=True):
    """The plan to change to, when, and what happens to what does not fit: `grace_seconds` only with `grace`, or a week.

    Those in `keep` are frozen after all others.
    """

    plan_id: fields.Id
    effective_at: Time | msgspec.UnsetType = msgspec.UNSET
    excess: ExcessPolicy | msgspec.UnsetType = msgspec.UNSET
    grace_seconds: GraceSeconds | msgspec.UnsetType = msgspec.UNSET
    keep: Keep = []

    def __post_init__(self) -> None:
        if not isinstance(self.effective_at, msgspec.UnsetType):
            self.effective_at = in_utc("effective_at", self.effective_at)
        if self.excess == "grace":
            self.grace_seconds = self.grace_seconds or A_WEEK
        elif isinstance(self.grace_seconds, int):
            raise FieldError("grace_seconds", "Expected with an excess of grace, and only then")


class TrialEnd(msgspec.Struct, forbid_unknown_fields=True):
    """When the trial ends, which lies ahead."""

    ends_at: Time

    def __post_init__(self) -> None:
        self.ends_at = in_utc("ends_at", self.ends_at)


def change_plan(service: Service, call: Call[OtherPlan, Nothing]) -> Reply:
    """Move an account to what a plan sells, now or on a day that lies ahead.

    A change now ends a trial, and takes the place of a change that was scheduled. A scheduled one takes what the plan
    sells on its day, and is decided anew then. What does not fit is refused, frozen, or frozen after a grace.
    """
    body, day = call.body, call.body.effective_at
    message = ChangePlan(
        AccountId(call.ids["account_id"]),
        PlanId(body.plan_id.lower()),
        ChangeId(service.new_id()),
        service.now(),
        call.options,
        effective_at=None if isinstance(day, msgspec.UnsetType) else written(day),
        excess=given(body.excess),
        grace_seconds=given(body.grace_seconds),
        keep=tuple(MemberId(member_id.lower()) for member_id in body.keep),
    )
    return service.change_plan.ask(message)


def cancel_scheduled_change(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """Cancel the change of plan that lies ahead, if there is one."""
    return _ask(service, call, CancelScheduledChange())


def change_trial(service: Service, call: Call[TrialEnd, Nothing]) -> Reply:
    """Let the trial end earlier or later, or start one, which ends in a suspension."""
    return _ask(service, call, ChangeTrial(ahead("ends_at", call.body.ends_at, service.now())))


def end_trial(service: Service, call: Call[Nothing, Nothing]) -> Reply:
    """Make a full account of one on trial now."""
    return _ask(service, call, ConvertTrial())


def _ask(service: Service, call: Call[B, Q], command: Command) -> Reply:
    return service.ask(AccountActor, call.ids["account_id"], call, command)


_RESTS = (AccountNotFound, AccountSuspended, AccountClosed)
_ACCOUNT = "/v1/accounts/{account_id}"
_TRIAL = f"{_ACCOUNT}/trial"

ROUTES = (
    Route(
        "PUT",
        f"{_ACCOUNT}/plan",
        change_plan,
        AccountSummary,
        body=OtherPlan,
        refusals=(*_RESTS, PlanNotFound, PlanRetired, MemberNotFound, OverLimit),
        scope="accounts:write",
    ),
    Route(
        "DELETE",
        f"{_ACCOUNT}/scheduled-change",
        cancel_scheduled_change,
        AccountSummary,
        body=Nothing,
        refusals=_RESTS,
        scope="accounts:write",
    ),
    Route("PUT", _TRIAL, change_trial, AccountSummary, body=TrialEnd, refusals=_RESTS, scope="accounts:write"),
    Route("DELETE", _TRIAL, end_trial, AccountSummary, body=Nothing, refusals=_RESTS, scope="accounts:write"),
)
