"""The limits, explained: the events that made each number, and the ways to one more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.ahead.shapes import Limits
from tests.contract.given import a_plan
from tests.contract.shapes import answer

if TYPE_CHECKING:
    from tests.contract.given import Customer
    from tests.service import Service


def limits(customer: Customer) -> Limits:
    return answer(customer.get("/limits"), 200, Limits)


def test_a_limit_is_that_of_the_plan(customer: Customer) -> None:
    found = limits(customer)
    opened = customer.events()[0]
    assert (found.members.limit, found.members.used, found.members.held, found.members.free) == (3, 1, 0, 2)
    assert (found.seats.limit, found.seats.used, found.seats.free) == (2, 0, 2)
    assert [(one.source, one.amount, one.position) for one in found.members.because] == [("plan", 3, opened.position)]


def test_each_grant_is_named_by_its_event(customer: Customer) -> None:
    customer.grant(members=2)
    customer.grant(seats=-1)
    found, made = limits(customer), [event.position for event in customer.events() if event.type == "grant.made"]
    assert [(one.source, one.amount) for one in found.members.because] == [("plan", 3), ("grant", 2)]
    assert [(one.source, one.amount) for one in found.seats.because] == [("plan", 2), ("grant", -1)]
    assert [found.members.because[1].position, found.seats.because[1].position] == made


def test_what_is_shown_is_what_is_enforced(customer: Customer) -> None:
    customer.grant(members=1)
    customer.invite("guest@example.com")
    for _ in range(limits(customer).members.free or 0):
        customer.add("Bob")
    found, account = limits(customer), customer.account()
    assert customer.post("/members", {"name": "Eve"}).status_code == 409
    assert (found.members.used, found.members.held, found.members.limit) == (
        account.members.count,
        account.members.held,
        account.members.limit,
    )
    assert found.members.free == 0


def test_the_ways_to_one_more_work(customer: Customer) -> None:
    while (limits(customer).members.free or 0) > 0:
        customer.add("Bob")
    assert "make-grant" in {way.command for way in limits(customer).members.ways}
    customer.grant(members=1)
    assert limits(customer).members.free == 1


@pytest.mark.parametrize("excess", ["freeze", "grace"])
def test_what_does_not_fit_is_told(service: Service, customer: Customer, excess: str) -> None:
    customer.add("Bob")
    fields = {"grace_seconds": 86_400} if excess == "grace" else {}
    customer.put("/plan", {"plan_id": a_plan(service, seats=0, users=1).plan_id, "excess": excess, **fields})
    found = limits(customer).members
    expected = (1, 1, ["plan"]) if excess == "freeze" else (3, 0, ["plan", "grace"])
    assert (found.limit, found.frozen, [one.source for one in found.because]) == expected
