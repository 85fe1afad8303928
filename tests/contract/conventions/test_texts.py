"""Names, reasons and addresses over HTTP: the same rules wherever a person gives one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from tests.contract.given import Customer
from tests.contract.shapes import Account, Member, answer, problem, wrong_field
from tests.service import Service

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
UNSEEN = ["\u200b", "\u2060", "\ufeff", "\u202eecilA", "\u2066Alice\u2069", "Alice\u200b", "Alice\u2028", "\u200d"]
PACKAGE = {"total_seats": 1, "user_limit": 1}
NAMED: dict[str, Callable[[Service, Customer, str], requests.Response]] = {
    "account_name of a sign-up": lambda service, customer, text: service.post(
        "/v1/signups", {"account_name": text, "user_name": "Ada", "plan_id": customer.account().plan.plan_id}
    ),
    "user_name of a sign-up": lambda service, customer, text: service.post(
        "/v1/signups", {"account_name": "Engines", "user_name": text, "plan_id": customer.account().plan.plan_id}
    ),
    "account_name": lambda _, customer, text: customer.patch("", {"account_name": text}),
    "name of a member": lambda _, customer, text: customer.post("/members", {"name": text}),
    "members/0/name of many": lambda _, customer, text: customer.post("/members/bulk", {"members": [{"name": text}]}),
    "name of a plan": lambda service, _, text: service.post(
        "/v1/plans", {"name": text, "type": "team", "package": PACKAGE}
    ),
}
REASONED: dict[str, Callable[[Customer, str], requests.Response]] = {
    path: lambda customer, text, path=path, body=body: customer.post(path, {**body, "reason": text})  # type: ignore[misc]
    for path, body in {
        "/credit": {"amount": {"amount": 1, "currency": "EUR"}},
        "/grants": {"members": 1},
        "/suspend": {},
        "/reactivate": {},
        "/close": {},
    }.items()
}


@pytest.mark.parametrize("text", UNSEEN, ids=ascii)
@pytest.mark.parametrize("kind", NAMED)
def test_a_name_that_is_not_what_people_see_is_refused(
    service: Service, customer: Customer, kind: str, text: str
) -> None:
    with customer.new_events() as events:
        wrong_field(NAMED[kind](service, customer, text), "/" + kind.partition(" ")[0])
    assert events == []


@pytest.mark.parametrize("kind", NAMED)
def test_a_name_may_be_an_emoji(service: Service, customer: Customer, kind: str) -> None:
    response = NAMED[kind](service, customer, FAMILY)
    assert response.status_code < 300
    assert FAMILY in response.text


@pytest.mark.parametrize("text", ["\u200b", "\u202edaselc", "\u2067paid\u2069"], ids=ascii)
@pytest.mark.parametrize("path", REASONED)
def test_a_reason_that_is_not_what_people_see_is_refused(customer: Customer, path: str, text: str) -> None:
    wrong_field(REASONED[path](customer, text), "/reason")


def test_a_mailbox_is_one_member_in_both_forms_of_its_domain(customer: Customer) -> None:
    added = answer(customer.post("/members", {"name": "J", "email": "j@xn--mnchen-3ya.de"}), 201, Member)
    assert added.email == "j@m\u00fcnchen.de"
    with customer.new_events() as events:
        for email in ("j@m\u00fcnchen.de", "J@M\u00dcNCHEN.DE", "j@xn--mnchen-3ya.de"):
            problem(customer.post("/members", {"name": "J", "email": email}), 409, "email-taken")
        again = answer(customer.patch(f"/members/{added.member_id}", {"email": "j@xn--mnchen-3ya.de"}), 200, Member)
    assert again == added
    assert events == []


@pytest.mark.parametrize("email", ["a@x..org", "a@x", "a@localhost", "a" * 65 + "@example.org", "a@[127.0.0.1]"])
def test_what_is_no_address_is_refused(customer: Customer, email: str) -> None:
    with customer.new_events() as events:
        wrong_field(customer.post("/members", {"name": "Bob", "email": email}), "/email")
    assert events == []


@pytest.mark.parametrize("currency", ["BGN", "XAU", "CHW", "XXX"])
def test_a_new_account_is_in_a_currency_that_is_money(service: Service, customer: Customer, currency: str) -> None:
    plan_id = customer.account().plan.plan_id
    body = {"account_name": "Rila", "user_name": "Ada", "plan_id": plan_id, "currency": currency}
    wrong_field(service.post("/v1/signups", body), "/currency")


def test_an_account_is_only_credited_in_its_own_currency(customer: Customer) -> None:
    problem(customer.credit(1, "BGN"), 409, "currency-mismatch")
    assert answer(customer.credit(1), 200, Account).credit.amount == 1
