"""Changes of plan: an account takes another plan's package, if what is in use fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.given import UNKNOWN_ID, a_customer, a_plan
from tests.contract.shapes import Account, Excess, answer, problem, wrong_field

if TYPE_CHECKING:
    from tests.contract.given import Customer
    from tests.contract.shapes import Plan
    from tests.service import Service


def to(plan: Plan) -> dict[str, str]:
    return {"plan_id": plan.plan_id}


def test_an_account_gets_the_package_of_its_new_plan(service: Service, customer: Customer) -> None:
    plan = a_plan(service, seats=9, users=11)
    with customer.new_events() as events:
        account = answer(customer.put("/plan", to(plan)), 200, Account)
    assert (account.seats.total, account.members.limit) == (9, 11)
    assert (account.plan.plan_id, account.plan.revision) == (plan.plan_id, plan.revision)
    assert customer.account() == account
    assert len(events) == 1


def test_a_change_of_plan_keeps_the_members_and_their_seats(service: Service, customer: Customer) -> None:
    bob = customer.add("Bob", seated=True)
    account = answer(customer.put("/plan", to(a_plan(service, seats=9, users=11))), 200, Account)
    assert (account.seats.taken, account.members.count) == (1, 2)
    assert customer.member(bob.member_id) == bob


def test_a_larger_plan_makes_room(service: Service) -> None:
    customer = a_customer(service, seats=0, users=1)
    customer.put("/plan", to(a_plan(service, seats=1, users=2)))
    assert customer.add("Bob", seated=True).seated


def test_a_smaller_plan_holds_from_then_on(service: Service, customer: Customer) -> None:
    customer.put("/plan", to(a_plan(service, seats=0, users=1)))
    problem(customer.post("/members", {"name": "Bob"}), 409, "user-limit-reached")
    problem(customer.put(f"{customer.admin_path}/seat"), 409, "no-seat-left")


def test_a_plan_that_fits_exactly_fits(service: Service, customer: Customer) -> None:
    customer.add("Bob", seated=True)
    account = answer(customer.put("/plan", to(a_plan(service, seats=1, users=2))), 200, Account)
    assert (account.seats.total, account.members.limit) == (1, 2)


@pytest.mark.parametrize(
    ("seats", "users", "excess"),
    [
        (3, 1, Excess(members=2, seats=0)),
        (0, 3, Excess(members=0, seats=2)),
        (1, 2, Excess(members=1, seats=1)),
    ],
    ids=["members", "seats", "both"],
)
def test_a_plan_that_does_not_fit_says_by_how_much(service: Service, seats: int, users: int, excess: Excess) -> None:
    customer = a_customer(service, seats=3, users=3)
    customer.add("Bob", seated=True)
    customer.add("Eve", seated=True)
    refusal = problem(customer.put("/plan", to(a_plan(service, seats=seats, users=users))), 409, "over-limit")
    assert refusal.excess == excess


def test_a_plan_that_does_not_fit_changes_nothing(service: Service, customer: Customer) -> None:
    customer.add("Bob")
    before = customer.account()
    with customer.new_events() as events:
        problem(customer.put("/plan", to(a_plan(service, seats=1, users=1))), 409, "over-limit")
    assert customer.account() == before
    assert events == []


def test_a_plan_fits_once_enough_members_left(service: Service, customer: Customer) -> None:
    plan = a_plan(service, seats=1, users=1)
    bob = customer.add("Bob")
    customer.put("/plan", to(plan))
    customer.delete(f"/members/{bob.member_id}")
    assert answer(customer.put("/plan", to(plan)), 200, Account).plan.plan_id == plan.plan_id


def test_a_retired_plan_is_not_changed_to(service: Service, customer: Customer, plan: Plan) -> None:
    service.post(f"/v1/plans/{plan.plan_id}/retire")
    before = customer.account()
    with customer.new_events() as events:
        problem(customer.put("/plan", to(plan)), 409, "plan-retired")
    assert customer.account() == before
    assert events == []


def test_an_unknown_plan_is_not_changed_to(customer: Customer) -> None:
    with customer.new_events() as events:
        problem(customer.put("/plan", {"plan_id": UNKNOWN_ID}), 404, "plan-not-found")
    assert events == []


def test_a_plan_is_named_by_its_id(customer: Customer) -> None:
    wrong_field(customer.put("/plan", {"plan_id": "team"}), "/plan_id")


def test_an_account_takes_the_newest_package_of_its_own_plan_when_it_asks(service: Service, customer: Customer) -> None:
    plan_id = customer.account().plan.plan_id
    service.put(f"/v1/plans/{plan_id}/package", {"total_seats": 9, "user_limit": 11})
    account = answer(customer.put("/plan", {"plan_id": plan_id}), 200, Account)
    assert (account.seats.total, account.members.limit) == (9, 11)


def test_a_change_of_plan_does_not_touch_the_credit(service: Service, customer: Customer) -> None:
    customer.credit(1250)
    before = customer.account().credit
    assert answer(customer.put("/plan", to(a_plan(service, seats=9, users=11))), 200, Account).credit == before
