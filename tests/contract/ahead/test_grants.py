"""Grants: seats and member slots beside those of the plan, for ever or until a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.ahead.shapes import Grant
from tests.contract.given import UNKNOWN_ID, walk
from tests.contract.shapes import Excess, MemberSlots, Seats, answer, problem, wrong_field

if TYPE_CHECKING:
    from tests.contract.given import Customer
    from tests.service import Service

NEVER = "2100-01-01T00:00:00.000Z"


def test_a_grant_adds_to_what_the_plan_sells(customer: Customer) -> None:
    with customer.new_events() as events:
        response = customer.post("/grants", {"seats": 1, "members": 2, "reason": "a summer", "expires_at": NEVER})
        grant = answer(response, 201, Grant)
    assert (grant.seats, grant.members, grant.reason, grant.expires_at) == (1, 2, "a summer", NEVER)
    account = customer.account()
    assert (account.members, account.seats) == (MemberSlots(1, 0, 5), Seats(0, 0, 3))
    assert answer(customer.get(f"/grants/{grant.grant_id}"), 200, Grant) == grant
    assert response.headers["Location"] == f"{customer.path}/grants/{grant.grant_id}"
    assert [event.type for event in events] == ["grant.made"]


def test_a_grant_may_take_away_down_to_nothing(customer: Customer) -> None:
    customer.grant(seats=-7)
    assert customer.account().seats == Seats(0, 0, 0)
    problem(customer.put(f"{customer.admin_path}/seat"), 409, "no-seat-left")


def test_a_grant_that_leaves_too_little_is_refused(customer: Customer) -> None:
    customer.add("Bob")
    refused = problem(customer.post("/grants", {"members": -2, "reason": "a test"}), 409, "over-limit")
    assert refused.excess == Excess(members=1, seats=0)


def test_a_grant_that_is_withdrawn_is_over(service: Service, customer: Customer) -> None:
    one, other = customer.grant(members=1), customer.grant(seats=1)
    path = f"/grants/{one.grant_id}"
    response = customer.delete(path)
    assert (response.status_code, response.content) == (204, b"")
    assert walk(service, f"{customer.path}/grants", Grant) == [other]
    assert customer.account().members == MemberSlots(1, 0, 3)
    problem(customer.get(path), 404, "grant-not-found")
    problem(customer.delete(path), 404, "grant-not-found")


def test_a_grant_that_is_used_is_not_withdrawn(customer: Customer) -> None:
    grant = customer.grant(members=1)
    for name in ("Bob", "Eve", "Dan"):
        customer.add(name)
    problem(customer.delete(f"/grants/{grant.grant_id}"), 409, "over-limit")


def test_grants_are_listed_in_their_order(service: Service, customer: Customer) -> None:
    made = [customer.grant(members=number) for number in (1, 2, 3)]
    assert walk(service, f"{customer.path}/grants", Grant, limit=1) == made


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({}, "/seats"),
        ({"members": 0}, "/seats"),
        ({"members": 1, "reason": None}, "/reason"),
        ({"members": 1.5}, "/members"),
        ({"members": 10**9 + 1}, "/members"),
        ({"members": 1, "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"members": 1, "expires_at": "2100-01-01T00:00:00"}, "/expires_at"),
        ({"members": 1, "expires_at": "0001-01-01T00:00:00+12:00"}, "/expires_at"),
    ],
)
def test_a_grant_says_what_and_why_and_ends_in_the_future(
    customer: Customer, fields: dict[str, object], pointer: str
) -> None:
    wrong_field(customer.post("/grants", {"reason": "a test", **fields}), pointer)


def test_an_unknown_grant_is_not_found(customer: Customer) -> None:
    problem(customer.get(f"/grants/{UNKNOWN_ID}"), 404, "grant-not-found")
