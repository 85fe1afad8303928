"""Receipts of sign-ups and plan changes: the outcome is stored before it is answered, whichever aggregate decides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from seatkeeper.actors.accounts.profile.refusals import AccountNotFound
from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.actors.aggregates.messages import Accepted, Outcome
from seatkeeper.actors.subscriptions import commands as subscription
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.events import PlanId
from seatkeeper.actors.subscriptions.refusals import PlanNotFound, PlanRetired
from tests.aggregates.receipts import NOTHING_STORED, UNKNOWN, Key, waiting
from tests.event_loop import turns
from tests.processes.coordinators import TEAM, Coordinators

UNKNOWN_PLAN = PlanId("unknown")


def appends(coordinators: Coordinators) -> list[tuple[str, int, str | None]]:
    """The stream, the number of events and the body of the receipt, for each append that waits."""
    journal = coordinators.journal
    return [(append.stream_id, *row) for append, row in zip(journal.waiting, waiting(journal), strict=True)]


async def test_a_sign_up_stores_its_receipt_in_the_append_that_opens_the_account(coordinators: Coordinators) -> None:
    signed_up = coordinators.sign_up(key=Key())
    await turns()
    assert appends(coordinators) == [("account-acme", 2, "done")]
    coordinators.journal.commit()
    assert isinstance(await signed_up, Accepted)


async def test_a_refusal_of_a_plan_is_stored_before_it_is_answered(coordinators: Coordinators) -> None:
    await coordinators.on_plan(subscription.RetirePlan())
    refused = coordinators.sign_up(key=Key())
    await turns()
    assert appends(coordinators) == [("", 0, "plan-retired")]
    assert not refused.done()
    coordinators.journal.commit()
    assert await refused == PlanRetired(TEAM)
    assert coordinators.journal.receipts["a key"].body == "plan-retired"


@pytest.mark.parametrize("ask", [Coordinators.sign_up, Coordinators.change_plan])
async def test_a_refusal_of_an_unknown_plan_is_stored(
    coordinators: Coordinators, ask: Callable[..., asyncio.Future[Outcome]]
) -> None:
    refused = ask(coordinators, plan_id=UNKNOWN_PLAN, key=Key())
    await turns()
    coordinators.journal.commit()
    assert await refused == PlanNotFound()
    assert list(coordinators.journal.receipts) == ["a key"]


async def test_a_refusal_of_a_plan_without_a_key_is_answered_at_once(coordinators: Coordinators) -> None:
    refused = coordinators.sign_up(plan_id=UNKNOWN_PLAN)
    await turns()
    assert coordinators.journal.waiting == []
    assert await refused == PlanNotFound()


async def test_a_refusal_of_a_plan_waits_for_the_event_that_it_depends_on(coordinators: Coordinators) -> None:
    retiring = coordinators.directory.ask(PlanActor, TEAM, subscription.RetirePlan())
    refused = coordinators.sign_up(key=Key())
    await turns()
    assert [row[:2] for row in appends(coordinators)] == [("plan-team", 1)]
    coordinators.journal.commit()
    await retiring
    await turns()
    assert appends(coordinators) == [("", 0, "plan-retired")]
    coordinators.journal.commit()
    assert await refused == PlanRetired(TEAM)


@pytest.mark.parametrize("error", [NOTHING_STORED, UNKNOWN], ids=["refused", "unknown"])
async def test_a_refusal_of_a_plan_that_is_not_stored_is_not_answered(
    coordinators: Coordinators, error: Exception
) -> None:
    refused = coordinators.sign_up(plan_id=UNKNOWN_PLAN, key=Key())
    await turns()
    coordinators.journal.fail(error)
    with pytest.raises(type(error)):
        await refused
    assert coordinators.journal.receipts == {}


async def test_a_refusal_of_a_plan_that_the_journal_refuses_is_not_answered(coordinators: Coordinators) -> None:
    coordinators.journal.unwritable = 1
    with pytest.raises(NotStored):
        await coordinators.sign_up(plan_id=UNKNOWN_PLAN, key=Key())
    assert coordinators.journal.receipts == {}


async def test_a_refusal_of_the_account_for_a_change_of_plan_is_stored(coordinators: Coordinators) -> None:
    refused = coordinators.change_plan(TEAM, key=Key())
    await turns()
    assert appends(coordinators) == [("account-acme", 0, "account-not-found")]
    coordinators.journal.commit()
    assert await refused == AccountNotFound()
