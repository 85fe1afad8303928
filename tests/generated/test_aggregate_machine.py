"""Accounts and plans under random commands, beside a naive model that counts everything each time.

The model shares only names with the source: commands, refusals and the folding of e-mail addresses. The decisions are
written a second time, as plainly as possible.
"""

from __future__ import annotations

import copy
import dataclasses
import itertools

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.decisions import decide
from seatkeeper.actors.accounts.evolution import evolve
from seatkeeper.actors.accounts.limits.refusals import NoSeatLeft, OverLimit, UserLimitReached
from seatkeeper.actors.accounts.members.commands import AddMember, ChangeMember, FreeSeat, RemoveMember, TakeSeat
from seatkeeper.actors.accounts.members.refusals import EmailTaken, LastAdmin, MemberNotFound
from seatkeeper.actors.accounts.members.summaries import summarize_member
from seatkeeper.actors.accounts.profile.commands import (
    AdjustCredit,
    ChangeAccount,
    CloseAccount,
    OpenAccount,
    ReactivateAccount,
    SuspendAccount,
)
from seatkeeper.actors.accounts.profile.refusals import (
    AccountClosed,
    AccountExists,
    AccountNotFound,
    AccountSuspended,
    CreditExhausted,
    CreditTooLarge,
    CurrencyMismatch,
)
from seatkeeper.actors.accounts.summaries import summarize
from seatkeeper.actors.accounts.terms.commands import ChangeTerms
from seatkeeper.actors.accounts.values import AccountId, ChangeId, MemberId, Money, PlanId, Role, Terms
from seatkeeper.actors.aggregates.external import ExternalIdTaken, MetadataChange
from seatkeeper.actors.aggregates.messages import Command, Event, Refusal
from seatkeeper.actors.subscriptions import commands as plan_commands
from seatkeeper.actors.subscriptions import plan as plans
from seatkeeper.actors.subscriptions import refusals as plan_refusals
from seatkeeper.actors.subscriptions.events import Package
from seatkeeper.actors.subscriptions.events import PlanId as OfferedPlanId
from seatkeeper.storage.records import EventRow, checksum, event_columns, read_event, read_snapshot, snapshot_row
from seatkeeper.storage.registry import KINDS
from tests import suite
from tests.generated.books import EMAILS, EXTERNAL_IDS, NAMES, Books, Person, folded, merged
from tests.generated.holding_rules import HoldingRules

TIME = "2026-11-22T18:12:00.000Z"
LARGEST = 2**53 - 1
IDS = [MemberId(f"01900000-0000-7000-8000-{number:012x}") for number in range(5)]

ids = st.sampled_from(IDS)
names = st.sampled_from(NAMES)
emails = st.sampled_from(EMAILS)
roles: st.SearchStrategy[Role] = st.sampled_from(["admin", "member", "viewer"])
external_ids = st.sampled_from(EXTERNAL_IDS)
entries: st.SearchStrategy[MetadataChange] = st.dictionaries(
    st.sampled_from(["tier", "region"]), st.sampled_from([None, "", "gold"])
)
reasons = st.sampled_from([None, "a test"])
packages = st.builds(Package, st.integers(0, 4), st.sampled_from([3, 4, 5, 2, 1]))
amounts = st.one_of(st.integers(-10, 10), st.sampled_from([LARGEST, LARGEST - 5, -LARGEST, 0]))


