"""Past events and commands about what is held, granted, frozen, or lies ahead."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from seatkeeper.actors.accounts.grants.commands import MakeGrant
from seatkeeper.actors.accounts.grants.events import GrantMade
from seatkeeper.actors.accounts.invitations.commands import AcceptInvitation, ExpireInvitation, Invite, RenewInvitation
from seatkeeper.actors.accounts.invitations.events import (
    InvitationAccepted,
    InvitationExpired,
    InvitationMade,
    InvitationRevoked,
)
from seatkeeper.actors.accounts.limits.events import MemberFrozen, SeatWithdrawn, UsageReached
from seatkeeper.actors.accounts.members.events import MemberAdded
from seatkeeper.actors.accounts.profile.events import AccountOpened
from seatkeeper.actors.accounts.terms.commands import ApplyScheduledChange, ChangeTerms, ScheduleChange
from seatkeeper.actors.accounts.terms.events import GraceStarted, PlanChanged, ScheduledChangeSet
from seatkeeper.actors.accounts.values import (
    ChangeId,
    ExcessPolicy,
    GrantId,
    InvitationId,
    MemberId,
    Of,
    Overage,
    Role,
    Terms,
    Then,
    TrialTerms,
    UsagePercent,
)
from seatkeeper.actors.aggregates.messages import Event
from tests.accounts.past import ADA, AT, BOB, CHANGE, ENGINES, EVE, FREE, LATER, TEAM

GUEST = InvitationId("01900000-0000-7000-8000-0000000001a1")
OTHER = InvitationId("01900000-0000-7000-8000-0000000001a2")
GIFT = GrantId("01900000-0000-7000-8000-0000000009a1")
DAN = MemberId("01900000-0000-7000-8000-00000000da40")
ZOE = MemberId("01900000-0000-7000-8000-00000000a0e0")
ANOTHER_CHANGE = ChangeId("01900000-0000-7000-8000-0000000c4a02")

TOKEN, NEW_TOKEN = "11" * 32, "22" * 32
SOON = "2026-11-30T09:00:00.000Z"
"""After LATER."""
AFTER = "2026-12-07T09:00:00.000Z"
"""After SOON."""


def invited(
    invitation_id: InvitationId = GUEST,
    email: str = "guest@example.org",
    *,
    seated: bool = False,
    role: Role = "member",
    expires_at: str = SOON,
) -> Event:
    """Somebody was invited."""
    return InvitationMade(invitation_id, email, role, seated, TOKEN, expires_at, LATER)


def invite(invitation_id: InvitationId = GUEST, email: str = "guest@example.org", *, seated: bool = False) -> Invite:
    """Invite somebody."""
    return Invite(invitation_id, email, "member", seated, TOKEN, SOON, LATER)


def accept(
    member_id: MemberId = EVE, *, token: str = TOKEN, at: str = LATER, external_id: str | None = None
) -> AcceptInvitation:
    """Accept the invitation."""
    return AcceptInvitation(GUEST, token, member_id, "Eve", at, external_id)


def accepted(member_id: MemberId = EVE, email: str = "guest@example.org") -> list[Event]:
    """The invitation was accepted."""
    return [InvitationAccepted(GUEST, member_id), MemberAdded(member_id, "Eve", email, "member", LATER)]


def renew(*, expires_at: str = AFTER) -> RenewInvitation:
    """Give the invitation a new token and a new end."""
    return RenewInvitation(GUEST, NEW_TOKEN, expires_at, LATER)


def revoked(invitation_id: InvitationId = GUEST) -> Event:
    """The invitation was revoked."""
    return InvitationRevoked(invitation_id)


def expired() -> Event:
    """The invitation expired."""
    return InvitationExpired(GUEST)


def expire(at: str = SOON) -> ExpireInvitation:
    """The timer of the invitation has come."""
    return ExpireInvitation(GUEST, at)


def granted(members: int = 0, seats: int = 0, *, expires_at: str | None = None, grant_id: GrantId = GIFT) -> Event:
    """Something was granted."""
    return GrantMade(grant_id, seats, members, "a gift", expires_at, LATER)


def grant(members: int = 0, seats: int = 0, *, expires_at: str | None = None) -> MakeGrant:
    """Grant something."""
    return MakeGrant(GIFT, seats, members, "a gift", LATER, expires_at)


def frozen(*member_ids: MemberId) -> list[Event]:
    """These members were frozen."""
    return [MemberFrozen(member_id) for member_id in member_ids]


def withdrawn(*member_ids: MemberId) -> list[Event]:
    """The seats of these members were taken back."""
    return [SeatWithdrawn(member_id) for member_id in member_ids]


def reached(percent: UsagePercent, used: int, limit: int, of: Of = "members") -> Event:
    """So much of a limit is used."""
    return UsageReached(of, percent, limit, used)


def bought(  # noqa: PLR0913 - each test names only what it is about
    user_limit: int,
    total_seats: int = 2,
    *,
    excess: ExcessPolicy | UnsetType = UNSET,
    grace_seconds: int | UnsetType = UNSET,
    revision: int = 1,
    overage: Overage | UnsetType = UNSET,
) -> PlanChanged:
    """The plan was changed."""
    return PlanChanged(FREE, revision, total_seats, user_limit, overage, excess, grace_seconds)


def buy(  # noqa: PLR0913 - each test names only what it is about
    user_limit: int,
    total_seats: int = 2,
    *,
    excess: ExcessPolicy | None = None,
    grace_seconds: int | None = None,
    keep: tuple[MemberId, ...] = (),
    change_id: ChangeId = CHANGE,
    revision: int = 1,
    overage: Overage = "refuse",
) -> ChangeTerms:
    """Change the plan now."""
    package = Terms(FREE, revision, total_seats, user_limit, overage)
    return ChangeTerms(package, change_id, LATER, excess, grace_seconds, keep)


def scheduled(
    excess: ExcessPolicy | None = None, grace_seconds: int | None = None, keep: tuple[MemberId, ...] = ()
) -> Event:
    """A change of plan was scheduled."""
    return ScheduledChangeSet(CHANGE, FREE, SOON, excess, grace_seconds, keep)


def schedule(
    excess: ExcessPolicy | None = None, keep: tuple[MemberId, ...] = (), change_id: ChangeId = CHANGE
) -> ScheduleChange:
    """Change the plan on a day."""
    return ScheduleChange(change_id, FREE, SOON, excess, None, keep)


def on_the_day(
    user_limit: int = 3, total_seats: int = 2, at: str = SOON, change_id: ChangeId = CHANGE
) -> ApplyScheduledChange:
    """The day of the change has come, and the plan sells this."""
    return ApplyScheduledChange(change_id, Terms(FREE, 1, total_seats, user_limit), None, at)


def in_grace(members: int, seats: int = 2, keep: tuple[MemberId, ...] = (), ends_at: str = SOON) -> Event:
    """A grace has started, with these limits of before."""
    return GraceStarted(CHANGE, ends_at, members, seats, keep)


def on_trial(then: Then = "suspend") -> list[Event]:
    """An open account on trial until SOON."""
    trial = TrialTerms(SOON, then)
    opened = AccountOpened(ENGINES, "Engines", TEAM, 1, 2, 10, "EUR", AT, trial=trial)
    return [opened, MemberAdded(ADA, "Ada", None, "admin", AT)]


def team(*member_ids: MemberId) -> list[Event]:
    """Members without a seat, who joined in this order."""
    return [MemberAdded(member_id, "Somebody", None, "member", LATER) for member_id in member_ids or (BOB, EVE)]
