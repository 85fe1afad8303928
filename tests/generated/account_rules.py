"""What the service machine does to accounts."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.contract.shapes import Account, Member, SignedUp, answer, problem
from tests.generated.books import Books, Person, merged
from tests.generated.service_checks import ServiceChecks
from tests.generated.service_model import (
    MOST,
    Call,
    Customer,
    Stream,
    Tag,
    check_member,
    emails,
    entries,
    external_ids,
    names,
    rests,
    roles,
    statuses,
    tags,
    terms,
    whom,
)


class AccountRules(ServiceChecks):
    """Accounts are opened and changed, and their members and seats with them."""

    @precondition(lambda self: len(self.customers) < MOST)
    @rule(number=whom, email=emails, word=external_ids)
    def sign_up(self, number: int, email: str | None, word: str | None) -> None:
        """Sign somebody up."""
        plan, external_id = self.plan(number), self.own(word)
        body = {"account_name": "Engines", "user_name": "Ada", "plan_id": plan.plan_id, "user_email": email}
        body |= {"external_id": external_id, "user_external_id": word}
        stream = Stream()
        refusal = "external-id-taken" if self.taken(external_id) else None
        refusal = "plan-retired" if plan.retired else refusal
        response = self.write(lambda _: self.service.post("/v1/signups", body), stream, "none", refusal, 2)
        if response is not None:
            signed_up = answer(response, 201, SignedUp)
            admin = Person(signed_up.member.member_id, "Ada", email, "admin", seated=False, external_id=word)
            books = Books("Engines", terms(plan), [admin], external_id=external_id)
            customer = Customer(signed_up.account.account_id, books, stream)
            self.customers.append(customer)
            self.check_account(signed_up.account, customer)
            check_member(signed_up.member, admin)

    def ask(self, customer: Customer, call: Call, tag: Tag, refusal: str | None, events: int) -> bool:
        """Make a call that is answered with the account; whether it was accepted."""
        response = self.write(call, customer.stream, tag, rests(customer) or refusal, events)
        self.answered = response
        return response is not None

    def no_room(self, customer: Customer, email: str | None, *, seated: bool) -> str | None:
        """What refuses one more member or invitation."""
        seats, slots = customer.books.room(email)
        if slots < 1:
            return "user-limit-reached"
        return "no-seat-left" if seated and seats < 1 else None

    def taken(self, external_id: str | None, but: Customer | None = None) -> bool:
        """Whether another account has the external id."""
        others = [one.books.external_id for one in self.customers if one is not but]
        return external_id is not None and external_id in others

    @rule(number=whom, word=external_ids, change=entries, tag=tags)
    def name_account(self, number: int, word: str | None, change: dict[str, str | None], tag: Tag) -> None:
        """Give an account an external id and entries of metadata."""
        customer, external_id = self.customer(number), self.own(word)
        books, body = customer.books, {"external_id": external_id, "metadata": change}
        metadata = merged(books.metadata, change)
        refusal = "external-id-taken" if self.taken(external_id, but=customer) else None
        new = (external_id != books.external_id) + (metadata != books.metadata)
        if self.ask(customer, lambda v: self.service.patch(customer.path, body, if_match=v), tag, refusal, new):
            books.external_id, books.metadata = external_id, metadata
            self.check_answered(customer)

    @rule(number=whom, who=whom, word=external_ids, change=entries, tag=tags)
    def name_member(self, number: int, who: int, word: str | None, change: dict[str, str | None], tag: Tag) -> None:
        """Give a member an external id and entries of metadata."""
        customer = self.customer(number)
        person, books = self.person(customer, who), customer.books
        path, body = f"{customer.path}/members/{person.member_id}", {"external_id": word, "metadata": change}
        metadata = merged(person.metadata, change)
        refusal = None if person.role else "member-not-found"
        if person.role and books.named(word, but=person.member_id):
            refusal = "external-id-taken"
        new = (word != person.external_id) + (metadata != person.metadata)
        if self.ask(customer, lambda v: self.service.patch(path, body, if_match=v), tag, refusal, new):
            person.external_id, person.metadata = word, metadata
            assert self.answered is not None
            check_member(answer(self.answered, 200, Member), person)

    @rule(number=whom, name=names, tag=tags)
    def rename(self, number: int, name: str, tag: Tag) -> None:
        """Rename an account."""
        customer = self.customer(number)
        body = {"account_name": name}
        new = int(name != customer.books.name)
        if self.ask(customer, lambda v: self.service.patch(customer.path, body, if_match=v), tag, None, new):
            customer.books.name = name
            self.check_answered(customer)

    @rule(number=whom, name=names, email=emails, role=roles, seated=st.booleans(), tag=tags)
    def add(self, number: int, name: str, email: str | None, role: str, tag: Tag, *, seated: bool) -> None:  # noqa: PLR0913 - a rule takes what is drawn
        """Add a member."""
        customer = self.customer(number)
        books, path = customer.books, f"{customer.path}/members"
        refusal = self.no_room(customer, email, seated=seated)
        if refusal != "user-limit-reached" and books.taken(email):
            refusal = "email-taken"
        events = 1 + seated + books.invitations_to(email)
        body = {"name": name, "email": email, "role": role, "seated": seated}
        if self.ask(customer, lambda v: self.service.post(path, body, if_match=v), tag, refusal, events):
            assert self.answered is not None
            member = answer(self.answered, 201, Member)
            books.takes_up(email)
            books.people.append(Person(member.member_id, name, email, role, seated))
            check_member(member, books.people[-1])

    @rule(number=whom, who=whom, email=emails, role=roles, tag=tags)
    def change(self, number: int, who: int, email: str | None, role: str, tag: Tag) -> None:
        """Give a member another address and another role."""
        customer = self.customer(number)
        person, books = self.person(customer, who), customer.books
        path = f"{customer.path}/members/{person.member_id}"
        refusal = None
        if not person.role:
            refusal = "member-not-found"
        elif books.taken(email, but=person.member_id):
            refusal = "email-taken"
        elif role != "admin" and books.admins == [person]:
            refusal = "last-admin"
        body = {"email": email, "role": role}
        new = (email != person.email) + (role != person.role) + books.invitations_to(email)
        if self.ask(customer, lambda v: self.service.patch(path, body, if_match=v), tag, refusal, new):
            books.takes_up(email)
            person.email, person.role = email, role
            assert self.answered is not None
            check_member(answer(self.answered, 200, Member), person)

    @rule(number=whom, who=whom, tag=tags)
    def remove(self, number: int, who: int, tag: Tag) -> None:
        """Remove a member."""
        customer = self.customer(number)
        person, books = self.person(customer, who), customer.books
        path = f"{customer.path}/members/{person.member_id}"
        refusal = None if person.role else "member-not-found"
        if books.admins == [person]:
            refusal = "last-admin"
        if self.ask(customer, lambda v: self.service.delete(path, if_match=v), tag, refusal, 1):
            books.people = [other for other in books.people if other is not person]
            problem(self.service.get(path), 404, "member-not-found")

    @rule(number=whom, who=whom, seated=st.booleans(), tag=tags)
    def seat(self, number: int, who: int, tag: Tag, *, seated: bool) -> None:
        """Give a member a seat, or take it back."""
        customer = self.customer(number)
        person, books = self.person(customer, who), customer.books
        path = f"{customer.path}/members/{person.member_id}/seat"
        refusal = None if person.role else "member-not-found"
        if person.role and seated and not person.seated and books.room()[0] < 1:
            refusal = "no-seat-left"
        method = self.service.put if seated else self.service.delete
        new = int(seated != person.seated)
        if self.ask(customer, lambda v: method(path, if_match=v), tag, refusal, new):
            person.seated = seated
            assert self.answered is not None
            check_member(answer(self.answered, 200, Member), person)

    @rule(number=whom, amount=st.integers(-5, 10), currency=st.sampled_from(["EUR", "EUR", "EUR", "USD"]), tag=tags)
    def pay(self, number: int, amount: int, currency: str, tag: Tag) -> None:
        """Pay or charge."""
        customer = self.customer(number)
        refusal = "currency-mismatch" if currency != "EUR" else None
        if refusal is None and customer.books.credit + amount < 0:
            refusal = "credit-exhausted"
        body, path = {"amount": {"amount": amount, "currency": currency}, "reason": "a test"}, f"{customer.path}/credit"
        if self.ask(customer, lambda v: self.service.post(path, body, if_match=v), tag, refusal, int(amount != 0)):
            customer.books.payments.append(amount)
            self.check_answered(customer)

    @rule(number=whom, which=whom, tag=tags)
    def change_plan(self, number: int, which: int, tag: Tag) -> None:
        """Move an account to what a plan sells now; a retired plan is refused before anything else."""
        customer, plan = self.customer(number), self.plan(which)
        books, new = customer.books, terms(plan)
        same = books.plan[:2] == new[:2]
        fits = replace(books, plan=new).fits()
        refusal = rests(customer) or (None if same or fits else "over-limit")
        if plan.retired:
            refusal, tag = "plan-retired", "none"
        path, body = f"{customer.path}/plan", {"plan_id": plan.plan_id}
        response = self.write(
            lambda v: self.service.put(path, body, if_match=v), customer.stream, tag, refusal, int(not same)
        )
        if response is not None:
            books.plan = new
            self.check_account(answer(response, 200, Account), customer)

    @rule(number=whom, status=statuses, tag=tags)
    def stand(self, number: int, status: str, tag: Tag) -> None:
        """Suspend an account, let it go on, or end it."""
        customer = self.customer(number)
        verb = {"suspended": "suspend", "active": "reactivate", "closed": "close"}[status]
        closed = customer.books.status == "closed" and status != "closed"
        new = int(status != customer.books.status) + (len(customer.books.invited) if status == "closed" else 0)
        response = self.write(
            lambda v: self.service.post(f"{customer.path}/{verb}", if_match=v),
            customer.stream,
            tag,
            "account-closed" if closed else None,
            new,
        )
        if response is not None:
            customer.books.status = status
            if status == "closed":
                customer.books.invited.clear()
            self.check_account(answer(response, 200, Account), customer)
