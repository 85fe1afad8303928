"""Versions: what an `ETag` says, what `If-Match` holds, and where in the journal a write ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.contract.calls import IDS, STATUS_CHANGES, WRITES, AccountCall
from tests.contract.given import a_household, newest
from tests.contract.shapes import Account, Member, Plan, SignedUp, answer, position_of, problem, version_of

if TYPE_CHECKING:
    import requests

    from tests.contract.given import Customer
    from tests.service import Service

EVERY_WRITE = pytest.mark.parametrize("call", [*WRITES, *STATUS_CHANGES], ids=lambda call: call.name)
RENAMED = {"account_name": "Difference Engines"}
STANDARD_MEMBERS = {"type", "title", "status", "detail", "instance", "errors"}


def ends_the_stream(customer: Customer, response: requests.Response) -> None:
    """The answer carries the version and the position of the account's last event."""
    last = customer.events()[-1]
    assert (version_of(response), position_of(response)) == (last.version, last.position)


def test_a_sign_up_answers_with_version_and_position(service: Service, plan: Plan) -> None:
    body = {"account_name": "Analytical Engines", "user_name": "Ada", "plan_id": plan.plan_id}
    response = service.post("/v1/signups", body)
    assert version_of(response) == answer(response, 201, SignedUp).account.version
    assert position_of(response) == newest(service).position


def test_a_defined_plan_answers_with_version_and_position(service: Service) -> None:
    body = {"name": "Team", "type": "team", "package": {"total_seats": 1, "user_limit": 1}}
    response = service.post("/v1/plans", body)
    assert version_of(response) == answer(response, 201, Plan).version
    assert position_of(response) == newest(service).position


@pytest.mark.parametrize("change", ["PATCH", "PUT package", "POST retire"])
def test_a_changed_plan_answers_with_version_and_position(service: Service, plan: Plan, change: str) -> None:
    path = f"/v1/plans/{plan.plan_id}"
    calls = {
        "PATCH": lambda: service.patch(path, {"name": "Crew"}),
        "PUT package": lambda: service.put(f"{path}/package", {"total_seats": 9, "user_limit": 9}),
        "POST retire": lambda: service.post(f"{path}/retire"),
    }
    response = calls[change]()
    assert version_of(response) == answer(response, 200, Plan).version > plan.version
    assert position_of(response) == newest(service).position


@EVERY_WRITE
def test_a_write_answers_with_version_and_position(service: Service, call: AccountCall) -> None:
    customer, ids = a_household(service)
    response = customer.send(call, ids)
    assert response.status_code in {200, 201, 204}, response.text
    ends_the_stream(customer, response)


def test_a_member_who_is_removed_leaves_headers_and_no_body(customer: Customer) -> None:
    bob = customer.add("Bob")
    response = customer.delete(f"/members/{bob.member_id}")
    assert (response.status_code, response.content) == (204, b"")
    ends_the_stream(customer, response)


def test_reading_an_account_answers_with_its_version(customer: Customer) -> None:
    response = customer.get()
    assert version_of(response) == answer(response, 200, Account).version == customer.events()[-1].version


def test_reading_a_plan_answers_with_its_version(service: Service, plan: Plan) -> None:
    response = service.get(f"/v1/plans/{plan.plan_id}")
    assert version_of(response) == answer(response, 200, Plan).version == plan.version


def test_a_write_raises_the_version(customer: Customer) -> None:
    before = customer.account().version
    assert version_of(customer.patch("", RENAMED)) == before + 1
    assert customer.account().version == before + 1


def test_a_member_is_a_part_of_its_account_and_raises_its_version(customer: Customer) -> None:
    before = customer.account().version
    assert version_of(customer.post("/members", {"name": "Bob"})) == before + 1
    assert customer.account().version == before + 1


def test_a_write_that_changes_nothing_keeps_the_version(customer: Customer) -> None:
    before = customer.account()
    response = customer.patch("", {"account_name": before.account_name})
    assert version_of(response) == before.version
    ends_the_stream(customer, response)


def test_a_refusal_keeps_the_version(customer: Customer) -> None:
    before = customer.account().version
    problem(customer.credit(-1), 409, "credit-exhausted")
    assert customer.account().version == before


def test_accounts_on_one_plan_have_versions_of_their_own(service: Service, plan: Plan, customer: Customer) -> None:
    customer.put("/plan", {"plan_id": plan.plan_id})
    assert answer(service.get(f"/v1/plans/{plan.plan_id}"), 200, Plan).version == plan.version


def test_a_write_on_the_version_that_was_read_goes_through(customer: Customer) -> None:
    tag = customer.get().headers["ETag"]
    assert answer(customer.patch("", RENAMED, if_match=tag), 200, Account).account_name == RENAMED["account_name"]


def test_the_tag_of_a_write_serves_the_next(customer: Customer) -> None:
    tag = customer.post("/members", {"name": "Bob"}).headers["ETag"]
    assert answer(customer.post("/members", {"name": "Eve"}, if_match=tag), 201, Member).name == "Eve"


@pytest.mark.parametrize("distance", [-1, 1, 1000])
def test_a_write_on_another_version_is_refused(customer: Customer, distance: int) -> None:
    tag = f'"{customer.account().version + distance}"'
    with customer.new_events() as events:
        problem(customer.patch("", RENAMED, if_match=tag), 412)
    assert events == []


def test_a_refusal_of_a_version_has_the_current_one(customer: Customer) -> None:
    response = customer.patch("", RENAMED, if_match='"999"')
    problem(response, 412)
    document = msgspec.json.decode(response.content, type=dict[str, object])
    extensions = [str(value).strip('"') for name, value in document.items() if name not in STANDARD_MEMBERS]
    assert str(customer.account().version) in extensions


@EVERY_WRITE
def test_if_match_is_honoured_by(customer: Customer, call: AccountCall) -> None:
    bob = customer.add("Bob").member_id
    with customer.new_events() as events:
        problem(customer.send(call, dict.fromkeys(IDS, bob), if_match='"999"'), 412)
    assert events == []


@pytest.mark.parametrize("change", ["PATCH", "PUT package", "POST retire"])
def test_if_match_is_honoured_by_a_plan(service: Service, plan: Plan, change: str) -> None:
    path = f"/v1/plans/{plan.plan_id}"
    calls = {
        "PATCH": lambda: service.patch(path, {"name": "Crew"}, if_match='"999"'),
        "PUT package": lambda: service.put(f"{path}/package", {"total_seats": 9, "user_limit": 9}, if_match='"999"'),
        "POST retire": lambda: service.post(f"{path}/retire", if_match='"999"'),
    }
    problem(calls[change](), 412)
    assert answer(service.get(path), 200, Plan) == plan


def test_of_two_who_read_the_same_version_one_writes(customer: Customer) -> None:
    tag = customer.get().headers["ETag"]
    answer(customer.patch("", RENAMED, if_match=tag), 200, Account)
    problem(customer.patch("", {"account_name": "Looms"}, if_match=tag), 412)
    assert customer.account().account_name == RENAMED["account_name"]
