"""The rules of docs/rules.md, kept a second time from the events alone: who is in, who waits, and what may be taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from msgspec import UNSET, UnsetType

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.grants import events as grants
from seatkeeper.actors.accounts.invitations import events as invitations
from seatkeeper.actors.accounts.limits import events as limits
from seatkeeper.actors.accounts.members import events as members
from seatkeeper.actors.accounts.profile import events as profile
from seatkeeper.actors.accounts.terms import events as terms
from seatkeeper.actors.accounts.values import Overage, Percent
from seatkeeper.actors.aggregates.messages import Event
from tests.simulation.world import Broken


class Ledger:
    """What the events of one account say, without any of its own functions."""

    def __init__(self) -> None:
        self.members: dict[str, str] = {}
        """The members, in the order in which they joined, and their roles."""
        self.frozen: list[str] = []
        self.owed: list[str] = []
        self.seated: set[str] = set()
        self.invitations: dict[str, tuple[str, bool]] = {}
        """The pending ones: when each ends, and whether it holds a seat."""
        self._how: dict[str, str] = {}
        """How those that are over have ended."""
        self._seats: dict[str, bool] = {}
        self.grants: dict[str, tuple[int, int]] = {}
        self.bought: tuple[int, int, Overage | UnsetType] = (0, 0, "refuse")
        self.in_grace = self.on_trial = self.closed = False
        self.scheduled: str | None = None

    def enter(self, event: Event) -> None:
        """Write an event down; raise Broken where it contradicts those before it."""
        enter = _ENTRIES.get(type(event))
        if enter is not None:
            enter(self, event)

    @property
    def active(self) -> list[str]:
        """The members that count."""
        return [member_id for member_id in self.members if member_id not in self.frozen]

    def room(self) -> tuple[int, int]:
        """Return how many members and seats may be taken."""
        seats, slots, overage = self.bought
        slots = max(0, slots + sum(grant[0] for grant in self.grants.values()))
        seats = max(0, seats + sum(grant[1] for grant in self.grants.values()))
        if overage == "allow":
            return 10**9, 10**9
        percent = overage.percent if isinstance(overage, Percent) else 0
        return slots + slots * percent // 100, seats + seats * percent // 100

    def wrong(self, account: Account) -> Iterator[str]:
        """Name the rules that do not hold after a whole append, and where the account counts otherwise."""
        count, held = len(self.active), len(self.invitations)
        seats_held = sum(seated for _, seated in self.invitations.values())
        slots, seats = self.room()
        if not self.in_grace and not self.closed:
            if count + held > slots and not (slots == 0 and count + held == 1):
                yield f"{count} members and {held} invitations of {slots}, by its events"
            if len(self.seated) + seats_held > seats:
                yield f"{len(self.seated)} seats and {seats_held} held of {seats}, by its events"
            if self.frozen and count + held < slots:
                yield f"room, by its events, and {self.frozen[0]} is frozen"
            if len(self.seated) + seats_held < seats and any(one not in self.frozen for one in self.owed):
                yield f"a seat, by its events, and it owes one of {self.owed}"
        if self.seated & set(self.frozen):
            yield "a frozen member with a seat, by its events"
        if not any(self.members[member_id] == "admin" for member_id in self.active):
            yield "no active admin, by its events"
        ours = (count, held, len(self.seated), seats_held, self.frozen, self.owed, self.in_grace, self.on_trial)
        theirs = (
            account.count,
            account.held,
            account.seats_taken,
            account.seats_held,
            list(account.frozen or ()),
            list(account.owed_seats or ()),
            account.grace is not None,
            account.trial is not None,
        )
        if ours != theirs:
            yield f"counted {theirs}, and its events say {ours}"

    def opened(self, event: profile.AccountOpened) -> None:
        self._buy(event)
        self.on_trial = event.trial is not UNSET

    def _buy(self, event: profile.AccountOpened | terms.PlanChanged) -> None:
        self.bought = (event.total_seats, event.user_limit, event.overage)

    def bring(self, event: members.MemberAdded) -> None:
        self._need(event.member_id not in self.members, event)
        self.members[event.member_id] = event.role

    def remove(self, event: members.MemberRemoved) -> None:
        self._need(event.member_id in self.members, event)
        del self.members[event.member_id]
        self.seated.discard(event.member_id)
        for waiting in (self.frozen, self.owed):
            if event.member_id in waiting:
                waiting.remove(event.member_id)

    def role(self, event: members.MemberRoleChanged) -> None:
        self.members[event.member_id] = event.role

    def freeze(self, event: limits.MemberFrozen) -> None:
        self._need(event.member_id in self.active, event)
        self.frozen.append(event.member_id)

    def thaw(self, event: limits.MemberThawed) -> None:
        """Exactly what was frozen comes back, the first first."""
        self._need(self.frozen[:1] == [event.member_id], event)
        del self.frozen[0]

    def take(self, event: members.SeatTaken) -> None:
        self._need(event.member_id in self.active and event.member_id not in self.seated, event)
        self.seated.add(event.member_id)

    def free(self, event: members.SeatFreed) -> None:
        self._need(event.member_id in self.seated or event.member_id in self.owed, event)
        self.seated.discard(event.member_id)
        if event.member_id in self.owed:
            self.owed.remove(event.member_id)

    def withdraw(self, event: limits.SeatWithdrawn) -> None:
        self._need(event.member_id in self.seated, event)
        self.seated.remove(event.member_id)
        self.owed.append(event.member_id)

    def give_back(self, event: limits.SeatReturned) -> None:
        """The first one who is active and waits gets the seat."""
        waiting = [member_id for member_id in self.owed if member_id not in self.frozen]
        self._need(waiting[:1] == [event.member_id], event)
        self.owed.remove(event.member_id)
        self.seated.add(event.member_id)

    def invite(self, event: invitations.InvitationMade) -> None:
        self._need(event.invitation_id not in self.invitations, event)
        self.invitations[event.invitation_id] = (event.expires_at, event.seated)
        self._seats[event.invitation_id] = event.seated

    def renew(self, event: invitations.InvitationRenewed) -> None:
        self._need(self._how.get(event.invitation_id, "expired") == "expired", event)
        self._how.pop(event.invitation_id, None)
        self.invitations[event.invitation_id] = (event.expires_at, self._seats[event.invitation_id])

    def end(self, event: Event) -> None:
        """An invitation that is over is over once."""
        invitation_id: str = getattr(event, "invitation_id", "")
        self._need(invitation_id in self.invitations, event)
        del self.invitations[invitation_id]
        self._how[invitation_id] = type(event).__name__.removeprefix("Invitation").lower()

    def grant(self, event: grants.GrantMade) -> None:
        self.grants[event.grant_id] = (event.members, event.seats)

    def end_grant(self, event: grants.GrantEnded) -> None:
        self._need(event.grant_id in self.grants, event)
        del self.grants[event.grant_id]

    def start_grace(self, _: terms.GraceStarted) -> None:
        self.in_grace = True

    def end_grace(self, event: terms.GraceEnded) -> None:
        self._need(self.in_grace, event)
        self.in_grace = False

    def start_trial(self, _: terms.TrialChanged) -> None:
        self.on_trial = True

    def end_trial(self, event: terms.TrialEnded) -> None:
        self._need(self.on_trial, event)
        self.on_trial = False

    def schedule(self, event: terms.ScheduledChangeSet) -> None:
        self.scheduled = event.change_id

    def settle_change(self, event: Event) -> None:
        """A change that was scheduled comes, is cancelled or is refused, once."""
        self._need(getattr(event, "change_id", "") == self.scheduled, event)
        self.scheduled = None

    def close(self, _: profile.AccountClosed) -> None:
        self.closed = True
        self.in_grace = self.on_trial = False

    def _need(self, so: bool, event: Event) -> None:  # noqa: FBT001 - what is needed
        if not so:
            raise Broken("I4", f"{event} contradicts what was before: {vars(self)}")


_ENTRIES: Mapping[type[Event], Callable[..., None]] = {
    profile.AccountOpened: Ledger.opened,
    profile.AccountClosed: Ledger.close,
    terms.PlanChanged: Ledger._buy,
    terms.GraceStarted: Ledger.start_grace,
    terms.GraceEnded: Ledger.end_grace,
    terms.TrialChanged: Ledger.start_trial,
    terms.TrialEnded: Ledger.end_trial,
    terms.ScheduledChangeSet: Ledger.schedule,
    terms.ScheduledChangeApplied: Ledger.settle_change,
    terms.ScheduledChangeCancelled: Ledger.settle_change,
    terms.ScheduledChangeRefused: Ledger.settle_change,
    members.MemberAdded: Ledger.bring,
    members.MemberRemoved: Ledger.remove,
    members.MemberRoleChanged: Ledger.role,
    members.SeatTaken: Ledger.take,
    members.SeatFreed: Ledger.free,
    limits.MemberFrozen: Ledger.freeze,
    limits.MemberThawed: Ledger.thaw,
    limits.SeatWithdrawn: Ledger.withdraw,
    limits.SeatReturned: Ledger.give_back,
    grants.GrantMade: Ledger.grant,
    grants.GrantEnded: Ledger.end_grant,
    invitations.InvitationMade: Ledger.invite,
    invitations.InvitationRenewed: Ledger.renew,
    invitations.InvitationAccepted: Ledger.end,
    invitations.InvitationRevoked: Ledger.end,
    invitations.InvitationExpired: Ledger.end,
}
