"""Seats: licences that members hold, as many as the package sells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.given import UNKNOWN_ID, a_customer
from tests.contract.shapes import Member, answer, problem

if TYPE_CHECKING:
    from tests.contract.given import Customer
    from tests.service import Service


def seat_of(member: Member) -> str:
    return f"/members/{member.member_id}/seat"


def test_a_member_takes_a_seat(customer: Customer) -> None:
    bob = customer.add("Bob")
    with customer.new_events() as events:
        seated = answer(customer.put(seat_of(bob)), 200, Member)
    assert seated.seated
    assert customer.member(bob.member_id) == seated
    assert customer.account().seats.taken == 1
    assert [event.type for event in events] == ["seat.taken"]


def test_a_member_takes_one_seat(customer: Customer) -> None:
    bob = customer.add("Bob", seated=True)
    with customer.new_events() as events:
        assert answer(customer.put(seat_of(bob)), 200, Member) == bob
    assert customer.account().seats.taken == 1
    assert events == []


def test_a_seat_given_back_is_free(customer: Customer) -> None:
    bob = customer.add("Bob", seated=True)
    with customer.new_events() as events:
        assert not answer(customer.delete(seat_of(bob)), 200, Member).seated
    assert not customer.member(bob.member_id).seated
    assert customer.account().seats.taken == 0
    assert len(events) == 1


def test_a_seat_that_is_not_held_is_not_given_back(customer: Customer) -> None:
    bob = customer.add("Bob")
    with customer.new_events() as events:
        assert answer(customer.delete(seat_of(bob)), 200, Member) == bob
    assert customer.account().seats.taken == 0
    assert events == []


def test_the_seats_hold_what_the_package_sells(service: Service) -> None:
    customer = a_customer(service, seats=1)
    customer.add("Bob", seated=True)
    eve = customer.add("Eve")
    with customer.new_events() as events:
        problem(customer.put(seat_of(eve)), 409, "no-seat-left")
    assert customer.account().seats.taken == 1
    assert events == []


def test_a_package_without_seats_seats_nobody(service: Service) -> None:
    customer = a_customer(service, seats=0)
    problem(customer.put(f"{customer.admin_path}/seat"), 409, "no-seat-left")


def test_who_holds_the_last_seat_may_ask_for_it_again(service: Service) -> None:
    customer = a_customer(service, seats=1)
    bob = customer.add("Bob", seated=True)
    assert answer(customer.put(seat_of(bob)), 200, Member).seated


def test_a_seat_given_back_goes_to_another(service: Service) -> None:
    customer = a_customer(service, seats=1)
    bob, eve = customer.add("Bob", seated=True), customer.add("Eve")
    customer.delete(seat_of(bob))
    assert answer(customer.put(seat_of(eve)), 200, Member).seated


def test_a_seat_needs_no_place_of_its_own(service: Service) -> None:
    customer = a_customer(service, seats=1, users=1)
    answer(customer.put(f"{customer.admin_path}/seat"), 200, Member)
    assert customer.account().members.count == 1


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_an_unknown_member_has_no_seat(customer: Customer, method: str) -> None:
    response = customer.service.send(method, f"{customer.path}/members/{UNKNOWN_ID}/seat")
    problem(response, 404, "member-not-found")
