"""What the service machine does with invitations and grants."""

from __future__ import annotations

from copy import deepcopy

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.contract.shapes import Member, answer
from tests.generated.account_rules import AccountRules
from tests.generated.books import Invited, Person, folded
from tests.generated.service_model import Tag, check_member, emails, roles, tags, whom

NOBODY = "01900000-0000-7000-8000-ffffffffffff"


class HoldingCalls(AccountRules):
    """Slots and seats are held and granted."""

    @rule(number=whom, email=emails.filter(bool), role=roles, seated=st.booleans(), tag=tags)
    def invite(self, number: int, email: str, role: str, tag: Tag, *, seated: bool) -> None:
        """Invite somebody."""
        customer = self.customer(number)
        books, path = customer.books, f"{customer.path}/invitations"
        refusal = self.no_room(customer, None, seated=seated)
        if books.taken(email):
            refusal = "email-taken"
        elif folded(email) in [folded(one.email) for one in books.invited]:
            refusal = "already-invited"
        body = {"email": email, "role": role, "seated": seated}
        if self.ask(customer, lambda v: self.service.post(path, body, if_match=v), tag, refusal, 1):
            assert self.answered is not None
            made = self.answered.json()
            books.invited.append(Invited(made["invitation"]["invitation_id"], email, role, seated, made["token"]))

    @rule(number=whom, who=whom, over=st.integers(0, 4))
    def accept(self, number: int, who: int, over: int) -> None:
        """Accept with a token, of an invitation that is over now and then."""
        customer = self.customer(number)
        books = customer.books
        some = books.over if over == 0 else books.invited
        if not some:
            return
        one = some[who % len(some)]
        body = {"token": one.token, "name": "Eve"}
        refusal = "invitation-over" if over == 0 else None
        events = 2 + one.seated
        if self.ask(customer, lambda _: self.service.post("/v1/invitations/accept", body), "none", refusal, events):
            assert self.answered is not None
            member = answer(self.answered, 201, Member)
            books.end(one)
            books.people.append(Person(member.member_id, "Eve", one.email, one.role, one.seated))
            check_member(member, books.people[-1])

    @rule(number=whom, who=whom, tag=tags)
    def revoke(self, number: int, who: int, tag: Tag) -> None:
        """Revoke an invitation."""
        customer = self.customer(number)
        if customer.books.invited:
            one = customer.books.invited[who % len(customer.books.invited)]
            path = f"{customer.path}/invitations/{one.invitation_id}/revoke"
            if self.ask(customer, lambda v: self.service.post(path, if_match=v), tag, None, 1):
                customer.books.end(one)

    @rule(number=whom, members=st.integers(-2, 2), seats=st.integers(-2, 2), tag=tags)
    def grant(self, number: int, members: int, seats: int, tag: Tag) -> None:
        """Grant slots and seats, or take some away."""
        customer, body = self.customer(number), {"members": members, "seats": seats, "reason": "a test"}
        if not members and not seats:
            return
        wanted = deepcopy(customer.books)
        wanted.grants["new"] = (members, seats)
        refusal = None if wanted.fits() else "over-limit"
        path = f"{customer.path}/grants"
        if self.ask(customer, lambda v: self.service.post(path, body, if_match=v), tag, refusal, 1):
            assert self.answered is not None
            customer.books.grants[self.answered.json()["grant_id"]] = (members, seats)

    @rule(number=whom, which=whom, tag=tags)
    def withdraw(self, number: int, which: int, tag: Tag) -> None:
        """Withdraw a grant, or one that is none."""
        customer = self.customer(number)
        grants = [*customer.books.grants, NOBODY]
        grant_id = grants[which % len(grants)]
        wanted = deepcopy(customer.books)
        known = wanted.grants.pop(grant_id, None) is not None
        refusal = (None if wanted.fits() else "over-limit") if known else "grant-not-found"
        path = f"{customer.path}/grants/{grant_id}"
        if self.ask(customer, lambda v: self.service.delete(path, if_match=v), tag, refusal, 1):
            del customer.books.grants[grant_id]
