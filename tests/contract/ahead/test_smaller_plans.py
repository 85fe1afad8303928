"""Changes to a plan that is too small, and changes that lie ahead."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.contract.given import UNKNOWN_ID, a_customer, a_plan, walk
from tests.contract.shapes import Account, Member, MemberSlots, ScheduledChange, answer, problem, wrong_field

if TYPE_CHECKING:
    from tests.contract.given import Customer
    from tests.contract.shapes import Plan
    from tests.service import Service

FAR = "2100-01-01T00:00:00.000Z"


@pytest.fixture
def small(service: Service) -> Plan:
    """A plan for two."""
    return a_plan(service, seats=1, users=2)


@pytest.fixture
def crowd(service: Service) -> tuple[Customer, list[Member]]:
    """Ada, and Bob, Eve and Dan, who joined in this order; all but Ada have a seat."""
    customer = a_customer(service, seats=4, users=4)
    return customer, [customer.add(name, seated=True) for name in ("Bob", "Eve", "Dan")]


def frozen(customer: Customer) -> list[str]:
    """The names of the frozen members."""
    return [one.name for one in walk(customer.service, f"{customer.path}/members", Member, status="frozen")]


def test_who_does_not_fit_is_frozen_the_latest_joined_first(crowd: tuple[Customer, list[Member]], small: Plan) -> None:
    customer, _ = crowd
    account = answer(customer.put("/plan", {"plan_id": small.plan_id, "excess": "freeze"}), 200, Account)
    assert (account.members, account.seats.taken) == (MemberSlots(2, 0, 2), 1)
    assert frozen(customer) == ["Eve", "Dan"]
    active = walk(customer.service, f"{customer.path}/members", Member, status="active")
    assert [one.name for one in active] == ["Ada", "Bob"]


def test_those_to_keep_are_frozen_last(crowd: tuple[Customer, list[Member]], small: Plan) -> None:
    customer, (_, _, dan) = crowd
    keep = [dan.member_id.upper()]
    answer(customer.put("/plan", {"plan_id": small.plan_id, "excess": "freeze", "keep": keep}), 200, Account)
    assert frozen(customer) == ["Bob", "Eve"]


def test_a_frozen_member_is_readable_and_gets_no_seat(crowd: tuple[Customer, list[Member]], small: Plan) -> None:
    customer, (_, _, dan) = crowd
    customer.put("/plan", {"plan_id": small.plan_id, "excess": "freeze"})
    read = customer.member(dan.member_id)
    assert (read.status, read.seated, read.name) == ("frozen", False, "Dan")
    problem(customer.put(f"/members/{dan.member_id}/seat"), 409, "member-frozen")


def test_what_was_frozen_comes_back(service: Service, crowd: tuple[Customer, list[Member]], small: Plan) -> None:
    customer, _ = crowd
    before = customer.members()
    customer.put("/plan", {"plan_id": small.plan_id, "excess": "freeze"})
    customer.put("/plan", {"plan_id": a_plan(service, seats=4, users=4).plan_id})
    assert customer.members() == before


def test_a_grace_goes_on_with_the_limits_of_before(crowd: tuple[Customer, list[Member]], small: Plan) -> None:
    customer, _ = crowd
    change = {"plan_id": small.plan_id, "excess": "grace", "grace_seconds": 3_600}
    account = answer(customer.put("/plan", change), 200, Account)
    assert (account.members, account.plan.plan_id) == (MemberSlots(4, 0, 4), small.plan_id)
    assert account.grace is not None
    problem(customer.post("/members", {"name": "Zoe"}), 409, "grace-running")
    problem(customer.post("/invitations", {"email": "zoe@example.com"}), 409, "grace-running")
    assert frozen(customer) == []


def test_a_grace_without_a_length_takes_a_week(crowd: tuple[Customer, list[Member]], small: Plan) -> None:
    customer, _ = crowd
    account = answer(customer.put("/plan", {"plan_id": small.plan_id, "excess": "grace"}), 200, Account)
    assert account.grace is not None
    length = datetime.fromisoformat(account.grace.ends_at) - datetime.fromisoformat(customer.events()[-1].recorded_at)
    assert timedelta(days=6, hours=23) < length <= timedelta(days=7)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"excess": "freeze", "grace_seconds": 60}, "/grace_seconds"),
        ({"grace_seconds": 60}, "/grace_seconds"),
        ({"excess": "grace", "grace_seconds": 0}, "/grace_seconds"),
        ({"excess": "forget"}, "/excess"),
        ({"keep": ["Bob"]}, "/keep/0"),
        ({"keep": UNKNOWN_ID}, "/keep"),
        ({"keep": [UNKNOWN_ID] * 1_001}, "/keep"),
        ({"effective_at": "tomorrow"}, "/effective_at"),
        ({"effective_at": None}, "/effective_at"),
    ],
)
def test_a_change_says_what_happens_to_what_does_not_fit(
    customer: Customer, small: Plan, fields: dict[str, object], pointer: str
) -> None:
    wrong_field(customer.put("/plan", {"plan_id": small.plan_id, **fields}), pointer)


def test_those_to_keep_are_members(customer: Customer, small: Plan) -> None:
    change = {"plan_id": small.plan_id, "excess": "freeze", "keep": [UNKNOWN_ID]}
    problem(customer.put("/plan", change), 404, "member-not-found")


def test_a_change_that_lies_ahead_is_seen_and_replaced_and_cancelled(
    service: Service, customer: Customer, small: Plan
) -> None:
    keep = [customer.admin_id]
    change = {"plan_id": small.plan_id, "effective_at": FAR, "excess": "freeze", "keep": keep}
    account = answer(customer.put("/plan", change), 200, Account)
    assert account.scheduled_change == ScheduledChange(small.plan_id, FAR, "freeze", keep)
    assert account.plan.plan_id != small.plan_id
    other = a_plan(service)
    replaced = answer(customer.put("/plan", {"plan_id": other.plan_id, "effective_at": FAR}), 200, Account)
    assert replaced.scheduled_change == ScheduledChange(other.plan_id, FAR, "refuse", [])
    assert answer(customer.delete("/scheduled-change"), 200, Account).scheduled_change is None


def test_a_change_whose_time_has_come_is_a_change_now(customer: Customer, small: Plan) -> None:
    change = {"plan_id": small.plan_id, "effective_at": "2020-01-01T00:00:00Z"}
    account = answer(customer.put("/plan", change), 200, Account)
    assert (account.plan.plan_id, account.scheduled_change) == (small.plan_id, None)


def test_a_change_now_takes_the_place_of_one_that_lies_ahead(service: Service, customer: Customer, small: Plan) -> None:
    customer.put("/plan", {"plan_id": small.plan_id, "effective_at": FAR})
    account = answer(customer.put("/plan", {"plan_id": a_plan(service).plan_id}), 200, Account)
    assert account.scheduled_change is None


def test_a_plan_that_is_not_for_sale_is_not_scheduled(service: Service, customer: Customer, small: Plan) -> None:
    service.post(f"/v1/plans/{small.plan_id}/retire")
    problem(customer.put("/plan", {"plan_id": small.plan_id, "effective_at": FAR}), 409, "plan-retired")


def test_more_than_the_limit_may_be_taken_where_the_package_allows_it(service: Service) -> None:
    package = {"total_seats": 2, "user_limit": 2, "overage": {"percent": 50}}
    plan = service.post("/v1/plans", {"name": "Team", "type": "team", "package": package}).json()
    assert plan["package"] == package
    body = {"account_name": "Looms", "user_name": "Ada", "plan_id": plan["plan_id"]}
    path = service.post("/v1/signups", body).headers["Location"]
    joined = [service.post(f"{path}/members", {"name": name}).status_code for name in ("Bob", "Eve", "Dan")]
    assert joined == [201, 201, 409]
    account = answer(service.get(path), 200, Account)
    assert account.members == MemberSlots(3, 0, 2)
    types = [event["type"] for event in service.get(f"{path}/events").json()["items"]]
    assert types[-2:] == ["account.limit-exceeded", "account.usage-reached"] or "account.limit-exceeded" in types


@pytest.mark.parametrize("overage", ["some", {"percent": 0}, {"percent": 1.5}, {}, None, 7])
def test_an_overage_is_one_of_three(service: Service, overage: object) -> None:
    package = {"total_seats": 2, "user_limit": 2, "overage": overage}
    problem(service.post("/v1/plans", {"name": "Team", "type": "team", "package": package}), 400, "invalid-request")
