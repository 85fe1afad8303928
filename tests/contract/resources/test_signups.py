"""Sign-ups: a customer picks a plan, and an account is opened with the customer in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.given import UNKNOWN_ID, a_customer_of, a_plan, new_in_the_journal, walk
from tests.contract.shapes import Account, Event, Member, Money, SignedUp, answer, problem, wrong_field

if TYPE_CHECKING:
    from tests.contract.shapes import Plan
    from tests.service import Service


def sign_up_for(plan: Plan, **fields: object) -> dict[str, object]:
    return {"account_name": "Analytical Engines", "user_name": "Ada", "plan_id": plan.plan_id, **fields}


def test_a_sign_up_opens_an_account_with_what_the_plan_sells(service: Service) -> None:
    plan = a_plan(service, seats=4, users=7)
    account = answer(service.post("/v1/signups", sign_up_for(plan)), 201, SignedUp).account
    assert (account.account_name, account.status) == ("Analytical Engines", "active")
    assert (account.plan.plan_id, account.plan.revision) == (plan.plan_id, plan.revision)
    assert (account.seats.total, account.members.limit) == (4, 7)


def test_who_signs_up_is_the_first_member_and_an_admin(service: Service, plan: Plan) -> None:
    body = sign_up_for(plan, user_email="ada@example.com")
    signed_up = answer(service.post("/v1/signups", body), 201, SignedUp)
    assert (signed_up.member.name, signed_up.member.email) == ("Ada", "ada@example.com")
    assert signed_up.member.role == "admin"
    assert signed_up.account.members.count == 1


def test_who_signs_up_need_not_give_an_email(service: Service, plan: Plan) -> None:
    assert answer(service.post("/v1/signups", sign_up_for(plan)), 201, SignedUp).member.email is None


def test_a_signed_up_account_is_found_where_the_answer_says(service: Service, plan: Plan) -> None:
    response = service.post("/v1/signups", sign_up_for(plan))
    account = answer(response, 201, SignedUp).account
    assert response.headers["Location"] == f"/v1/accounts/{account.account_id}"
    assert answer(service.get(response.headers["Location"]), 200, Account) == account


def test_a_sign_up_can_be_read_at_once(service: Service, plan: Plan) -> None:
    signed_up = answer(service.post("/v1/signups", sign_up_for(plan)), 201, SignedUp)
    path = f"/v1/accounts/{signed_up.account.account_id}/members"
    assert walk(service, "/v1/accounts", Account, plan_id=plan.plan_id) == [signed_up.account]
    assert walk(service, path, Member) == [signed_up.member]


def test_a_sign_up_is_two_events_of_one_stream(service: Service, plan: Plan) -> None:
    with new_in_the_journal(service) as events:
        account = answer(service.post("/v1/signups", sign_up_for(plan)), 201, SignedUp).account
    assert [event.type for event in events] == ["account.opened", "member.added"]
    assert walk(service, f"/v1/accounts/{account.account_id}/events", Event) == events


def test_the_same_sign_up_twice_is_two_accounts(service: Service, plan: Plan) -> None:
    first = a_customer_of(service, plan)
    second = a_customer_of(service, plan)
    assert first.account_id != second.account_id
    assert first.admin_id != second.admin_id


def test_a_new_account_has_no_credit_in_the_currency_of_the_service(service: Service, plan: Plan) -> None:
    assert a_customer_of(service, plan).account().credit == Money(0, "EUR")


def test_a_customer_picks_the_currency_of_the_credit(service: Service, plan: Plan) -> None:
    assert a_customer_of(service, plan, currency="USD").account().credit == Money(0, "USD")


@pytest.mark.parametrize("currency", ["", "EURO", "€", "E1R", 978])
def test_a_currency_is_an_iso_4217_code(service: Service, plan: Plan, currency: object) -> None:
    wrong_field(service.post("/v1/signups", sign_up_for(plan, currency=currency)), "/currency")


def test_a_sign_up_for_an_unknown_plan_leaves_nothing_behind(service: Service) -> None:
    body = {"account_name": "Analytical Engines", "user_name": "Ada", "plan_id": UNKNOWN_ID}
    with new_in_the_journal(service) as events:
        problem(service.post("/v1/signups", body), 404, "plan-not-found")
    assert events == []
    assert walk(service, "/v1/accounts", Account, plan_id=UNKNOWN_ID) == []


def test_a_sign_up_for_a_retired_plan_leaves_nothing_behind(service: Service, plan: Plan) -> None:
    service.post(f"/v1/plans/{plan.plan_id}/retire")
    with new_in_the_journal(service) as events:
        problem(service.post("/v1/signups", sign_up_for(plan)), 409, "plan-retired")
    assert events == []
    assert walk(service, "/v1/accounts", Account, plan_id=plan.plan_id) == []


def test_a_sign_up_with_a_wrong_field_leaves_nothing_behind(service: Service, plan: Plan) -> None:
    with new_in_the_journal(service) as events:
        wrong_field(service.post("/v1/signups", sign_up_for(plan, user_name="")), "/user_name")
    assert events == []
    assert walk(service, "/v1/accounts", Account, plan_id=plan.plan_id) == []
