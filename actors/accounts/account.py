"""An account: its state. How it evolves is in evolution.py, what it decides in decisions.py and in the rooms."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.accounts.grants.grant import Grant
from seatkeeper.actors.accounts.invitations.invitation import Invitation
from seatkeeper.actors.accounts.members.member import Member
from seatkeeper.actors.accounts.terms.pending import Grace, ScheduledChange
from seatkeeper.actors.accounts.values import (
    AccountId,
    GrantId,
    InvitationId,
    MemberId,
    Overage,
    PlanId,
    Policy,
    Status,
    Timer,
    TrialTerms,
)
from seatkeeper.actors.aggregates.external import Metadata


class Account(msgspec.Struct, gc=False, omit_defaults=True):
    """The state of one account, private to its actor. It stores its counts, so that no command has to count.

    What few accounts have is None in the others, so that it costs them nothing.
    """

    account_id: AccountId
    account_name: str
    plan_id: PlanId
    revision: int
    total_seats: int
    user_limit: int
    currency: str
    created_at: str
    status: Status = "active"
    credit: int = 0
    seats_taken: int = 0
    admins: int = 0
    """Active ones; a frozen admin does not count."""
    members: dict[MemberId, Member] = {}  # msgspec gives each account a copy
    """In the order in which they joined, frozen ones too."""
    emails: dict[str, MemberId] = {}
    same_emails: dict[str, list[MemberId]] = {}
    """More members with an address of `emails`: only events from before domains were compared in ASCII make some."""
    external_id: str | None = None
    metadata: Metadata | None = None
    external_ids: dict[str, MemberId] | None = None
    """The members by their external ids; None while no member had one, so that most accounts have no empty table."""
    version: int = 0
    """The number of events; 0 only in a snapshot of a release that did not count them."""
    terms_version: int = 1
    """The version that the event of the terms made; 0 when it is not known, after a snapshot of an old release."""
    overage: Overage | None = None
    """None for `refuse`."""
    policy: Policy | None = None
    invitations: dict[InvitationId, Invitation] | None = None
    """All, also those that are over: a token of one of them is known."""
    invited: dict[str, InvitationId] | None = None
    """The pending ones by their address as it is compared, the earliest first; each holds a member slot."""
    seats_held: int = 0
    """By pending invitations."""
    grants: dict[GrantId, Grant] | None = None
    """Those in force."""
    granted_members: int = 0
    granted_seats: int = 0
    frozen: dict[MemberId, int] | None = None
    """The frozen members, the first frozen first, and the version from which each is frozen."""
    owed_seats: dict[MemberId, int] | None = None
    """The members whose seats were withdrawn, the first first, and the version from which each is owed one."""
    trial: TrialTerms | None = None
    scheduled_change: ScheduledChange | None = None
    grace: Grace | None = None
    timers: list[Timer] | None = None
    """A heap; its top is always a timer that is wanted, others in it may be over."""

    @property
    def count(self) -> int:
        """The active members."""
        return len(self.members) if self.frozen is None else len(self.members) - len(self.frozen)

    @property
    def held(self) -> int:
        """The member slots that pending invitations hold."""
        return 0 if self.invited is None else len(self.invited)

    def invitation_to(self, address: str) -> InvitationId | None:
        """Find the pending invitation to an address, in the form in which addresses are compared."""
        return None if self.invited is None else self.invited.get(address)

    def is_frozen(self, member_id: MemberId) -> bool:
        """Whether the member is frozen."""
        return self.frozen is not None and member_id in self.frozen

    def member_of(self, external_id: str) -> MemberId | None:
        """Find the member with this external id."""
        return None if self.external_ids is None else self.external_ids.get(external_id)


def complete(account: Account, version: int) -> None:
    """Fill in what a snapshot from before versions were counted lacks; which event made the terms stays unknown."""
    account.version, account.terms_version = version, 0


def same(snapshot: Account, replayed: Account) -> bool:
    """Compare two states; the event of the terms may be unknown after a snapshot of an old release."""
    if snapshot.terms_version == 0:
        replayed = msgspec.structs.replace(replayed, terms_version=0)
    return snapshot == replayed


def identity(account: Account) -> str:
    """Return the id of the account, which is also in the id of its stream."""
    return account.account_id


def size(account: Account) -> int:
    """Count what a snapshot costs, in events: its members and invitations, two of which are less work than an event."""
    return (len(account.members) + len(account.invitations or ())) // 2
