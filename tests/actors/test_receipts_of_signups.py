"""Receipts of what needs a plan and an account: whoever decides, it is kept before it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
import pytest_asyncio

from seatkeeper.actors.accounts import refusals
from seatkeeper.actors.accounts.events import AccountId
from seatkeeper.actors.directory import Directory
from seatkeeper.actors.journal import NotStored
from seatkeeper.actors.messages import Command, Done, Outcome
from seatkeeper.actors.signup import ChangePlan, SignUp, SignupCoordinator
from seatkeeper.actors.subscriptions import commands as subscription
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.events import Package, PlanId
from seatkeeper.actors.subscriptions.refusals import PlanNotFound, PlanRetired
from tests.actors.held_journal import HeldJournal
from tests.actors.house import ADA, NOON
from tests.actors.players import turns
from tests.actors.test_receipts import NOTHING_STORED, UNKNOWN, Key, waiting

TEAM = PlanId("team")


class Shop:
    """A plan for sale, and the coordinator."""

    def __init__(self) -> None:
        self.journal = HeldJournal()
        self.directory = Directory(self.journal)
        self.signup = SignupCoordinator.start(self.directory)

    async def on_plan(self, command: Command) -> None:
        reply = self.directory.ask(PlanActor, TEAM, command)
        await turns()
        self.journal.commit()
        assert isinstance(await reply, Done)

    def ask(self, message: SignUp | ChangePlan) -> asyncio.Future[Outcome]:
        return asyncio.ensure_future(self.signup.ask(message, block=False))

    def sign_up(self, plan_id: PlanId, key: Key | None) -> asyncio.Future[Outcome]:
        return self.ask(SignUp(plan_id, AccountId("acme"), "Acme", "EUR", ADA, "Ada", None, NOON, None, key))

    def change(self, plan_id: PlanId, key: Key) -> asyncio.Future[Outcome]:
        return self.ask(ChangePlan(AccountId("acme"), plan_id, None, key))

    def appends(self) -> Sequence[tuple[str, int, str | None]]:
        """The stream, the number of events and the receipt's body of each append that waits."""
        return [
            (append.stream_id, *row) for append, row in zip(self.journal.waiting, waiting(self.journal), strict=True)
        ]


@pytest_asyncio.fixture
async def shop() -> Shop:
    shop = Shop()
    await shop.on_plan(subscription.DefinePlan(TEAM, "Team", "team", Package(2, 3), NOON))
    return shop


async def test_a_sign_up_keeps_its_receipt_in_the_append_that_opens_the_account(shop: Shop) -> None:
    signed_up = shop.sign_up(TEAM, Key())
    await turns()
    assert shop.appends() == [("account-acme", 2, "done")]
    shop.journal.commit()
    assert isinstance(await signed_up, Done)


async def test_what_the_plan_refuses_is_kept_before_it_is_answered(shop: Shop) -> None:
    await shop.on_plan(subscription.RetirePlan())
    refused = shop.sign_up(TEAM, Key())
    await turns()
    assert shop.appends() == [("", 0, "plan-retired")]
    assert not refused.done()
    shop.journal.commit()
    assert await refused == PlanRetired(TEAM)
    assert shop.journal.receipts["a key"].body == "plan-retired"


@pytest.mark.parametrize("ask", [Shop.sign_up, Shop.change])
async def test_what_an_unknown_plan_refuses_is_kept(shop: Shop, ask: object) -> None:
    assert callable(ask)
    refused = ask(shop, PlanId("unknown"), Key())
    await turns()
    shop.journal.commit()
    assert await refused == PlanNotFound()
    assert list(shop.journal.receipts) == ["a key"]


async def test_what_the_plan_refuses_without_a_key_is_answered_at_once(shop: Shop) -> None:
    refused = shop.sign_up(PlanId("unknown"), None)
    await turns()
    assert shop.journal.waiting == []
    assert await refused == PlanNotFound()


async def test_a_refusal_of_a_plan_waits_for_the_event_that_it_rests_on(shop: Shop) -> None:
    retiring = shop.directory.ask(PlanActor, TEAM, subscription.RetirePlan())
    refused = shop.sign_up(TEAM, Key())
    await turns()
    assert [row[:2] for row in shop.appends()] == [("plan-team", 1)]
    shop.journal.commit()
    await retiring
    await turns()
    assert shop.appends() == [("", 0, "plan-retired")]
    shop.journal.commit()
    assert await refused == PlanRetired(TEAM)


@pytest.mark.parametrize("error", [NOTHING_STORED, UNKNOWN], ids=["refused", "unknown"])
async def test_a_refusal_of_a_plan_that_is_not_stored_is_not_answered(shop: Shop, error: Exception) -> None:
    refused = shop.sign_up(PlanId("unknown"), Key())
    await turns()
    shop.journal.fail(error)
    with pytest.raises(type(error)):
        await refused
    assert shop.journal.receipts == {}


async def test_a_refusal_of_a_plan_that_the_journal_does_not_take_is_not_answered(shop: Shop) -> None:
    shop.journal.unwritable = 1
    with pytest.raises(NotStored):
        await shop.sign_up(PlanId("unknown"), Key())
    assert shop.journal.receipts == {}


async def test_what_the_account_refuses_of_a_change_of_plan_is_kept(shop: Shop) -> None:
    refused = shop.change(TEAM, Key())
    await turns()
    assert shop.appends() == [("account-acme", 0, "account-not-found")]
    shop.journal.commit()
    assert await refused == refusals.AccountNotFound()