class AccountMachine(HoldingRules):
    """One account, which decides every command as the model does."""

    state: Account | None
    books: Books
    events: list[Event]

    @initialize(package=packages, email=emails)
    def open(self, package: Package, email: str | None) -> None:
        """Open it, with the first id as its admin."""
        self.state, self.events, self.numbers = None, [], itertools.count()
        assert decide(None, TakeSeat(IDS[0])) == AccountNotFound()
        terms = Terms(PlanId("p"), 1, package.total_seats, package.user_limit)
        opening = OpenAccount(AccountId("a"), "Engines", terms, "EUR", IDS[0], "Ada", email, TIME)
        self.books = Books("Engines", self.terms(terms), [Person(IDS[0], "Ada", email, "admin", seated=False)])
        self.ask(opening, None)
        assert decide(self.state, opening) == AccountExists()

    @staticmethod
    def terms(terms: Terms) -> tuple[str, int, int, int]:
        """Terms as the model has them."""
        return (terms.plan_id, terms.revision, terms.total_seats, terms.user_limit)

    def ask(self, command: Command, refusal: type[Refusal] | None) -> bool:
        """Decide and evolve; return whether the model must follow."""
        before = copy.deepcopy(self.state)
        decision = decide(self.state, command)
        assert self.state == before, "a decision changed the state"
        if isinstance(decision, Refusal):
            assert type(decision) is refusal, (decision, refusal)
            assert str(decision)
            return False
        assert refusal is None, (command, decision, refusal)
        for event in decision:
            self.state = evolve(self.state, event)
            self.events.append(event)
        return True

    def at_rest(self) -> type[Refusal] | None:
        """The refusal of commands on a suspended or closed account."""
        still = {"suspended": AccountSuspended, "closed": AccountClosed}
        return still.get(self.books.status)

    @rule(name=names)
    def rename(self, name: str) -> None:
        """Rename the account."""
        if self.ask(ChangeAccount(name), self.at_rest()):
            self.books.name = name

    @rule(external_id=external_ids, change=entries)
    def name_account(self, external_id: str | None, change: MetadataChange) -> None:
        """Give the account an external id and entries of metadata."""
        if self.ask(ChangeAccount(external_id=external_id, metadata=change), self.at_rest()):
            self.books.external_id, self.books.metadata = external_id, merged(self.books.metadata, change)

    @rule(member_id=ids, external_id=external_ids, change=entries)
    def name_member(self, member_id: MemberId, external_id: str | None, change: MetadataChange) -> None:
        """Give a member an external id and entries of metadata."""
        person = self.books.person(member_id)
        refusal: type[Refusal] | None = MemberNotFound if person is None else None
        if person is not None and self.books.named(external_id, but=member_id):
            refusal = ExternalIdTaken
        command = ChangeMember(member_id, external_id=external_id, metadata=change)
        if self.ask(command, self.at_rest() or refusal):
            assert person is not None
            person.external_id, person.metadata = external_id, merged(person.metadata, change)

    @rule(plan=st.sampled_from("pq"), revision=st.integers(1, 3), package=packages)
    def change_plan(self, plan: str, revision: int, package: Package) -> None:
        """Move to other terms; those of the same revision of the same plan are the same."""
        terms = Terms(PlanId(plan), revision, package.total_seats, package.user_limit)
        books = self.books
        same = books.plan[:2] == (plan, revision)
        fits = dataclasses.replace(books, plan=self.terms(terms)).fits()
        if self.ask(ChangeTerms(terms, ChangeId("c1"), TIME), self.at_rest() or (None if same or fits else OverLimit)):
            books.plan = books.plan if same else self.terms(terms)

    @rule(amount=amounts, currency=st.sampled_from(["EUR", "EUR", "EUR", "USD"]))
    def pay(self, amount: int, currency: str) -> None:
        """Pay or charge."""
        refusal: type[Refusal] | None = None
        if currency != "EUR":
            refusal = CurrencyMismatch
        elif self.books.credit + amount < 0:
            refusal = CreditExhausted
        elif amount > 0 and self.books.credit + amount > LARGEST:
            refusal = CreditTooLarge
        if self.ask(AdjustCredit(Money(amount, currency), "a test"), self.at_rest() or refusal):
            self.books.payments.append(amount)

    @rule(reason=reasons, often=st.integers(0, 3))
    def suspend(self, reason: str | None, often: int) -> None:
        """Suspend what is not closed, rarely, because little can follow."""
        if often:
            return
        closed = AccountClosed if self.books.status == "closed" else None
        if self.ask(SuspendAccount(reason), closed):
            self.books.status = "suspended"

    @rule(reason=reasons)
    def reactivate(self, reason: str | None) -> None:
        """Reactivate what is not closed."""
        closed = AccountClosed if self.books.status == "closed" else None
        if self.ask(ReactivateAccount(reason), closed):
            self.books.status = "active"

    @rule(reason=reasons, often=st.integers(0, 15))
    def close(self, reason: str | None, often: int) -> None:
        """Close it, rarely, because nothing can follow."""
        if often == 0:
            self.ask(CloseAccount(reason), None)
            self.books.status, self.books.invited = "closed", []

    @rule(member_id=ids, name=names, email=emails, role=roles, seated=st.booleans())
    def add(self, member_id: MemberId, name: str, email: str | None, role: Role, *, seated: bool) -> None:
        """Add a new member; an id is never given twice."""
        books = self.books
        if books.person(member_id) is not None:
            return
        refusal = self.no_room(email, seated=seated)
        if refusal is not UserLimitReached and books.taken(email):
            refusal = EmailTaken
        if self.ask(AddMember(member_id, name, email, role, seated, TIME), self.at_rest() or refusal):
            books.takes_up(email)
            books.people.append(Person(member_id, name, email, role, seated))

    @rule(
        member_id=ids,
        name=st.one_of(st.just(msgspec.UNSET), names),
        email=st.one_of(st.just(msgspec.UNSET), emails),
        role=st.one_of(st.just(msgspec.UNSET), roles),
    )
    def change(
        self,
        member_id: MemberId,
        name: str | msgspec.UnsetType,
        email: str | msgspec.UnsetType | None,
        role: Role | msgspec.UnsetType,
    ) -> None:
        """Change a member."""
        person = self.books.person(member_id)
        refusal: type[Refusal] | None = None
        if person is None:
            refusal = MemberNotFound
        elif isinstance(email, str) and self.books.taken(email, but=member_id):
            refusal = EmailTaken
        elif isinstance(role, str) and role != "admin" and self.books.admins == [person]:
            refusal = LastAdmin
        if self.ask(ChangeMember(member_id, name, email, role), self.at_rest() or refusal):
            assert person is not None
            self.books.takes_up(email if isinstance(email, str) else None)
            person.name = name if isinstance(name, str) else person.name
            person.email = person.email if isinstance(email, msgspec.UnsetType) else email
            person.role = role if isinstance(role, str) else person.role

    @rule(member_id=ids)
    def remove(self, member_id: MemberId) -> None:
        """Remove a member."""
        person = self.books.person(member_id)
        refusal = MemberNotFound if person is None else None
        if person is not None and self.books.admins == [person]:
            assert self.ask(RemoveMember(member_id), self.at_rest() or LastAdmin) is False
        elif self.ask(RemoveMember(member_id), self.at_rest() or refusal):
            self.books.people = [other for other in self.books.people if other is not person]

    @rule(member_id=ids)
    def take_seat(self, member_id: MemberId) -> None:
        """Give a member a seat."""
        person = self.books.person(member_id)
        refusal: type[Refusal] | None = MemberNotFound if person is None else None
        if person is not None and not person.seated and self.books.room()[0] < 1:
            refusal = NoSeatLeft
        if self.ask(TakeSeat(member_id), self.at_rest() or refusal):
            assert person is not None
            person.seated = True

    @rule(member_id=ids)
    def free_seat(self, member_id: MemberId) -> None:
        """Take the seat of a member back."""
        person = self.books.person(member_id)
        if self.ask(FreeSeat(member_id), self.at_rest() or (None if person else MemberNotFound)):
            assert person is not None
            person.seated = False

    @invariant()
    def limits_hold(self) -> None:
        """Members, seats and credit are within their limits, one member is an admin, and all addresses differ."""
        state = self.state
        assert state is not None
        people = list(state.members.values())
        addresses = [folded(person.email) for person in people if person.email is not None]
        assert self.books.fits()
        assert 0 <= state.credit <= LARGEST
        assert "admin" in [person.role for person in people]
        assert len(addresses) == len(set(addresses))

    @invariant()
    def the_model_agrees(self) -> None:
        """The summaries agree with the model."""
        state, books = self.state, self.books
        assert state is not None
        summary = summarize(state, len(self.events))
        assert (summary.account_name, summary.status) == (books.name, books.status)
        assert (summary.plan.plan_id, summary.plan.revision, summary.seats.total, summary.members.limit) == books.terms
        seats_held = len([one for one in books.invited if one.seated])
        assert (summary.members.held, summary.seats.held) == (len(books.invited), seats_held)
        assert (summary.members.count, summary.seats.taken) == (len(books.people), books.seats)
        assert (summary.credit.amount, summary.credit.currency) == (books.credit, "EUR")
        assert (summary.external_id, summary.metadata) == (books.external_id, books.metadata)
        assert state.admins == len(books.admins)
        assert sorted(state.emails.values()) == sorted(p.member_id for p in books.people if p.email is not None)
        members = [summarize_member(state, MemberId(person.member_id)) for person in books.people]
        shown = [Person(m.member_id, m.name, m.email, m.role, m.seated, m.external_id, m.metadata) for m in members]
        assert shown == books.people
        assert list(state.members) == [person.member_id for person in books.people]

    @invariant()
    def it_can_be_stored(self) -> None:
        """A replay of the stored events gives the same, and so does a stored snapshot."""
        replayed: Account | None = None
        for version, event in enumerate(self.events, 1):
            replayed = evolve(replayed, stored("account-a", version, event))
        assert replayed == self.state
        assert read_snapshot(snapshot_row("account-a", len(self.events), self.state), KINDS) == self.state


