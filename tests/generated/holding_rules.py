"""What the account machine does with invitations, grants and many members at once."""

from __future__ import annotations

import itertools
from copy import deepcopy

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.grants.commands import MakeGrant, WithdrawGrant
from seatkeeper.actors.accounts.grants.refusals import GrantNotFound
from seatkeeper.actors.accounts.invitations.commands import (
    AcceptInvitation,
    ExpireInvitation,
    Invite,
    RenewInvitation,
    RevokeInvitation,
)
from seatkeeper.actors.accounts.invitations.refusals import AlreadyInvited, InvitationNotFound, InvitationOver
from seatkeeper.actors.accounts.limits.refusals import NoSeatLeft, OverLimit, UserLimitReached
from seatkeeper.actors.accounts.members.commands import AddMember, AddMembers
from seatkeeper.actors.accounts.members.refusals import EmailTaken, EntryRefused
from seatkeeper.actors.accounts.values import GrantId, InvitationId, MemberId, Role
from seatkeeper.actors.aggregates.messages import Command, Refusal
from tests.generated.books import EMAILS, Books, Invited, Person, folded

AT, LATER, LATEST = "2026-11-22T18:12:00.000Z", "2026-11-29T18:12:00.000Z", "2026-12-29T18:12:00.000Z"

addresses = st.sampled_from([email for email in EMAILS if email is not None])
roles: st.SearchStrategy[Role] = st.sampled_from(["admin", "member", "viewer"])
which = st.integers(0, 5)


class HoldingRules(RuleBasedStateMachine):
    """Slots and seats are held, granted and given to many."""

    state: Account | None
    books: Books
    numbers: itertools.count[int]

    def ask(self, command: Command, refusal: type[Refusal] | None) -> bool:
        """Decide and evolve; return whether the model must follow."""
        raise NotImplementedError

    def at_rest(self) -> type[Refusal] | None:
        """The refusal of commands on a suspended or closed account."""
        raise NotImplementedError

    def new(self) -> str:
        """An id that nothing has."""
        return f"01900000-0000-7000-9000-{next(self.numbers):012x}"

    def no_room(self, email: str | None, *, seated: bool) -> type[Refusal] | None:
        """What refuses one more member or invitation."""
        seats, slots = self.books.room(email)
        if slots < 1:
            return UserLimitReached
        return NoSeatLeft if seated and seats < 1 else None

    @rule(email=addresses, role=roles, seated=st.booleans())
    def invite(self, email: str, role: Role, *, seated: bool) -> None:
        """Invite somebody."""
        books, one = self.books, Invited(self.new(), email, role, seated, self.new())
        refusal = self.no_room(None, seated=seated)
        if books.taken(email):
            refusal = EmailTaken
        elif folded(email) in [folded(other.email) for other in books.invited]:
            refusal = AlreadyInvited
        command = Invite(InvitationId(one.invitation_id), email, role, seated, one.token, LATER, AT)
        if self.ask(command, self.at_rest() or refusal):
            books.invited.append(one)

    @rule(number=which, over=st.integers(0, 4))
    def accept(self, number: int, over: int) -> None:
        """Accept with a token that is worth something, with an old one or with none."""
        books = self.books
        some = books.over if over == 0 else books.invited
        if not some:
            command = AcceptInvitation(InvitationId(self.new()), "x", MemberId(self.new()), "Eve", AT)
            self.ask(command, self.at_rest() or InvitationNotFound)
            return
        one, member_id = some[number % len(some)], MemberId(self.new())
        command = AcceptInvitation(InvitationId(one.invitation_id), one.token, member_id, "Eve", AT)
        wrong = AcceptInvitation(InvitationId(one.invitation_id), "another", member_id, "Eve", AT)
        self.ask(wrong, self.at_rest() or InvitationNotFound)
        if self.ask(command, self.at_rest() or (InvitationOver if over == 0 else None)):
            books.end(one)
            books.people.append(Person(member_id, "Eve", one.email, one.role, one.seated))

    @rule(number=which)
    def revoke(self, number: int) -> None:
        """Revoke a pending invitation."""
        if self.books.invited:
            one = self.books.invited[number % len(self.books.invited)]
            if self.ask(RevokeInvitation(InvitationId(one.invitation_id)), self.at_rest()):
                self.books.end(one)

    @rule(number=which)
    def renew(self, number: int) -> None:
        """Renew a pending invitation: the token of before is worth nothing."""
        if self.books.invited:
            one, token = self.books.invited[number % len(self.books.invited)], self.new()
            if self.ask(RenewInvitation(InvitationId(one.invitation_id), token, LATER, AT), self.at_rest()):
                one.token = token

    @rule(number=which, early=st.booleans())
    def expire(self, number: int, *, early: bool) -> None:
        """Let the timer of a pending invitation come, perhaps before its time; a suspended account does not mind."""
        if self.books.invited:
            one = self.books.invited[number % len(self.books.invited)]
            if self.ask(ExpireInvitation(InvitationId(one.invitation_id), AT if early else LATEST), None) and not early:
                self.books.end(one)

    @rule(members=st.integers(-2, 2), seats=st.integers(-2, 2))
    def grant(self, members: int, seats: int) -> None:
        """Grant slots and seats, or take some away."""
        grant_id = self.new()
        wanted = deepcopy(self.books)
        wanted.grants[grant_id] = (members, seats)
        command = MakeGrant(GrantId(grant_id), seats, members, "a test", AT)
        if self.ask(command, self.at_rest() or (None if wanted.fits() else OverLimit)):
            self.books.grants = wanted.grants

    @rule(number=which)
    def withdraw(self, number: int) -> None:
        """Withdraw a grant, or one that is none."""
        grants = [*self.books.grants, "none"]
        grant_id = grants[number % len(grants)]
        wanted = deepcopy(self.books)
        known = wanted.grants.pop(grant_id, None) is not None
        refusal = None if wanted.fits() else OverLimit
        if self.ask(WithdrawGrant(GrantId(grant_id), AT), self.at_rest() or (refusal if known else GrantNotFound)):
            self.books.grants = wanted.grants

    @rule(emails=st.lists(st.sampled_from(EMAILS), min_size=1, max_size=4), seated=st.booleans(), atomic=st.booleans())
    def add_many(self, emails: list[str | None], *, seated: bool, atomic: bool) -> None:
        """Add many at once, all or those who fit: each as if alone, after those before."""
        before, added = deepcopy(self.books), []
        for email in emails:
            command = AddMember(MemberId(self.new()), "Kim", email, "member", seated, AT)
            added.append(command)
            refusal = self.no_room(email, seated=seated)
            if refusal is None and self.books.taken(email):
                refusal = EmailTaken
            if refusal is None:
                self.books.takes_up(email)
                self.books.people.append(Person(command.member_id, "Kim", email, "member", seated))
        complete = len(self.books.people) - len(before.people) == len(emails)
        refused = EntryRefused if atomic and not complete else None
        if not self.ask(AddMembers(tuple(added), atomic), self.at_rest() or refused):
            self.books = before
