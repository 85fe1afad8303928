"""Accounts: what was bought, under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.given import UNKNOWN_ID
from tests.contract.shapes import Account, answer, problem, wrong_field

if TYPE_CHECKING:
    from tests.contract.given import Customer
    from tests.service import Service

CALLS: list[tuple[str, str, object]] = [
    ("GET", "", None),
    ("PATCH", "", {"account_name": "Difference Engines"}),
    ("GET", "/members", None),
    ("POST", "/members", {"name": "Bob"}),
    ("GET", f"/members/{UNKNOWN_ID}", None),
    ("PATCH", f"/members/{UNKNOWN_ID}", {"name": "Bob"}),
    ("DELETE", f"/members/{UNKNOWN_ID}", None),
    ("PUT", f"/members/{UNKNOWN_ID}/seat", None),
    ("DELETE", f"/members/{UNKNOWN_ID}/seat", None),
    ("PUT", "/plan", {"plan_id": "00000000-0000-7000-8000-000000000001"}),
    ("POST", "/credit", {"amount": {"amount": 1, "currency": "EUR"}, "reason": "a gift"}),
    ("POST", "/suspend", None),
    ("POST", "/reactivate", None),
    ("POST", "/close", None),
    ("GET", "/events", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS, ids=[f"{method} {path}" for method, path, _ in CALLS])
def test_an_unknown_account_is_not_found(service: Service, method: str, path: str, body: object) -> None:
    address = f"/v1/accounts/{UNKNOWN_ID}{path}"
    calls = {"POST": service.post, "PUT": service.put, "PATCH": service.patch}
    response = calls[method](address, body) if method in calls else service.send(method, address)
    problem(response, 404, "account-not-found")


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
