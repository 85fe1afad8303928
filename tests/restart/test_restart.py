"""Restarts: a service that is stopped and started again goes on with the same state."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.limits.refusals import NoSeatLeft, UserLimitReached
from seatkeeper.actors.accounts.members.commands import ChangeMember, RemoveMember, TakeSeat
from seatkeeper.actors.accounts.members.refusals import EmailTaken, LastAdmin
from seatkeeper.actors.accounts.profile.commands import ChangeAccount, OpenAccount, SuspendAccount
from seatkeeper.actors.accounts.profile.refusals import AccountSuspended, CreditExhausted
from seatkeeper.actors.accounts.summaries import AccountSummary
from seatkeeper.actors.accounts.values import Terms
from seatkeeper.actors.aggregates.aggregate import AnyAggregate, CommandOptions, VersionMismatch
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.messages import Accepted, Command, Refusal
from seatkeeper.actors.subscriptions import commands as subscription
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.refusals import PlanRetired
from tests.accounts.past import ADA, AT, BOB, ENGINES, EVE, FREE, TEAM, add, adjust
from tests.accounts.past import terms as to_terms
from tests.storage.stores import SqliteStore
from tests.subscriptions.past import LARGE
from tests.subscriptions.past import TEAM as PLAN_TEAM
from tests.subscriptions.test_plan import DEFINE

STREAM = f"account-{ENGINES}"


class Service:
    """A directory on a journal in a file."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.directory = Directory(store.journal)

    async def accepted(
        self, command: Command, aggregate_id: str = ENGINES, kind: type[AnyAggregate] = AccountActor
    ) -> Accepted:
        """Expect the command to be accepted."""
        response = await self.directory.ask(kind, aggregate_id, command)
        assert isinstance(response, Accepted), response
        return response

    async def refused(self, command: Command, aggregate_id: str = ENGINES) -> Refusal:
        """Expect the command to be refused."""
        response = await self.directory.ask(AccountActor, aggregate_id, command)
        assert isinstance(response, Refusal), response
        return response

    async def account(self) -> AccountSummary:
        """Send a command that changes nothing, and return the account."""
        summary = (await self.accepted(adjust(0))).value
        assert isinstance(summary, AccountSummary)
        return summary


@asynccontextmanager
async def started(path: Path) -> AsyncIterator[Service]:
    """Start the service on the file, and stop it."""
    async with SqliteStore(path) as store:
        yield Service(store)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "seatkeeper.db"


def open_account(*, total_seats: int = 10, user_limit: int = 10) -> OpenAccount:
    terms = Terms(TEAM, 1, total_seats, user_limit)
    return OpenAccount(ENGINES, "Engines", terms, "EUR", ADA, "Ada", "ada@example.org", AT)


