"""Accounts: what was bought, under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.completeness import check_complete
from tests.contract.calls import IDS, READS, STATUS_CHANGES, WRITES, AccountCall, names, route_of
from tests.contract.given import UNKNOWN_ID, Customer
from tests.contract.shapes import Account, answer, problem, wrong_field

if TYPE_CHECKING:
    from tests.service import Service

CALLS = [*READS, *WRITES, *STATUS_CHANGES]


def test_every_call_to_an_account_is_listed() -> None:
    account = "/v1/accounts/{account_id}"
    listed = {route_of(call.method, account + call.path) for call in CALLS}
    lists = "WRITES (or READS, STATUS_CHANGES) of tests/contract/calls.py"
    check_complete(lists, listed, names(below=account))


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_an_unknown_account_is_not_found(service: Service, call: AccountCall) -> None:
    customer = Customer(service, UNKNOWN_ID, UNKNOWN_ID)
    problem(customer.send(call, dict.fromkeys(IDS, UNKNOWN_ID)), 404, "account-not-found")


def test_an_account_is_renamed(customer: Customer) -> None:
    with customer.new_events() as events:
        renamed = answer(customer.patch("", {"account_name": "Difference Engines"}), 200, Account)
    assert renamed.account_name == "Difference Engines"
    assert customer.account() == renamed
    assert len(events) == 1


def test_a_new_name_changes_nothing_else(customer: Customer) -> None:
    before = customer.account()
    after = answer(customer.patch("", {"account_name": "Difference Engines"}), 200, Account)
    assert (after.plan, after.members, after.seats, after.credit) == (
        before.plan,
        before.members,
        before.seats,
        before.credit,
    )
    assert (after.account_id, after.created_at, after.status) == (before.account_id, before.created_at, before.status)


def test_an_account_renamed_to_its_own_name_stays_as_it_is(customer: Customer) -> None:
    before = customer.account()
    with customer.new_events() as events:
        assert answer(customer.patch("", {"account_name": before.account_name}), 200, Account) == before
    assert events == []


def test_an_account_always_has_a_name(customer: Customer) -> None:
    with customer.new_events() as events:
        wrong_field(customer.patch("", {"account_name": "   "}), "/account_name")
    assert events == []


def test_two_accounts_may_bear_the_same_name(service: Service, customer: Customer) -> None:
    body = {
        "account_name": customer.account().account_name,
        "user_name": "Bob",
        "plan_id": customer.account().plan.plan_id,
    }
    assert service.post("/v1/signups", body).status_code == 201


def test_an_account_is_not_deleted(customer: Customer) -> None:
    problem(customer.delete(""), 405)
    assert customer.account().status == "active"
