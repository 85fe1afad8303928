"""Many members at once: a result for each, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.ahead.shapes import Results
from tests.contract.given import a_customer
from tests.contract.shapes import MemberSlots, answer, problem, wrong_field

if TYPE_CHECKING:
    from tests.contract.given import Customer
    from tests.service import Service

BULK = "/members/bulk"


def named(*names: str, **fields: object) -> dict[str, object]:
    return {"members": [{"name": name, **fields} for name in names]}


def test_each_entry_has_its_result_in_order(customer: Customer) -> None:
    body = {"members": [{"name": "Bob", "email": "b@example.com"}, {"name": "Eve", "email": "B@example.com"}]}
    found = answer(customer.post(BULK, body), 200, Results).results
    assert [one.status for one in found] == [201, 409]
    assert found[0].member == customer.members()[-1]
    assert found[1].problem is not None
    assert found[1].problem.type == "/problems/email-taken"
    assert found[1].member is None
    assert found[0].problem is None


def test_the_limits_hold_between_entries(customer: Customer) -> None:
    found = answer(customer.post(BULK, named("Bob", "Eve", "Dan", seated=True)), 200, Results).results
    assert [one.status for one in found] == [201, 201, 409]
    assert customer.account().members == MemberSlots(3, 0, 3)


def test_many_are_one_append(customer: Customer) -> None:
    with customer.new_events() as events:
        customer.post(BULK, named("Bob", "Eve"))
    assert len({event.context["request_id"] for event in events if event.context}) == 1
    assert [event.type for event in events][:2] == ["member.added", "member.added"]


def test_all_or_none_are_added(customer: Customer) -> None:
    with customer.new_events() as events:
        refused = problem(
            customer.post(BULK, {**named("Bob", "Eve", "Dan"), "atomic": True}), 409, "user-limit-reached"
        )
    assert refused.index == 2
    assert events == []
    found = answer(customer.post(BULK, {**named("Bob", "Eve"), "atomic": True}), 200, Results).results
    assert [one.status for one in found] == [201, 201]


def test_a_thousand_are_added_in_one_body_of_up_to_a_mebibyte(service: Service) -> None:
    customer = a_customer(service, seats=0, users=1_001)
    body = {"members": [{"name": f"Member {number}", "metadata": {"a": "x" * 400}} for number in range(1_000)]}
    found = answer(customer.post(BULK, body), 200, Results).results
    assert {one.status for one in found} == {201}
    assert customer.account().members.count == 1_001


def test_a_body_of_more_than_a_mebibyte_is_too_large(customer: Customer) -> None:
    body = {"members": [{"name": "Bob", "metadata": {str(key): "x" * 400 for key in range(15)}}] * 200}
    problem(customer.post(BULK, body), 413, "content-too-large")


def test_another_body_has_64_kib_as_before(customer: Customer) -> None:
    problem(customer.post("/members", {"name": "x" * 70_000}), 413, "content-too-large")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/members"),
        ({"members": []}, "/members"),
        ({"members": [{"name": "Bob"}] * 1_001}, "/members"),
        ({"members": [{"name": "Bob"}, {"name": " "}]}, "/members/1/name"),
        ({"members": [{"name": "Bob"}, {"name": "Eve", "email": "eve"}]}, "/members/1/email"),
        ({"members": [{"name": "Bob", "metadata": {"a": 1}}]}, "/members/0/metadata/a"),
        ({"members": [{"name": "Bob"}], "atomic": "yes"}, "/atomic"),
    ],
)
def test_a_wrong_entry_is_pointed_at(customer: Customer, body: object, pointer: str) -> None:
    wrong_field(customer.post(BULK, body), pointer)
    assert customer.account().members.count == 1


def test_bulk_is_no_member(customer: Customer) -> None:
    refused = customer.get(BULK)
    problem(refused, 405)
    assert refused.headers["Allow"] == "OPTIONS, POST"


@pytest.mark.parametrize("members", [[], [{"name": "Bob"}] * 1_001, "Bob"])
def test_a_list_that_is_too_long_or_too_short_is_told_its_bounds(customer: Customer, members: object) -> None:
    (found,) = problem(customer.post(BULK, {"members": members}), 400, "invalid-request").errors
    assert (found.pointer, found.detail) == ("/members", "Expected a list of 1 to 1000 members")
