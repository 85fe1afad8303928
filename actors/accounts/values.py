"""The values of accounts, that commands, events and answers are made of."""

from __future__ import annotations

from typing import Annotated, Literal, NewType, TypeAlias

import msgspec

AccountId = NewType("AccountId", str)
MemberId = NewType("MemberId", str)
PlanId = NewType("PlanId", str)
InvitationId = NewType("InvitationId", str)
GrantId = NewType("GrantId", str)
ChangeId = NewType("ChangeId", str)
"""The id of one change of plan."""

Role: TypeAlias = Literal["admin", "member", "viewer"]
Status: TypeAlias = Literal["active", "suspended", "closed"]
MemberStatus: TypeAlias = Literal["active", "frozen"]
InvitationStatus: TypeAlias = Literal["pending", "accepted", "revoked", "expired"]
Of: TypeAlias = Literal["members", "seats"]
"""The two things that an account has a limit of."""

LARGEST_AMOUNT = 2**53 - 1
"""Minor units; the largest integer that every reader of JSON has exactly (RFC 8259, section 6)."""

_BOUNDS = {"minimum": -LARGEST_AMOUNT, "maximum": LARGEST_AMOUNT}


class Money(msgspec.Struct, frozen=True, gc=False):
    """An amount in minor units of a currency (ISO 4217); only events of older releases have larger ones."""

    amount: Annotated[int, msgspec.Meta(extra_json_schema=_BOUNDS)]  # described, not checked: see above
    currency: str


class Percent(msgspec.Struct, frozen=True, gc=False):
    """So many hundredths of a limit may be taken beyond it, rounded down."""

    percent: int


Overage: TypeAlias = Literal["refuse", "allow"] | Percent
"""What may be taken beyond a limit: nothing, anything, or a share of it."""


class Terms(msgspec.Struct, frozen=True, gc=False):
    """What an account bought: a revision of a plan, with its seats and member slots."""

    plan_id: PlanId
    revision: int
    total_seats: int
    user_limit: int
    overage: Overage = "refuse"


class MoveTo(msgspec.Struct, frozen=True, gc=False):
    """The plan to which an account moves."""

    plan_id: PlanId


Then: TypeAlias = Literal["suspend", "continue"] | MoveTo
"""What comes after a trial."""


class TrialTerms(msgspec.Struct, frozen=True, gc=False):
    """Until when a trial runs, and what comes then."""

    ends_at: str
    then: Then


ExcessPolicy: TypeAlias = Literal["refuse", "freeze", "grace"]
"""What happens to members and seats that do not fit into smaller limits."""


class Policy(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What the last change of plan that said so wanted for what does not fit; `grace_seconds` only with grace."""

    excess: ExcessPolicy
    grace_seconds: int | None = None


class Excess(msgspec.Struct, frozen=True, gc=False):
    """How many members and taken seats are too many for a package."""

    members: int
    seats: int


PlanReason: TypeAlias = Literal["plan-retired", "plan-not-found"]
"""Why a plan sells nothing."""
RefusedBecause: TypeAlias = Literal["plan-retired", "plan-not-found", "over-limit", "account-suspended"]
"""Why a scheduled change did not happen on its day."""
GraceOutcome: TypeAlias = Literal["over", "fits", "replaced"]
UsagePercent: TypeAlias = Literal[100, 80]
TrialReason: TypeAlias = Literal["plan-retired", "plan-not-found", "account-suspended"]
"""Why a trial did not end on its plan."""
TrialOutcome: TypeAlias = Literal["suspended", "continued", "moved", "converted"]

TimerKind: TypeAlias = Literal["invitation-expires", "trial-ends", "grant-expires", "plan-changes", "grace-ends"]
Timer: TypeAlias = tuple[str, TimerKind, str]
"""When something is due, what, and the id of the thing that is due."""
