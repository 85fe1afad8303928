"""A directory of accounts on a held journal, and short functions for commands."""

from __future__ import annotations

import asyncio

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.limits.events import UsageReached
from seatkeeper.actors.accounts.limits.refusals import NoSeatLeft
from seatkeeper.actors.accounts.members.commands import AddMember, TakeSeat
from seatkeeper.actors.accounts.profile.commands import ChangeAccount, OpenAccount
from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.actors.accounts.values import AccountId, MemberId, PlanId, Terms
from seatkeeper.actors.aggregates.aggregate import AggregateActor, CommandOptions, Reply
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.messages import Accepted, Command, Decision, Event, Refusal
from tests.aggregates.held_journal import HeldJournal

NOON = "2026-01-01T12:00:00.000Z"
ADA = MemberId("ada")
BOB = MemberId("bob")
EVE = MemberId("eve")

NO_SEAT_LEFT = NoSeatLeft(1)


def opening(account_id: str = "acme", *, seats: int = 1, users: int = 10_000) -> OpenAccount:
    terms = Terms(PlanId("team"), 1, seats, users)
    return OpenAccount(AccountId(account_id), "Acme", terms, "EUR", ADA, "Ada", None, NOON)


def joining(member_id: str) -> AddMember:
    return AddMember(MemberId(member_id), member_id, None, "member", seated=False, at=NOON)


class FaultyAccount(AccountActor):
    """An account with a bug: the name "decide" or "evolve" makes it fail there, after the change in evolve.

    It does not tell how much is used: its tests are about the actor, and count one event for a seat.
    """

    @staticmethod
    def decide(state: Account | None, command: Command) -> Decision:
        if command == ChangeAccount("decide"):
            raise ZeroDivisionError
        decision = AccountActor.decide(state, command)
        if isinstance(decision, Refusal):
            return decision
        return [event for event in decision if not isinstance(event, UsageReached)]

    @staticmethod
    def evolve(state: Account | None, event: Event) -> Account:
        evolved = AccountActor.evolve(state, event)
        if event == AccountRenamed("evolve"):
            raise ZeroDivisionError
        return evolved


class Accounts:
    """A directory of accounts, and its journal."""

    def __init__(self, *, max_live: int = 100, inbox_bound: int = 2_000, load_deadline: float = 10.0) -> None:
        self.journal = HeldJournal()
        self.directory = Directory(
            self.journal, max_live=max_live, inbox_bound=inbox_bound, load_deadline=load_deadline
        )

    def ask(
        self, command: Command, account_id: str = "acme", *, version: int | None = None, fresh: bool = False
    ) -> Reply:
        expected = None if version is None else frozenset({version})
        return self.directory.ask(FaultyAccount, account_id, command, CommandOptions(expected), fresh=fresh)

    def take_seat(self, member_id: str, account_id: str = "acme") -> Reply:
        return self.ask(TakeSeat(MemberId(member_id)), account_id)

    async def do(self, command: Command, account_id: str = "acme", *, fresh: bool = False) -> Accepted:
        """Send a command that must be accepted, and commit it."""
        reply = self.ask(command, account_id, fresh=fresh)
        while not reply.done():
            await asyncio.sleep(0)
            self.journal.commit()
        done = await reply
        assert isinstance(done, Accepted)
        return done

    async def open(self, *members: str, account_id: str = "acme", seats: int = 1) -> None:
        """Open an account with Ada and these members, and commit it."""
        await self.do(opening(account_id, seats=seats), account_id, fresh=True)
        for member_id in members:
            await self.do(joining(member_id), account_id)

    def live(self) -> list[str]:
        """List the ids of the live accounts, the least recently used one first."""
        return [stream_id.removeprefix("account-") for stream_id in self.directory._live]

    def actor(self, account_id: str = "acme") -> AggregateActor[Account]:
        return self.directory._live[f"account-{account_id}"]
