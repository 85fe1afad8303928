"""The coordinator: a plan is asked, an account is told, and one customer does not wait for another."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio

from seatkeeper.actors.accounts import commands as account
from seatkeeper.actors.accounts import refusals
from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.events import AccountId, MemberId
from seatkeeper.actors.accounts.events import PlanId as BoughtPlanId
from seatkeeper.actors.accounts.summaries import AccountSummary, PlanReference, Seats, SignedUp
from seatkeeper.actors.aggregate import VersionMismatch
from seatkeeper.actors.directory import Directory, DirectoryFull
from seatkeeper.actors.journal import OutcomeUnknown, StreamDamaged
from seatkeeper.actors.messages import Command, Done, Refusal
from seatkeeper.actors.signup import ChangePlan, SignUp, SignupCoordinator
from seatkeeper.actors.subscriptions import commands as subscription
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.events import Package, PlanId
from seatkeeper.actors.subscriptions.refusals import PlanNotFound, PlanRetired
from tests.actors.held_journal import HeldJournal
from tests.actors.house import ADA, NOON
from tests.actors.players import turns

TEAM = PlanId("team")
SOLO = PlanId("solo")
ACME = AccountId("acme")

Outcome = asyncio.Future[Done | Refusal]


class Shop:
    """Two plans for sale, and the coordinator."""

    def __init__(self, *, max_live: int = 100) -> None:
        self.journal = HeldJournal()
        self.directory = Directory(self.journal, max_live=max_live)
        self.signup = SignupCoordinator.start(self.directory)

    async def define(self, plan_id: PlanId, seats: int, users: int) -> None:
        package = Package(seats, users)
        await self.on_plan(subscription.DefinePlan(plan_id, plan_id, "team", package, NOON), plan_id)

    async def on_plan(self, command: Command, plan_id: PlanId = TEAM) -> None:
        """Have a plan carry out what it must accept, and commit it."""
        reply = self.directory.ask(PlanActor, plan_id, command)
        await turns()
        self.journal.commit()
        assert isinstance(await reply, Done)

    async def on_account(self, command: Command) -> None:
        """Have the account carry out what it must accept, and commit it."""
        reply = self.directory.ask(AccountActor, ACME, command)
        await turns()
        self.journal.commit()
        assert isinstance(await reply, Done)

    def ask(self, message: SignUp | ChangePlan) -> Outcome:
        return asyncio.ensure_future(self.signup.ask(message, block=False))

    def sign_up(self, account_id: AccountId = ACME, plan_id: PlanId = TEAM) -> Outcome:
        return self.ask(SignUp(plan_id, account_id, "Acme", "EUR", ADA, "Ada", None, NOON))

    async def outcome(self, asked: Outcome) -> Done | Refusal:
        """Commit what waits, and await the answer."""
        await turns()
        self.journal.commit()
        return await asked

    def accounts(self) -> list[str]:
        """Whatever there is of any account: in memory, in the journal, or read from it."""
        streams = [*self.directory._live, *self.journal.loads, *(stream for stream, _ in self.journal.stored)]
        waiting = [append.stream_id for append in self.journal.waiting]
        return [stream for stream in streams + waiting if stream.startswith("account-")]


@pytest_asyncio.fixture
async def shop() -> Shop:
    shop = Shop()
    await shop.define(TEAM, 2, 3)
    await shop.define(SOLO, 1, 1)
    return shop


async def test_a_sign_up_opens_an_account_on_what_the_plan_sells(shop: Shop) -> None:
    done = await shop.outcome(shop.sign_up())
    assert isinstance(done, Done)
    assert isinstance(done.value, SignedUp)
    assert done.value.account.seats == Seats(0, 2)
    assert done.value.account.members.limit == 3
    assert done.value.member.role == "admin"


async def test_a_sign_up_is_one_append_to_one_stream(shop: Shop) -> None:
    shop.sign_up()
    await turns()
    assert [(append.stream_id, len(append.events)) for append in shop.journal.waiting] == [("account-acme", 2)]


async def test_a_sign_up_is_answered_after_its_commit(shop: Shop) -> None:
    signed_up = shop.sign_up()
    await turns()
    assert not signed_up.done()
    assert isinstance(await shop.outcome(signed_up), Done)


async def test_a_sign_up_reads_nothing_of_the_account_that_it_makes(shop: Shop) -> None:
    await shop.outcome(shop.sign_up())
    assert "account-acme" not in shop.journal.loads


async def test_a_sign_up_gets_the_package_of_the_latest_revision(shop: Shop) -> None:
    await shop.on_plan(subscription.RevisePackage(Package(7, 9)))
    done = await shop.outcome(shop.sign_up())
    assert isinstance(done, Done)
    assert isinstance(done.value, SignedUp)
    assert done.value.account.plan == PlanReference(BoughtPlanId("team"), 2)
    assert done.value.account.seats.total == 7


async def test_a_revision_that_is_not_committed_is_sold_to_nobody(shop: Shop) -> None:
    shop.directory.ask(PlanActor, TEAM, subscription.RevisePackage(Package(7, 9)))
    signed_up = shop.sign_up()
    await turns()
    assert shop.accounts() == []
    shop.journal.fail(OutcomeUnknown())
    with pytest.raises(OutcomeUnknown):
        await signed_up
    assert shop.accounts() == []


async def test_a_sign_up_for_a_plan_that_does_not_exist_leaves_no_trace(shop: Shop) -> None:
    assert await shop.outcome(shop.sign_up(plan_id=PlanId("nothing"))) == PlanNotFound()
    assert shop.accounts() == []
    assert "plan-nothing" not in shop.directory._live


async def test_a_sign_up_for_a_retired_plan_leaves_no_trace(shop: Shop) -> None:
    await shop.on_plan(subscription.RetirePlan())
    assert await shop.outcome(shop.sign_up()) == PlanRetired(TEAM)
    assert shop.accounts() == []


async def test_a_sign_up_for_a_damaged_plan_leaves_no_trace(shop: Shop) -> None:
    shop.journal.damaged.add("plan-broken")
    with pytest.raises(StreamDamaged):
        await shop.outcome(shop.sign_up(plan_id=PlanId("broken")))
    assert shop.accounts() == []


async def test_a_slow_plan_does_not_hold_up_another_sign_up(shop: Shop) -> None:
    gate = shop.journal.hold("plan-slow")
    slow = shop.sign_up(AccountId("slow"), PlanId("slow"))
    assert isinstance(await shop.outcome(shop.sign_up()), Done)
    assert not slow.done()
    gate.set()
    assert await shop.outcome(slow) == PlanNotFound()


async def test_an_account_is_opened_once(shop: Shop) -> None:
    first, second = shop.sign_up(), shop.sign_up()
    assert isinstance(await shop.outcome(first), Done)
    assert await second == refusals.AccountExists()


async def test_a_thousand_sign_ups_at_once_share_a_commit(shop: Shop) -> None:
    shop.directory.max_live = 2_000
    signed_up = [shop.sign_up(AccountId(f"account-{number}")) for number in range(1_000)]
    await turns()
    assert len(shop.journal.waiting) == 1_000
    shop.journal.commit()
    assert all([isinstance(await one, Done) for one in signed_up])


async def test_a_sign_up_without_room_for_its_account_fails_and_stores_nothing() -> None:
    shop = Shop(max_live=1)
    await shop.define(TEAM, 2, 3)
    shop.directory.ask(PlanActor, TEAM, subscription.RenamePlan("Team 2"))
    signed_up = shop.sign_up(plan_id=SOLO)
    with pytest.raises(DirectoryFull):
        await signed_up
    assert shop.accounts() == []


async def test_a_failed_sign_up_does_not_stop_the_coordinator(shop: Shop) -> None:
    shop.journal.damaged.add("plan-broken")
    with pytest.raises(StreamDamaged):
        await shop.sign_up(plan_id=PlanId("broken"))
    assert isinstance(await shop.outcome(shop.sign_up()), Done)


async def test_a_change_of_plan_gives_the_account_what_the_other_plan_sells(shop: Shop) -> None:
    await shop.outcome(shop.sign_up())
    done = await shop.outcome(shop.ask(ChangePlan(ACME, SOLO)))
    assert isinstance(done, Done)
    assert isinstance(done.value, AccountSummary)
    assert done.value.plan == PlanReference(BoughtPlanId("solo"), 1)
    assert done.value.seats.total == 1


async def test_a_change_to_the_plan_that_the_account_is_on_changes_nothing(shop: Shop) -> None:
    await shop.outcome(shop.sign_up())
    done = await shop.outcome(shop.ask(ChangePlan(ACME, TEAM)))
    assert isinstance(done, Done)
    assert done.version == 2


async def test_a_change_to_a_plan_that_is_too_small_is_refused(shop: Shop) -> None:
    await shop.outcome(shop.sign_up())
    await shop.on_account(account.AddMember(MemberId("bob"), "Bob", None, "member", seated=True, at=NOON))
    await shop.on_account(account.TakeSeat(ADA))
    refused = await shop.outcome(shop.ask(ChangePlan(ACME, SOLO)))
    assert refused == refusals.OverLimit(refusals.Excess(members=1, seats=1))


async def test_a_change_of_plan_for_another_version_is_refused(shop: Shop) -> None:
    await shop.outcome(shop.sign_up())
    assert await shop.outcome(shop.ask(ChangePlan(ACME, SOLO, 1))) == VersionMismatch(2)


async def test_a_change_to_a_plan_that_does_not_exist_does_not_wake_the_account(shop: Shop) -> None:
    assert await shop.outcome(shop.ask(ChangePlan(ACME, PlanId("nothing")))) == PlanNotFound()
    assert shop.accounts() == []


async def test_a_change_to_a_retired_plan_is_refused(shop: Shop) -> None:
    await shop.outcome(shop.sign_up())
    await shop.on_plan(subscription.RetirePlan(), SOLO)
    assert await shop.outcome(shop.ask(ChangePlan(ACME, SOLO))) == PlanRetired(SOLO)


async def test_a_change_of_plan_for_an_account_that_does_not_exist_leaves_no_actor_behind(shop: Shop) -> None:
    assert await shop.outcome(shop.ask(ChangePlan(ACME, SOLO))) == refusals.AccountNotFound()
    assert list(shop.directory._live) == ["plan-team", "plan-solo"]
