"""Lists: pages of a limit, cursors that give each item once, filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.given import a_customer, a_customer_of, a_plan, a_word, walk
from tests.contract.shapes import Account, Event, Member, Page, Plan, answer, problem, wrong_field
from tests.service import Service

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.given import Customer

RUBBISH_LIMITS = ["0", "-1", "201", "1000000000", "1e9", "1.5", "many", "", "9" * 5_000]
RUBBISH_CURSORS = ["rubbish", "%00", "'", "AAAA", "9" * 5_000, "\u00e9", "eyJ4IjoxfQ", "-1"]


@pytest.fixture(params=["plans", "accounts", "members", "invitations", "grants", "events"])
def address(request: pytest.FixtureRequest, customer: Customer) -> str:
    """The path of each list."""
    return {
        "plans": "/v1/plans",
        "accounts": "/v1/accounts",
        "members": f"{customer.path}/members",
        "invitations": f"{customer.path}/invitations",
        "grants": f"{customer.path}/grants",
        "events": f"{customer.path}/events",
    }[request.param]


def names(accounts: list[Account]) -> list[str]:
    return [account.account_name for account in accounts]


def accounts_of(service: Service, plan: Plan, **query: str | int) -> list[Account]:
    return walk(service, "/v1/accounts", Account, plan_id=plan.plan_id, **query)


@pytest.mark.parametrize("limit", RUBBISH_LIMITS)
def test_a_limit_is_a_number_from_1_to_200(service: Service, address: str, limit: str) -> None:
    problem(service.get(address, limit=limit), 400)


@pytest.mark.parametrize("limit", [1, 200])
def test_a_limit_may_be(service: Service, address: str, limit: int) -> None:
    assert len(answer(service.get(address, limit=limit), 200, Page[object]).items) <= limit


@pytest.mark.parametrize("cursor", RUBBISH_CURSORS)
def test_a_cursor_comes_from_the_service(service: Service, address: str, cursor: str) -> None:
    problem(service.get(address, cursor=cursor), 400)


def fill(customer: Customer) -> None:
    """Put two things into each list of what is held and granted."""
    for number in range(2):
        customer.grant(members=5)
        customer.invite(f"guest{number}@example.com")


def cursor_of(service: Service, path: str, **query: str) -> str:
    """The cursor behind the first item of a list."""
    cursor = answer(service.get(path, limit=1, **query), 200, Page[object]).next_cursor
    assert cursor is not None
    return cursor


def test_a_cursor_of_another_list_is_refused(service: Service, customer: Customer, address: str) -> None:
    a_customer(service)
    customer.add("Bob")
    fill(customer)
    below = [f"{customer.path}/{kind}" for kind in ("members", "invitations", "grants", "events")]
    for path in ("/v1/plans", "/v1/accounts", *below):
        response = service.get(address, cursor=cursor_of(service, path))
        if path == address:
            answer(response, 200, Page[object])
        else:
            wrong_field(response, "/cursor")


@pytest.mark.parametrize("kind", ["members", "invitations", "grants", "events"])
def test_a_cursor_of_another_account_is_refused(service: Service, customer: Customer, kind: str) -> None:
    other = a_customer(service)
    for one in (customer, other):
        one.add("Bob")
        fill(one)
    cursor = cursor_of(service, f"{other.path}/{kind}")
    wrong_field(service.get(f"{customer.path}/{kind}", cursor=cursor), "/cursor")
    answer(service.get(f"{other.path}/{kind}", cursor=cursor), 200, Page[object])


def test_a_cursor_holds_for_the_filters_that_it_comes_from(service: Service, plan: Plan) -> None:
    for _ in range(2):
        a_customer_of(service, plan, account_name="Looms")
    filters = {"plan_id": plan.plan_id, "q": "oom", "status": "active"}
    cursor = cursor_of(service, "/v1/accounts", **filters)
    answer(service.get("/v1/accounts", cursor=cursor, **filters), 200, Page[Account])
    others: list[dict[str, str]] = [
        {},
        {**filters, "q": "ooms"},
        {**filters, "status": "closed"},
        {**filters, "plan_id": a_plan(service).plan_id},
        *({name: value for name, value in filters.items() if name != left_out} for left_out in filters),
    ]
    for other in others:
        wrong_field(service.get("/v1/accounts", cursor=cursor, **other), "/cursor")


def test_a_cursor_holds_for_any_limit_and_over_a_restart(tmp_path: Path) -> None:
    with Service(tmp_path / "seatkeeper.db") as service:
        everything = answer(service.get("/v1/plans", limit=200), 200, Page[Plan])
        first = answer(service.get("/v1/plans", limit=2), 200, Page[Plan])
        service.restart()
        rest = answer(service.get("/v1/plans", limit=200, cursor=str(first.next_cursor)), 200, Page[Plan])
    assert first.items + rest.items == everything.items


def test_a_list_gives_50_items_by_default(service: Service) -> None:
    customer = a_customer(service, users=51)
    for number in range(50):
        customer.add(f"Member {number}")
    page = answer(customer.get("/members"), 200, Page[Member])
    assert len(page.items) == 50
    assert page.next_cursor is not None
    assert len(answer(customer.get("/members", cursor=page.next_cursor), 200, Page[Member]).items) == 1


def test_the_last_page_has_no_cursor(customer: Customer) -> None:
    assert answer(customer.get("/members"), 200, Page[Member]).next_cursor is None


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7])
def test_walking_the_members_gives_each_once(service: Service, limit: int) -> None:
    customer = a_customer(service, users=7)
    added = {customer.admin_id, *(customer.add(f"Member {number}").member_id for number in range(6))}
    walked = [member.member_id for member in walk(service, f"{customer.path}/members", Member, limit=limit)]
    assert len(walked) == 7
    assert set(walked) == added


@pytest.mark.parametrize("limit", [1, 2, 5, 7])
def test_walking_the_events_gives_each_once(service: Service, customer: Customer, limit: int) -> None:
    for amount in range(1, 6):
        customer.credit(amount)
    walked = walk(service, f"{customer.path}/events", Event, limit=limit)
    assert [event.version for event in walked] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_walking_the_accounts_gives_each_once(service: Service, plan: Plan, limit: int) -> None:
    opened = [a_customer_of(service, plan).account_id for _ in range(5)]
    walked = [account.account_id for account in accounts_of(service, plan, limit=limit)]
    assert walked == opened[::-1]


def test_walking_the_plans_gives_each_once(service: Service) -> None:
    defined = {a_plan(service).plan_id for _ in range(5)}
    walked = [plan.plan_id for plan in walk(service, "/v1/plans", Plan, limit=3)]
    assert len(walked) == len(set(walked))
    assert defined <= set(walked)


def test_an_account_opened_while_walking_moves_nothing(service: Service, plan: Plan) -> None:
    opened = [a_customer_of(service, plan).account_id for _ in range(4)]
    query: dict[str, str | int] = {"plan_id": plan.plan_id, "limit": 2}
    first = answer(service.get("/v1/accounts", **query), 200, Page[Account])
    a_customer_of(service, plan)
    second = answer(service.get("/v1/accounts", **query, cursor=str(first.next_cursor)), 200, Page[Account])
    assert [account.account_id for account in first.items + second.items] == opened[::-1]


def test_the_newest_account_comes_first(service: Service, plan: Plan) -> None:
    for name in ("Looms", "Mills", "Presses"):
        a_customer_of(service, plan, account_name=name)
    assert names(accounts_of(service, plan)) == ["Presses", "Mills", "Looms"]


def test_a_change_does_not_make_an_account_newer(service: Service, plan: Plan) -> None:
    old = a_customer_of(service, plan, account_name="Looms")
    a_customer_of(service, plan, account_name="Mills")
    old.credit(1)
    assert names(accounts_of(service, plan)) == ["Mills", "Looms"]


def test_a_list_shows_an_account_as_it_is(service: Service, plan: Plan) -> None:
    customer = a_customer_of(service, plan)
    customer.add("Bob", seated=True)
    customer.credit(1250)
    assert accounts_of(service, plan) == [customer.account()]


def test_accounts_are_filtered_by_plan(service: Service, plan: Plan, customer: Customer) -> None:
    assert accounts_of(service, plan) == []
    customer.put("/plan", {"plan_id": plan.plan_id})
    assert accounts_of(service, plan) == [customer.account()]


@pytest.mark.parametrize("status", ["active", "suspended", "closed"])
def test_accounts_are_filtered_by_status(service: Service, plan: Plan, status: str) -> None:
    active, suspended, closed = (a_customer_of(service, plan) for _ in range(3))
    suspended.post("/suspend")
    closed.post("/close")
    expected = {"active": active, "suspended": suspended, "closed": closed}[status]
    assert accounts_of(service, plan, status=status) == [expected.account()]


def test_accounts_are_searched_by_name(service: Service, plan: Plan) -> None:
    word = a_word()
    a_customer_of(service, plan, account_name="Looms")
    sought = a_customer_of(service, plan, account_name=f"Looms {word}")
    assert walk(service, "/v1/accounts", Account, q=word) == [sought.account()]


def test_accounts_are_searched_by_their_new_name(service: Service, plan: Plan) -> None:
    old, new = a_word(), a_word()
    customer = a_customer_of(service, plan, account_name=old)
    customer.patch("", {"account_name": new})
    assert walk(service, "/v1/accounts", Account, q=new) == [customer.account()]
    assert walk(service, "/v1/accounts", Account, q=old) == []


@pytest.mark.parametrize("wildcard", ["%", "_", "*", "?"])
def test_a_search_has_no_wildcards(service: Service, plan: Plan, wildcard: str) -> None:
    word = a_word()
    a_customer_of(service, plan, account_name=word)
    assert walk(service, "/v1/accounts", Account, q=word[:6] + wildcard + word[7:]) == []


def test_filters_hold_together(service: Service, plan: Plan) -> None:
    word = a_word()
    sought = a_customer_of(service, plan, account_name=word)
    a_customer_of(service, plan, account_name=word).post("/close")
    a_customer_of(service, a_plan(service), account_name=word)
    assert accounts_of(service, plan, q=word, status="active") == [sought.account()]


def test_a_filter_holds_over_all_pages(service: Service, plan: Plan) -> None:
    sought = {a_customer_of(service, plan).account_id for _ in range(3)}
    a_customer_of(service, plan).post("/close")
    walked = [account.account_id for account in accounts_of(service, plan, status="active", limit=1)]
    assert len(walked) == 3
    assert set(walked) == sought


@pytest.mark.parametrize("path", ["/v1/accounts", "/v1/plans"])
def test_a_status_that_does_not_exist_is_refused(service: Service, path: str) -> None:
    problem(service.get(path, status="asleep"), 400)


def test_plans_are_filtered_by_status(service: Service) -> None:
    active, retired = a_plan(service).plan_id, a_plan(service).plan_id
    service.post(f"/v1/plans/{retired}/retire")
    on_sale = [plan.plan_id for plan in walk(service, "/v1/plans", Plan, status="active", limit=200)]
    gone = [plan.plan_id for plan in walk(service, "/v1/plans", Plan, status="retired", limit=200)]
    assert (active in on_sale, retired in on_sale) == (True, False)
    assert (active in gone, retired in gone) == (False, True)