class PlanMachine(RuleBasedStateMachine):
    """One plan, which decides every command as the model does."""

    state: plans.Plan | None
    events: list[Event]
    model: dict[str, object]

    @initialize(package=packages)
    def define(self, package: Package) -> None:
        """Put it up for sale."""
        self.state, self.events = None, []
        assert plans.decide(None, plan_commands.RetirePlan()) == plan_refusals.PlanNotFound()
        self.model = {"name": "Team", "type": "team", "package": package, "revision": 1, "retired": False}
        self.model |= {"external_id": None, "metadata": None}
        definition = plan_commands.DefinePlan(OfferedPlanId("p"), "Team", "team", package, TIME)
        self.ask(definition, 1)
        assert plans.decide(self.state, definition) == plan_refusals.PlanExists(OfferedPlanId("p"))

    def ask(self, command: Command, events: int) -> None:
        """Decide and evolve; this many events follow."""
        decision = plans.decide(self.state, command)
        assert not isinstance(decision, Refusal)
        assert len(decision) == events
        for event in decision:
            self.state = plans.evolve(self.state, event)
            self.events.append(event)

    @rule(name=st.one_of(st.none(), names), kind=st.one_of(st.none(), st.sampled_from(["team", "free"])))
    def rename(self, name: str | None, kind: str | None) -> None:
        """Give it another name, another type, or both."""
        wanted = {"name": name or self.model["name"], "type": kind or self.model["type"]}
        changed = [field for field, value in wanted.items() if value != self.model[field]]
        self.ask(plan_commands.ChangePlanDetails(name or msgspec.UNSET, kind or msgspec.UNSET), len(changed))
        self.model |= wanted

    @rule(external_id=external_ids, change=entries)
    def name_plan(self, external_id: str | None, change: MetadataChange) -> None:
        """Give it an external id and entries of metadata."""
        known = self.state.metadata or {} if self.state is not None else {}
        wanted = {"external_id": external_id, "metadata": merged(known, change) or None}
        changed = [field for field, value in wanted.items() if value != self.model[field]]
        self.ask(plan_commands.ChangePlanDetails(external_id=external_id, metadata=change), len(changed))
        self.model |= wanted

    @rule(package=packages)
    def repackage(self, package: Package) -> None:
        """Sell another package; the same one again is no revision."""
        new = package != self.model["package"]
        self.ask(plan_commands.RevisePackage(package), int(new))
        self.model |= {"package": package, "revision": int(str(self.model["revision"])) + new}

    @rule()
    def retire(self) -> None:
        """Retire it."""
        self.ask(plan_commands.RetirePlan(), int(not self.model["retired"]))
        self.model["retired"] = True

    @rule()
    def reinstate(self) -> None:
        """Put it up for sale again."""
        self.ask(plan_commands.ReinstatePlan(), int(bool(self.model["retired"])))
        self.model["retired"] = False

    @invariant()
    def the_model_agrees(self) -> None:
        """Summary, offer and stored events agree with the model."""
        state = self.state
        assert state is not None
        assert {name: getattr(state, name) for name in self.model} == self.model
        summary = plans.summarize(state, len(self.events))
        assert (summary.status == "retired") == self.model["retired"]
        offer = plans.decide(state, plan_commands.OfferPackage())
        assert isinstance(offer, plan_refusals.PlanRetired) if self.model["retired"] else len(tuple(offer)) == 0  # type: ignore[arg-type]
        replayed: plans.Plan | None = None
        for version, event in enumerate(self.events, 1):
            replayed = plans.evolve(replayed, stored("plan-p", version, event))
        assert replayed == state
        assert read_snapshot(snapshot_row("plan-p", len(self.events), state), KINDS) == state


def stored(stream_id: str, version: int, event: Event) -> Event:
    """The event as it is read from the row that it is written to."""
    columns = event_columns(stream_id, version, event, TIME)
    assert columns[-2:] == (checksum(*columns[:-2]), None)
    return read_event(EventRow(1, *columns), KINDS)


BOUNDS = settings(
    max_examples=suite.pick(short=80, middle=250, long=10_000),
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
AccountMachine.TestCase.settings = BOUNDS
PlanMachine.TestCase.settings = BOUNDS
TestAccountMachine = AccountMachine.TestCase
TestPlanMachine = PlanMachine.TestCase
