"""What a restart brings back: everything, and every limit with it."""

from __future__ import annotations

import pytest

from tests.contract.given import a_customer, a_plan, feed, walk
from tests.contract.shapes import Plan, problem
from tests.service import Service


def plans(service: Service) -> list[Plan]:
    return walk(service, "/v1/plans", Plan)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_brings_everything_back(service: Service, end: str) -> None:
    customer = a_customer(service)
    bob = customer.add("Bob", email="bob@example.com", seated=True)
    customer.credit(1250)
    before = (customer.account(), customer.members(), customer.events(), feed(service), plans(service))
    {"stop": service.stop, "kill": service.kill}[end]()
    service.start()
    assert (customer.account(), customer.members(), customer.events(), feed(service), plans(service)) == before
    assert customer.member(bob.member_id) == bob


def test_limits_hold_after_a_restart(service: Service) -> None:
    customer = a_customer(service, seats=1, users=2)
    customer.add("Bob", email="bob@example.com", seated=True)
    service.restart()
    problem(customer.put(f"{customer.admin_path}/seat"), 409, "no-seat-left")
    problem(customer.post("/members", {"name": "Eve"}), 409, "user-limit-reached")
    problem(customer.patch(customer.admin_path, {"role": "member"}), 409, "last-admin")
    problem(customer.patch(customer.admin_path, {"email": "BOB@example.com"}), 409, "email-taken")
    problem(customer.credit(-1), 409, "credit-exhausted")


def test_a_state_holds_after_a_restart(service: Service) -> None:
    customer, plan = a_customer(service), a_plan(service)
    customer.post("/suspend")
    service.post(f"/v1/plans/{plan.plan_id}/retire")
    service.restart()
    body = {"account_name": "Looms", "user_name": "Eve", "plan_id": plan.plan_id}
    problem(customer.credit(1), 409, "account-suspended")
    problem(service.post("/v1/signups", body), 409, "plan-retired")


def test_versions_and_positions_go_on_after_a_restart(service: Service) -> None:
    customer = a_customer(service)
    before = customer.events()[-1]
    service.restart()
    customer.credit(1)
    after = customer.events()[-1]
    assert (after.version, after.position) == (before.version + 1, before.position + 1)
