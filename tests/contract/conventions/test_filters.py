"""Finding accounts and members again: external ids, filters, orders."""

from __future__ import annotations

import pytest

from tests.contract.given import Customer, a_customer, a_customer_of, a_plan, a_word, walk
from tests.contract.shapes import Account, Member, Page, Plan, answer, problem, wrong_field
from tests.service import Service


def names(service: Service, plan: Plan, **query: str | int) -> list[str]:
    """The names of the accounts of a plan."""
    return [account.account_name for account in walk(service, "/v1/accounts", Account, plan_id=plan.plan_id, **query)]


def test_an_account_is_found_by_its_external_id(service: Service, customer: Customer) -> None:
    mine = a_word()
    customer.patch("", {"external_id": mine})
    assert walk(service, "/v1/accounts", Account, external_id=mine) == [customer.account()]
    assert walk(service, "/v1/accounts", Account, external_id=mine, status="closed") == []
    assert walk(service, "/v1/accounts", Account, external_id=f"{mine}x") == []


def test_a_plan_is_found_by_its_external_id(service: Service) -> None:
    mine, plan = a_word(), a_plan(service)
    answer(service.patch(f"/v1/plans/{plan.plan_id}", {"external_id": mine}), 200, Plan)
    found = walk(service, "/v1/plans", Plan, external_id=mine)
    assert [one.plan_id for one in found] == [plan.plan_id]
    assert walk(service, "/v1/plans", Plan, external_id=f"{mine}x") == []


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_accounts_are_sorted_by_their_names_in_any_case(service: Service, plan: Plan, limit: int) -> None:
    for name in ("looms", "Mills", "\u00c9cole", "Looms", "Engines"):
        a_customer_of(service, plan, account_name=name)
    sorted_names = ["Engines", "looms", "Looms", "Mills", "\u00c9cole"]
    assert names(service, plan, sort="account_name", limit=limit) == sorted_names


def test_accounts_are_sorted_by_their_opening(service: Service, plan: Plan) -> None:
    for name in ("Looms", "Mills", "Presses"):
        a_customer_of(service, plan, account_name=name)
    assert names(service, plan, sort="created_at", limit=2) == ["Looms", "Mills", "Presses"]
    assert names(service, plan, sort="-created_at", limit=2) == ["Presses", "Mills", "Looms"]


def test_pages_by_name_go_on_where_an_account_was_renamed_meanwhile(service: Service, plan: Plan) -> None:
    first = a_customer_of(service, plan, account_name="A")
    a_customer_of(service, plan, account_name="B")
    query: dict[str, str | int] = {"plan_id": plan.plan_id, "sort": "account_name", "limit": 1}
    page = answer(service.get("/v1/accounts", **query), 200, Page[Account])
    first.patch("", {"account_name": "Z"})
    rest = answer(service.get("/v1/accounts", **query, cursor=str(page.next_cursor)), 200, Page[Account])
    assert [account.account_name for account in rest.items] == ["B"]


def test_the_longest_name_is_in_a_cursor(service: Service, plan: Plan) -> None:
    longest = "\u0390" * 200
    a_customer_of(service, plan, account_name=longest)
    a_customer_of(service, plan, account_name=longest)
    assert names(service, plan, sort="account_name", limit=1) == [longest, longest]


def test_accounts_are_filtered_by_free_member_slots(service: Service) -> None:
    plan = a_plan(service, seats=5, users=3)
    full, _ = a_customer_of(service, plan, account_name="Full"), a_customer_of(service, plan, account_name="Empty")
    full.add("Bob")
    full.add("Eve")
    assert names(service, plan, members_free_at_most=0) == ["Full"]
    assert names(service, plan, members_free_at_most=1) == ["Full"]
    assert names(service, plan, members_free_at_most=2) == ["Empty", "Full"]


def test_accounts_are_filtered_by_free_seats(service: Service) -> None:
    plan = a_plan(service, seats=1, users=3)
    full, _ = a_customer_of(service, plan, account_name="Full"), a_customer_of(service, plan, account_name="Empty")
    full.add("Bob", seated=True)
    assert names(service, plan, seats_free_at_most=0) == ["Full"]
    assert names(service, plan, seats_free_at_most=1) == ["Empty", "Full"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("members_free_at_most", "-1"),
        ("seats_free_at_most", "many"),
        ("members_free_at_most", "1e3"),
        ("sort", "name"),
        ("external_id", ""),
    ],
)
def test_a_filter_that_means_nothing_is_refused(service: Service, name: str, value: str) -> None:
    wrong_field(service.get("/v1/accounts", **{name: value}), f"/{name}")


def test_a_cursor_of_another_order_is_refused(service: Service, plan: Plan) -> None:
    for _ in range(2):
        a_customer_of(service, plan)
    cursor = answer(service.get("/v1/accounts", limit=1, sort="created_at"), 200, Page[Account]).next_cursor
    for sort in ("-created_at", "account_name"):
        wrong_field(service.get("/v1/accounts", limit=1, sort=sort, cursor=str(cursor)), "/cursor")


def test_the_members_of_an_account_are_filtered(service: Service) -> None:
    customer = a_customer(service, users=4, seats=4)
    bob = customer.add("Bob", email="robert@example.com", seated=True)
    eve = customer.add("Eve", role="viewer")

    def listed(**query: str) -> set[str]:
        return {member.member_id for member in walk(service, f"{customer.path}/members", Member, **query)}

    everybody = {customer.admin_id, bob.member_id, eve.member_id}
    assert listed(role="viewer") == {eve.member_id}
    assert listed(seated="true") == {bob.member_id}
    assert listed(seated="false") == everybody - {bob.member_id}
    assert listed(status="active") == everybody
    assert listed(status="frozen") == set()
    assert listed(q="EVE") == {eve.member_id}
    assert listed(q="Robert@EXAMPLE") == {bob.member_id}
    assert listed(q="bob", seated="false") == set()


def test_the_members_of_no_account_are_not_found(service: Service) -> None:
    path = "/v1/accounts/01900000-0000-7000-8000-00000000dead/members"
    problem(service.get(path, status="frozen"), 404)
