"""A running service beside the model: how a call is made, and that everything reads back."""

from __future__ import annotations

from typing import ClassVar

import msgspec
import requests
from hypothesis.stateful import RuleBasedStateMachine

from seatkeeper.actors.accounts.account import Account as State
from seatkeeper.actors.accounts.evolution import evolve
from seatkeeper.actors.accounts.summaries import summarize
from seatkeeper.storage.registry import KINDS
from tests.contract.given import feed, walk
from tests.contract.shapes import Account, Event, Member, Plan, answer, described, position_of, problem, version_of
from tests.generated.books import Person
from tests.generated.service_model import Call, Customer, PlanModel, Stream, Tag, check_member
from tests.service import Service

MOST_TOLD = 4


class ServiceChecks(RuleBasedStateMachine):
    """A service that runs, and what it must answer."""

    service: ClassVar[Service]
    steps: ClassVar[list[str]]
    plans: list[PlanModel]
    customers: list[Customer]
    position: int
    beginning: int
    answered: requests.Response | None

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
        assert response.status_code < 300, described(response)
        if events:
            events += self.told(response, stream.version + events)
            self.position += events
            stream.version, stream.position = stream.version + events, self.position
        assert (version_of(response), position_of(response)) == (stream.version, stream.position), described(response)
        return response

    def told(self, response: requests.Response, version: int) -> int:
        """How many events tell of limits, beside those that the model knows of: two of members and two of seats."""
        more = (version_of(response) or 0) - version
        assert 0 <= more <= MOST_TOLD, described(response)
        return more

    def plan(self, number: int) -> PlanModel:
        """One of the plans."""
        return self.plans[number % len(self.plans)]

    def customer(self, number: int) -> Customer:
        """One of the accounts."""
        return self.customers[number % len(self.customers)]

    def person(self, customer: Customer, number: int) -> Person:
        """One of the members, or somebody who is none."""
        nobody = Person("01900000-0000-7000-8000-ffffffffffff", "", None, "", seated=False)
        people = [*customer.books.people, nobody]
        return people[number % len(people)]

    def own(self, external_id: str | None) -> str | None:
        """The external id as this run has it: earlier runs have left theirs in the same service."""
        return None if external_id is None else f"{self.beginning} {external_id}"

    def check_plan(self, shown: Plan, plan: PlanModel) -> None:
        """The plan is as the model has it."""
        status = "retired" if plan.retired else "active"
        assert (shown.plan_id, shown.name, shown.type, shown.status) == (plan.plan_id, plan.name, plan.type, status)
        package = shown.package
        assert (package.total_seats, package.user_limit) == (plan.package["total_seats"], plan.package["user_limit"])
        assert (shown.revision, shown.version) == (plan.revision, plan.stream.version)
        assert (shown.external_id, shown.metadata) == (plan.external_id, plan.metadata)

    def check_answered(self, customer: Customer) -> None:
        """The account in the last answer is as the model has it."""
        assert self.answered is not None
        self.check_account(answer(self.answered, 200, Account), customer)

    def check_account(self, account: Account, customer: Customer) -> None:
        """The account is as the model has it."""
        books = customer.books
        assert (account.account_id, account.account_name) == (customer.account_id, books.name)
        assert (account.status, account.version) == (books.status, customer.stream.version)
        assert (account.plan.plan_id, account.plan.revision, account.seats.total, account.members.limit) == books.terms
        assert (account.members.count, account.seats.taken) == (len(books.people), books.seats)
        seats_held = len([one for one in books.invited if one.seated])
        assert (account.members.held, account.seats.held) == (len(books.invited), seats_held)
        assert (account.credit.amount, account.credit.currency) == (books.credit, "EUR")
        assert (account.external_id, account.metadata) == (books.external_id, books.metadata)

    def check_everything(self) -> None:
        """All that was promised reads back."""
        for plan in self.plans:
            response = self.service.get(f"/v1/plans/{plan.plan_id}")
            self.check_plan(answer(response, 200, Plan), plan)
            assert version_of(response) == plan.stream.version
        for customer in self.customers:
            self.check_account(answer(self.service.get(customer.path), 200, Account), customer)
            members = walk(self.service, f"{customer.path}/members", Member, limit=2)
            assert [m.member_id for m in members] == [person.member_id for person in customer.books.people]
            for member, person in zip(members, customer.books.people, strict=True):
                check_member(member, person)

    def teardown(self) -> None:
        """Everything reads back, and the journal has the same events without a gap."""
        if not hasattr(self, "customers"):
            return
        self.check_everything()
        events = feed(self.service, after=self.beginning)
        assert [event.position for event in events] == list(range(self.beginning + 1, self.position + 1))
        for customer in self.customers:
            own = [event for event in events if event.stream_id == f"account-{customer.account_id}"]
            assert [event.version for event in own] == list(range(1, customer.stream.version + 1))
            assert own == walk(self.service, f"{customer.path}/events", Event, limit=3)
            found = self.service.get(customer.path).json()
            assert msgspec.to_builtins(summarize(replay(own), len(own))) == found
        listed = {account.account_id for account in walk(self.service, "/v1/accounts", Account, limit=200)}
        assert listed >= {customer.account_id for customer in self.customers}


def replay(events: list[Event]) -> State:
    """The account that these events make."""
    state: State | None = None
    for event in events:
        event_type = KINDS.event_types[event.type]
        data = event.data | dict.fromkeys(event_type.hidden, "hidden")
        state = evolve(state, msgspec.convert(data, event_type))
    assert state is not None
    return state
