"""The life of an account: active, suspended and active again, closed for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.contract.calls import READS, WRITES, AccountCall
from tests.contract.given import a_household
from tests.contract.shapes import Account, answer, described, problem

if TYPE_CHECKING:
    import requests

    from tests.contract.given import Customer
    from tests.service import Service

EVERY_WRITE = pytest.mark.parametrize("call", WRITES, ids=lambda call: call.name)
REASONS: list[object] = [None, {}, {"reason": "an unpaid bill"}]


@dataclass(frozen=True)
class Household:
    """An account in which every write would change something."""

    customer: Customer
    ids: Mapping[str, str]

    def send(self, call: AccountCall) -> requests.Response:
        """Make a call to the account."""
        return self.customer.send(call, self.ids)


@pytest.fixture
def household(service: Service) -> Household:
    """A household in an active account."""
    return Household(*a_household(service))


@pytest.mark.parametrize("body", REASONS)
def test_an_account_is_suspended_with_or_without_a_reason(customer: Customer, body: object) -> None:
    with customer.new_events() as events:
        account = answer(customer.post("/suspend", body), 200, Account)
    assert account.status == "suspended"
    assert customer.account() == account
    assert len(events) == 1


@pytest.mark.parametrize("body", REASONS)
def test_a_suspended_account_is_reactivated(customer: Customer, body: object) -> None:
    customer.post("/suspend")
    with customer.new_events() as events:
        account = answer(customer.post("/reactivate", body), 200, Account)
    assert account.status == "active"
    assert customer.account() == account
    assert len(events) == 1


@pytest.mark.parametrize("body", REASONS)
def test_an_account_is_closed(customer: Customer, body: object) -> None:
    with customer.new_events() as events:
        account = answer(customer.post("/close", body), 200, Account)
    assert account.status == "closed"
    assert customer.account() == account
    assert len(events) == 1


def test_a_suspended_account_is_closed(customer: Customer) -> None:
    customer.post("/suspend")
    assert answer(customer.post("/close"), 200, Account).status == "closed"


@EVERY_WRITE
def test_an_active_account_allows(household: Household, call: AccountCall) -> None:
    with household.customer.new_events() as events:
        response = household.send(call)
    assert response.status_code in {200, 201, 204}, described(response)
    assert events


@EVERY_WRITE
def test_a_suspended_account_does_not_allow(household: Household, call: AccountCall) -> None:
    household.customer.post("/suspend")
    with household.customer.new_events() as events:
        problem(household.send(call), 409, "account-suspended")
    assert events == []


@EVERY_WRITE
def test_a_closed_account_does_not_allow(household: Household, call: AccountCall) -> None:
    household.customer.post("/close")
    with household.customer.new_events() as events:
        problem(household.send(call), 409, "account-closed")
    assert events == []


@EVERY_WRITE
def test_a_reactivated_account_allows_again(household: Household, call: AccountCall) -> None:
    household.customer.post("/suspend")
    household.customer.post("/reactivate")
    response = household.send(call)
    assert response.status_code in {200, 201, 204}, described(response)


@pytest.mark.parametrize("call", READS, ids=lambda call: call.name)
@pytest.mark.parametrize("end", ["suspend", "close"])
def test_an_account_at_rest_can_be_read(household: Household, end: str, call: AccountCall) -> None:
    household.customer.post(f"/{end}")
    assert household.send(call).status_code == 200


@pytest.mark.parametrize("change", ["suspend", "reactivate"])
def test_a_closed_account_stays_closed(customer: Customer, change: str) -> None:
    customer.post("/close")
    with customer.new_events() as events:
        problem(customer.post(f"/{change}"), 409, "account-closed")
    assert customer.account().status == "closed"
    assert events == []


def test_a_suspension_takes_nothing_away(household: Household) -> None:
    before = household.customer.account()
    household.customer.post("/suspend")
    after = household.customer.account()
    assert (after.members, after.seats, after.credit) == (before.members, before.seats, before.credit)
