"""Plans: what is for sale, in revisions of its package."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest

from tests.contract.given import UNKNOWN_ID, a_customer_of, a_plan, an_id, new_in_the_journal
from tests.contract.shapes import Package, Plan, SignedUp, answer, problem, wrong_field

if TYPE_CHECKING:
    from tests.service import Service

STARTER_PLANS = {
    "00000000-0000-7000-8000-000000000001": Package(total_seats=1, user_limit=3),
    "00000000-0000-7000-8000-000000000002": Package(total_seats=10, user_limit=25),
    "00000000-0000-7000-8000-000000000003": Package(total_seats=100, user_limit=250),
}
TEAM = {"name": "Team", "type": "team", "package": {"total_seats": 10, "user_limit": 25}}
A_SIGN_UP = {"account_name": "Analytical Engines", "user_name": "Ada"}


def path_of(plan: Plan) -> str:
    return f"/v1/plans/{plan.plan_id}"


def read(service: Service, plan: Plan) -> Plan:
    return answer(service.get(path_of(plan)), 200, Plan)


@pytest.mark.parametrize("plan_id", STARTER_PLANS)
def test_a_starter_plan_is_there_under_its_fixed_id(service: Service, plan_id: str) -> None:
    plan = answer(service.get(f"/v1/plans/{plan_id}"), 200, Plan)
    assert plan.package == STARTER_PLANS[plan_id]
    assert plan.status == "active"


def test_a_defined_plan_is_active_and_sells_what_was_asked_for(service: Service) -> None:
    with new_in_the_journal(service) as events:
        plan = answer(service.post("/v1/plans", TEAM), 201, Plan)
    assert (plan.name, plan.type, plan.package) == ("Team", "team", Package(total_seats=10, user_limit=25))
    assert plan.status == "active"
    assert [event.version for event in events] == [1]


def test_a_defined_plan_is_found_where_the_answer_says(service: Service) -> None:
    defined = service.post("/v1/plans", TEAM)
    found = service.get(urljoin("/", defined.headers["Location"]))
    assert answer(found, 200, Plan) == answer(defined, 201, Plan)


def test_a_plan_can_be_defined_under_an_id_of_ones_own(service: Service) -> None:
    plan_id = an_id()
    plan = answer(service.post("/v1/plans", {**TEAM, "plan_id": plan_id}), 201, Plan)
    assert plan.plan_id == plan_id
    assert read(service, plan) == plan


def test_an_id_defines_one_plan(service: Service) -> None:
    again = {**TEAM, "plan_id": an_id()}
    service.post("/v1/plans", again)
    with new_in_the_journal(service) as events:
        problem(service.post("/v1/plans", again), 409, "plan-exists")
    assert events == []


def test_a_plan_without_seats_is_for_sale(service: Service) -> None:
    assert a_plan(service, seats=0, users=1).package == Package(total_seats=0, user_limit=1)


def test_a_plan_without_users_is_not_for_sale(service: Service) -> None:
    body = {**TEAM, "package": {"total_seats": 1, "user_limit": 0}}
    wrong_field(service.post("/v1/plans", body), "/package/user_limit")


@pytest.mark.parametrize("word", ["x", "x" * 50, "enterprise"])
def test_a_type_is_a_word(service: Service, word: str) -> None:
    assert answer(service.post("/v1/plans", {**TEAM, "type": word}), 201, Plan).type == word


@pytest.mark.parametrize("word", ["", "x" * 51, "two words"])
def test_a_type_is_no_more_and_no_less_than_a_word(service: Service, word: str) -> None:
    wrong_field(service.post("/v1/plans", {**TEAM, "type": word}), "/type")


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT package", "POST retire", "POST reinstate"])
def test_an_unknown_plan_is_not_found(service: Service, method: str) -> None:
    path = f"/v1/plans/{UNKNOWN_ID}"
    calls = {
        "GET": lambda: service.get(path),
        "PATCH": lambda: service.patch(path, {"name": "Crew"}),
        "PUT package": lambda: service.put(f"{path}/package", {"total_seats": 1, "user_limit": 1}),
        "POST retire": lambda: service.post(f"{path}/retire"),
        "POST reinstate": lambda: service.post(f"{path}/reinstate"),
    }
    problem(calls[method](), 404, "plan-not-found")


def test_a_plan_is_renamed(service: Service, plan: Plan) -> None:
    with new_in_the_journal(service) as events:
        renamed = answer(service.patch(path_of(plan), {"name": "Crew"}), 200, Plan)
    assert (renamed.name, renamed.type) == ("Crew", plan.type)
    assert read(service, plan) == renamed
    assert events


def test_a_plan_changes_its_type(service: Service, plan: Plan) -> None:
    changed = answer(service.patch(path_of(plan), {"type": "enterprise"}), 200, Plan)
    assert (changed.name, changed.type) == (plan.name, "enterprise")
    assert read(service, plan) == changed


def test_a_new_name_is_no_new_revision(service: Service, plan: Plan) -> None:
    assert answer(service.patch(path_of(plan), {"name": "Crew"}), 200, Plan).revision == plan.revision


def test_a_plan_renamed_to_its_own_name_stays_as_it_is(service: Service, plan: Plan) -> None:
    with new_in_the_journal(service) as events:
        assert answer(service.patch(path_of(plan), {"name": plan.name}), 200, Plan) == plan
    assert events == []


def test_a_new_package_is_a_revision_one_higher(service: Service, plan: Plan) -> None:
    with new_in_the_journal(service) as events:
        revised = answer(service.put(f"{path_of(plan)}/package", {"total_seats": 9, "user_limit": 11}), 200, Plan)
    assert revised.package == Package(total_seats=9, user_limit=11)
    assert revised.revision == plan.revision + 1
    assert read(service, plan) == revised
    assert events


def test_a_package_is_put_whole(service: Service, plan: Plan) -> None:
    wrong_field(service.put(f"{path_of(plan)}/package", {"total_seats": 9}), "/user_limit")
    assert read(service, plan) == plan


def test_an_open_account_keeps_the_package_it_bought(service: Service, plan: Plan) -> None:
    customer = a_customer_of(service, plan)
    before = customer.account()
    with customer.new_events() as events:
        service.put(f"{path_of(plan)}/package", {"total_seats": 9, "user_limit": 11})
    assert customer.account() == before
    assert events == []


def test_a_new_customer_buys_the_newest_package(service: Service, plan: Plan) -> None:
    revised = answer(service.put(f"{path_of(plan)}/package", {"total_seats": 9, "user_limit": 11}), 200, Plan)
    account = a_customer_of(service, plan).account()
    assert (account.seats.total, account.members.limit) == (9, 11)
    assert account.plan.revision == revised.revision


def test_a_retired_plan_says_so(service: Service, plan: Plan) -> None:
    with new_in_the_journal(service) as events:
        retired = answer(service.post(f"{path_of(plan)}/retire"), 200, Plan)
    assert retired.status == "retired"
    assert read(service, plan) == retired
    assert len(events) == 1


def test_a_plan_retires_once(service: Service, plan: Plan) -> None:
    retired = answer(service.post(f"{path_of(plan)}/retire"), 200, Plan)
    with new_in_the_journal(service) as events:
        assert answer(service.post(f"{path_of(plan)}/retire"), 200, Plan) == retired
    assert events == []


def test_a_retired_plan_takes_no_sign_ups(service: Service, plan: Plan) -> None:
    service.post(f"{path_of(plan)}/retire")
    with new_in_the_journal(service) as events:
        problem(service.post("/v1/signups", {**A_SIGN_UP, "plan_id": plan.plan_id}), 409, "plan-retired")
    assert events == []


def test_an_account_outlives_the_sale_of_its_plan(service: Service, plan: Plan) -> None:
    customer = a_customer_of(service, plan)
    service.post(f"{path_of(plan)}/retire")
    assert customer.add("Bob", seated=True).seated


def test_a_reinstated_plan_is_for_sale_again(service: Service, plan: Plan) -> None:
    service.post(f"{path_of(plan)}/retire")
    reinstated = answer(service.post(f"{path_of(plan)}/reinstate"), 200, Plan)
    assert reinstated.status == "active"
    answer(service.post("/v1/signups", {**A_SIGN_UP, "plan_id": plan.plan_id}), 201, SignedUp)


def test_an_active_plan_has_nothing_to_be_reinstated_from(service: Service, plan: Plan) -> None:
    with new_in_the_journal(service) as events:
        assert answer(service.post(f"{path_of(plan)}/reinstate"), 200, Plan) == plan
    assert events == []
