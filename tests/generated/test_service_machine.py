"""The real service over HTTP under random calls, restarts and kills, beside a naive model of all it has promised.

    GENERATED_TIMES=20 python -m pytest tests/generated/test_service_machine.py

runs twenty times as many examples.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import msgspec
import requests
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from seatkeeper.actors.accounts import account as accounts
from seatkeeper.actors.accounts import summaries
from seatkeeper.actors.accounts.account import Account as State
from seatkeeper.storage.records import EVENT_TYPES
from tests.contract.given import feed, walk
from tests.contract.shapes import (
    Account,
    Event,
    Member,
    Plan,
    SignedUp,
    answer,
    position_of,
    problem,
    told,
    version_of,
)
from tests.generated.books import Books, Person
from tests.service import Service

TIMES = int(os.environ.get("GENERATED_TIMES", "1"))
NUMBERS = itertools.count()
MOST = 3  # plans and accounts: more of them, and nothing happens to any
Tag = Literal["none", "any", "right", "wrong"]
Call = Callable[[str | None], requests.Response]

whom = st.integers(0, 9)
tags: st.SearchStrategy[Tag] = st.sampled_from(["none", "none", "any", "right", "right", "wrong"])
names = st.sampled_from(["Ada", "Bob", "Ren\u00e9e"])
emails = st.sampled_from([None, "ada@x", "ADA@x", "stra\u00dfe@x", "STRASSE@x", "bob@x"])
statuses = st.sampled_from(["active", "active", "active", "active", "suspended", "closed"])
roles = st.sampled_from(["admin", "member", "viewer"])
packages = st.fixed_dictionaries({"total_seats": st.integers(0, 3), "user_limit": st.sampled_from([3, 4, 2, 1])})


@dataclass
class Stream:
    """How far an aggregate is: its version, and the position of its last event."""

    version: int = 0
    position: int = 0


@dataclass
class Shelf:
    """A plan in the model."""

    plan_id: str
    name: str
    type: str
    package: dict[str, int]
    stream: Stream
    revision: int = 1
    retired: bool = False


@dataclass
class Customer:
    """An account in the model."""

    account_id: str
    books: Books
    stream: Stream

    @property
    def path(self) -> str:
        """Where it is."""
        return f"/v1/accounts/{self.account_id}"


class ServiceMachine(RuleBasedStateMachine):
    """A service that runs, and what it must answer."""

    service: ClassVar[Service]
    steps: ClassVar[list[str]]

    @initialize(package=packages)
    def begin(self, package: dict[str, int]) -> None:
        """Begin where the journal ends, with a plan and an account."""
        self.position = self.beginning = len(feed(self.service))
        self.shelves: list[Shelf] = []
        self.customers: list[Customer] = []
        self.define(package=package)
        self.sign_up(0, None)

    def write(self, call: Call, stream: Stream, tag: Tag, refusal: str | None, events: int) -> requests.Response | None:
        """Make a call whose outcome the model knows: the answer, or None when it was refused as foreseen."""
        wanted = {"none": None, "any": "*", "right": f'"{stream.version}"', "wrong": f'"{stream.version + 7}"'}
        response = call(wanted[tag])
        self.steps.append(f"{response.request.method} {response.status_code}")
        if tag == "wrong":
            problem(response, 412, "version-mismatch")
            assert version_of(response) == stream.version
            return None
        if refusal is not None:
            problem(response, 404 if refusal.endswith("not-found") else 409, refusal)
            return None
        assert response.status_code < 300, told(response)
        if events:
            self.position += events
            stream.version, stream.position = stream.version + events, self.position
        assert (version_of(response), position_of(response)) == (stream.version, stream.position), told(response)
        return response

    def shelf(self, number: int) -> Shelf:
        """One of the plans."""
        return self.shelves[number % len(self.shelves)]

    def customer(self, number: int) -> Customer:
        """One of the accounts."""
        return self.customers[number % len(self.customers)]

    def person(self, customer: Customer, number: int) -> Person:
        """One of the members, or somebody who is none."""
        nobody = Person("01900000-0000-7000-8000-ffffffffffff", "", None, "", seated=False)
        people = [*customer.books.people, nobody]
        return people[number % len(people)]

    @precondition(lambda self: len(self.shelves) < MOST)
    @rule(package=packages)
    def define(self, package: dict[str, int]) -> None:
        """Put a plan up for sale."""
        plan_id = f"01900000-0000-7000-8001-{next(NUMBERS):012x}"
        body = {"name": "Team", "type": "team", "package": package, "plan_id": plan_id}
        stream = Stream()
        response = self.write(lambda _: self.service.post("/v1/plans", body), stream, "none", None, 1)
        assert response is not None
        self.shelves.append(Shelf(plan_id, "Team", "team", package, stream))
        self.check_plan(answer(response, 201, Plan), self.shelves[-1])
        problem(self.service.post("/v1/plans", body), 409, "plan-exists")

    @rule(number=whom, name=names, tag=tags)
    def rename_plan(self, number: int, name: str, tag: Tag) -> None:
        """Give a plan another name."""
        shelf = self.shelf(number)
        path = f"/v1/plans/{shelf.plan_id}"
        new = int(name != shelf.name)
        response = self.write(
            lambda version: self.service.patch(path, {"name": name}, if_match=version), shelf.stream, tag, None, new
        )
        if response is not None:
            shelf.name = name
            self.check_plan(answer(response, 200, Plan), shelf)

    @rule(number=whom, package=packages, tag=tags)
    def repackage(self, number: int, package: dict[str, int], tag: Tag) -> None:
        """Sell another package; accounts keep theirs."""
        shelf = self.shelf(number)
        path = f"/v1/plans/{shelf.plan_id}/package"
        new = int(package != shelf.package)
        response = self.write(
            lambda version: self.service.put(path, package, if_match=version), shelf.stream, tag, None, new
        )
        if response is not None:
            shelf.package, shelf.revision = package, shelf.revision + new
            self.check_plan(answer(response, 200, Plan), shelf)

    @rule(number=whom, retired=st.booleans(), tag=tags)
    def shelve(self, number: int, tag: Tag, *, retired: bool) -> None:
        """Retire a plan, or reinstate it."""
        shelf = self.shelf(number)
        path = f"/v1/plans/{shelf.plan_id}/{'retire' if retired else 'reinstate'}"
        new = int(retired != shelf.retired)
        response = self.write(lambda version: self.service.post(path, if_match=version), shelf.stream, tag, None, new)
        if response is not None:
            shelf.retired = retired
            self.check_plan(answer(response, 200, Plan), shelf)

    @precondition(lambda self: len(self.customers) < MOST)
    @rule(number=whom, email=emails)
    def sign_up(self, number: int, email: str | None) -> None:
        """Sign somebody up."""
        shelf = self.shelf(number)
        body = {"account_name": "Engines", "user_name": "Ada", "plan_id": shelf.plan_id, "user_email": email}
        stream = Stream()
        refusal = "plan-retired" if shelf.retired else None
        response = self.write(lambda _: self.service.post("/v1/signups", body), stream, "none", refusal, 2)
        if response is not None:
            signed_up = answer(response, 201, SignedUp)
            admin = Person(signed_up.member.member_id, "Ada", email, "admin", seated=False)
            customer = Customer(signed_up.account.account_id, Books("Engines", terms(shelf), [admin]), stream)
            self.customers.append(customer)
            self.check_account(signed_up.account, customer)
            check_member(signed_up.member, admin)

    def ask(self, customer: Customer, call: Call, tag: Tag, refusal: str | None, events: int) -> bool:
        """Make a call that is answered with the account; whether it was accepted."""
        response = self.write(call, customer.stream, tag, rests(customer) or refusal, events)
        self.answered = response
        return response is not None

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
        refusal = None
        if len(books.people) >= books.plan[3]:
            refusal = "user-limit-reached"
        elif books.taken(email):
            refusal = "email-taken"
        elif seated and books.seats >= books.plan[2]:
            refusal = "no-seat-left"
        body = {"name": name, "email": email, "role": role, "seated": seated}
        if self.ask(customer, lambda v: self.service.post(path, body, if_match=v), tag, refusal, 1 + seated):
            assert self.answered is not None
            member = answer(self.answered, 201, Member)
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
        new = (email != person.email) + (role != person.role)
        if self.ask(customer, lambda v: self.service.patch(path, body, if_match=v), tag, refusal, new):
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
        if person.role and seated and not person.seated and books.seats >= books.plan[2]:
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
        customer, shelf = self.customer(number), self.shelf(which)
        books, new = customer.books, terms(shelf)
        same = books.plan[:2] == new[:2]
        fits = len(books.people) <= new[3] and books.seats <= new[2]
        refusal = rests(customer) or (None if same or fits else "over-limit")
        if shelf.retired:
            refusal, tag = "plan-retired", "none"
        path, body = f"{customer.path}/plan", {"plan_id": shelf.plan_id}
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
        new = int(status != customer.books.status)
        response = self.write(
            lambda v: self.service.post(f"{customer.path}/{verb}", if_match=v),
            customer.stream,
            tag,
            "account-closed" if closed else None,
            new,
        )
        if response is not None:
            customer.books.status = status
            self.check_account(answer(response, 200, Account), customer)

    @precondition(lambda self: self.position > self.beginning + 5)
    @rule(how=st.sampled_from(["no", "no", "no", "no", "stop", "kill"]))
    def restart(self, how: str) -> None:
        """Stop the service or kill it, now and then, and start it again."""
        if how == "no":
            return
        if how == "stop":
            assert self.service.stop() == 0
        else:
            self.service.kill()
        self.service.start()
        self.steps.append(how)
        self.check_everything()

    def check_plan(self, plan: Plan, shelf: Shelf) -> None:
        """The plan is as the model has it."""
        status = "retired" if shelf.retired else "active"
        assert (plan.plan_id, plan.name, plan.type, plan.status) == (shelf.plan_id, shelf.name, shelf.type, status)
        assert msgspec.to_builtins(plan.package) == shelf.package
        assert (plan.revision, plan.version) == (shelf.revision, shelf.stream.version)

    def check_answered(self, customer: Customer) -> None:
        """The account in the last answer is as the model has it."""
        assert self.answered is not None
        self.check_account(answer(self.answered, 200, Account), customer)

    def check_account(self, account: Account, customer: Customer) -> None:
        """The account is as the model has it."""
        books = customer.books
        assert (account.account_id, account.account_name) == (customer.account_id, books.name)
        assert (account.status, account.version) == (books.status, customer.stream.version)
        assert (account.plan.plan_id, account.plan.revision, account.seats.total, account.members.limit) == books.plan
        assert (account.members.count, account.seats.taken) == (len(books.people), books.seats)
        assert (account.credit.amount, account.credit.currency) == (books.credit, "EUR")

    def check_everything(self) -> None:
        """All that was promised reads back."""
        for shelf in self.shelves:
            response = self.service.get(f"/v1/plans/{shelf.plan_id}")
            self.check_plan(answer(response, 200, Plan), shelf)
            assert version_of(response) == shelf.stream.version
        for customer in self.customers:
            self.check_account(answer(self.service.get(customer.path), 200, Account), customer)
            members = walk(self.service, f"{customer.path}/members", Member, limit=2)
            assert [m.member_id for m in members] == [person.member_id for person in customer.books.people]
            for member, person in zip(members, customer.books.people, strict=True):
                check_member(member, person)

    def teardown(self) -> None:
        """Everything reads back, and the journal tells the same story without a gap."""
        if not hasattr(self, "customers"):
            return
        self.check_everything()
        events = feed(self.service, after=self.beginning)
        assert [event.position for event in events] == list(range(self.beginning + 1, self.position + 1))
        for customer in self.customers:
            own = [event for event in events if event.stream_id == f"account-{customer.account_id}"]
            assert [event.version for event in own] == list(range(1, customer.stream.version + 1))
            assert own == walk(self.service, f"{customer.path}/events", Event, limit=3)
            found = answer(self.service.get(customer.path), 200, Account)
            assert msgspec.to_builtins(summaries.summarize(replay(own), len(own))) == msgspec.to_builtins(found)
        listed = {account.account_id for account in walk(self.service, "/v1/accounts", Account, limit=200)}
        assert listed >= {customer.account_id for customer in self.customers}


def terms(shelf: Shelf) -> tuple[str, int, int, int]:
    """What a plan sells now, as the model has it."""
    return (shelf.plan_id, shelf.revision, shelf.package["total_seats"], shelf.package["user_limit"])


def rests(customer: Customer) -> str | None:
    """What a call to an account that stands still is refused with."""
    return {"suspended": "account-suspended", "closed": "account-closed"}.get(customer.books.status)


def check_member(member: Member, person: Person) -> None:
    """The member is as the model has it."""
    assert Person(member.member_id, member.name, member.email, member.role, member.seated) == person


def replay(events: list[Event]) -> State:
    """The account that these events make."""
    state: State | None = None
    for event in events:
        state = accounts.evolve(state, msgspec.convert(event.data, EVENT_TYPES[event.type]))
    assert state is not None
    return state


def test_the_service_does_what_the_model_does(tmp_path: Path) -> None:
    with Service(tmp_path / "seatkeeper.db") as running:

        class Machine(ServiceMachine):
            service = running
            steps: ClassVar[list[str]] = []

        bounds = settings(
            max_examples=100 * TIMES,
            stateful_step_count=30,
            deadline=None,
            derandomize=TIMES == 1,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        run_state_machine_as_test(Machine, settings=bounds)
    steps = Machine.steps
    print(Counter(steps))
    assert len(steps) >= 1_000
    assert {"stop", "kill", "POST 201", "POST 409", "PUT 200", "PATCH 200", "PATCH 412", "DELETE 204"} <= set(steps)
    assert [step for step in steps if step[-3:] in {"500", "501", "502", "503"}] == []