async def test_an_account_is_after_a_restart_what_it_was_before(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(open_account())
        await service.accepted(add(BOB, email="bob@example.org", seated=True))
        await service.accepted(adjust(1250))
        before = await service.account()
    async with started(path) as service:
        assert await service.account() == before
        assert before.version == 5


async def test_a_plan_is_after_a_restart_what_it_was_before(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(DEFINE, TEAM, PlanActor)
        await service.accepted(subscription.RevisePackage(LARGE), TEAM, PlanActor)
        before = (await service.accepted(subscription.RetirePlan(), TEAM, PlanActor)).value
    async with started(path) as service:
        assert (await service.accepted(subscription.RetirePlan(), TEAM, PlanActor)).value == before


async def test_the_member_slots_hold_across_a_restart(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(open_account(user_limit=2))
        await service.accepted(add(BOB))
    async with started(path) as service:
        assert await service.refused(add(EVE)) == UserLimitReached(user_limit=2)


async def test_the_seats_hold_across_a_restart(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(open_account(total_seats=1))
        await service.accepted(add(BOB, seated=True))
    async with started(path) as service:
        assert await service.refused(TakeSeat(ADA)) == NoSeatLeft(total_seats=1)


async def test_emails_are_unique_across_a_restart(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(open_account())
    async with started(path) as service:
        assert await service.refused(add(BOB, email="ADA@example.org")) == EmailTaken("ADA@example.org")


async def test_the_last_admin_is_the_last_across_a_restart(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(open_account())
        await service.accepted(add(BOB))
    async with started(path) as service:
        assert await service.refused(RemoveMember(ADA)) == LastAdmin()


async def test_credit_is_not_spent_twice_across_a_restart(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(open_account())
        await service.accepted(adjust(1000))
        await service.accepted(adjust(-700))
    async with started(path) as service:
        assert await service.refused(adjust(-700)) == CreditExhausted(balance=300)


async def test_a_suspended_account_stands_still_across_a_restart(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(open_account())
        await service.accepted(SuspendAccount("unpaid"))
    async with started(path) as service:
        assert await service.refused(ChangeAccount("Looms")) == AccountSuspended()


async def test_a_retired_plan_is_not_offered_after_a_restart(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(DEFINE, TEAM, PlanActor)
        await service.accepted(subscription.RetirePlan(), TEAM, PlanActor)
    async with started(path) as service:
        offer = await service.directory.ask(PlanActor, TEAM, subscription.OfferPackage())
        assert offer == PlanRetired(PLAN_TEAM)


async def test_an_account_that_changed_its_plan_is_on_the_new_terms_after_a_restart(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(open_account())
        await service.accepted(to_terms(plan_id=FREE, total_seats=0, user_limit=1))
    async with started(path) as service:
        assert await service.refused(add(BOB)) == UserLimitReached(user_limit=1)
        assert await service.refused(TakeSeat(ADA)) == NoSeatLeft(total_seats=0)


async def test_versions_and_positions_go_on_after_a_restart(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(open_account())
        await service.accepted(DEFINE, TEAM, PlanActor)
    async with started(path) as service:
        done = await service.accepted(ChangeAccount("Looms"))
        assert (done.version, done.position) == (3, 4)
        assert await service.store.positions() == [1, 2, 3, 4]


async def test_a_success_without_events_has_the_position_of_before_the_restart(path: Path) -> None:
    async with started(path) as service:
        before = await service.accepted(open_account())
        await service.accepted(DEFINE, TEAM, PlanActor)
    async with started(path) as service:
        again = await service.accepted(ChangeAccount("Engines"))
        assert (again.version, again.position) == (before.version, before.position)


async def test_an_expected_version_of_before_the_restart_still_counts(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(open_account())
        await service.accepted(ChangeAccount("Looms"))
    async with started(path) as service:
        stale = await service.directory.ask(
            AccountActor, ENGINES, ChangeAccount("Mills"), CommandOptions(frozenset({2}))
        )
        assert stale == VersionMismatch(current_version=3)
        current = await service.directory.ask(
            AccountActor, ENGINES, ChangeAccount("Mills"), CommandOptions(frozenset({3}))
        )
        assert isinstance(current, Accepted)


async def test_a_refused_command_leaves_nothing(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(open_account(user_limit=1))
        await service.refused(add(BOB))
        events = await service.store.queries.last_position()
    async with started(path) as service:
        assert await service.store.queries.last_position() == events == 2


async def test_the_views_are_there_after_a_restart(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(open_account())
        before = await service.store.queries.account(ENGINES)
        member = await service.store.queries.member(ENGINES, ADA)
    async with started(path) as service:
        assert await service.store.queries.account(ENGINES) == before
        assert await service.store.queries.member(ENGINES, ADA) == member


async def many_names(service: Service, count: int) -> None:
    """Rename an account so often that a snapshot of it is due; what comes at once shares a commit."""
    replies = [service.directory.ask(AccountActor, ENGINES, ChangeAccount(f"Looms {n}")) for n in range(count)]
    for reply in replies:
        assert isinstance(await reply, Accepted)


async def test_a_snapshot_of_an_account_with_many_events_is_stored_and_used(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(open_account())
        await service.accepted(add(BOB, email="bob@example.org", seated=True))
        await many_names(service, 120)
    ((version,),) = service.store.sql("SELECT version FROM snapshots WHERE stream_id = ?", STREAM)
    async with started(path) as service:
        history = await service.store.journal.load(STREAM)
        assert history.version == version == 124
        assert getattr(history.state, "account_name", None) == "Looms 119"
        assert history.events == []


async def test_the_limits_hold_from_a_snapshot(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(open_account(total_seats=1, user_limit=2))
        await service.accepted(add(BOB, email="bob@example.org", seated=True))
        await many_names(service, 120)
    async with started(path) as service:
        assert await service.refused(add(EVE)) == UserLimitReached(user_limit=2)
        assert await service.refused(TakeSeat(ADA)) == NoSeatLeft(total_seats=1)
        assert await service.refused(RemoveMember(ADA)) == LastAdmin()
        done = await service.accepted(ChangeAccount("Mills"))
        assert (done.version, done.position) == (127, 127)  # with what is told of slots and seats


async def test_an_account_goes_on_from_a_snapshot_and_the_events_behind_it(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(open_account())
        await many_names(service, 120)
        await service.accepted(add(BOB, email="bob@example.org"))
        before = await service.account()
    async with started(path) as service:
        history = await service.store.journal.load(STREAM)
        assert len(history.events) == 1
        assert await service.account() == before
        assert await service.refused(ChangeMember(ADA, email="bob@example.org")) == EmailTaken("bob@example.org")


async def test_a_snapshot_can_be_deleted_between_two_starts(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(open_account())
        await many_names(service, 120)
        before = await service.account()
    service.store.sql("DELETE FROM snapshots")
    async with started(path) as service:
        assert await service.account() == before


async def test_a_damaged_snapshot_is_replaced_when_the_account_is_loaded(path: Path) -> None:
    async with started(path) as service:
        await service.accepted(open_account())
        await many_names(service, 120)
    service.store.sql("UPDATE snapshots SET state = replace(state, 'Looms', 'Mills')")
    async with started(path) as service:
        assert (await service.account()).account_name == "Looms 119"
        await service.accepted(adjust(1))
    async with started(path) as service:
        history = await service.store.journal.load(STREAM)
        assert (history.version, len(history.events)) == (122, 1)
        assert (await service.account()).credit.amount == 1
