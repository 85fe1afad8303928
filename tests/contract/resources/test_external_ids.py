"""External ids: what other systems call a plan, an account or a member, unique where they are looked up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.contract.given import a_customer, a_customer_of, a_plan, a_word, an_id, new_in_the_journal
from tests.contract.shapes import Account, Member, Plan, SignedUp, answer, problem, wrong_field

if TYPE_CHECKING:
    import requests

    from tests.contract.given import Customer
    from tests.service import Service

PLAN = {"name": "Team", "type": "team", "package": {"total_seats": 1, "user_limit": 2}}

Giving = Callable[["Service", "Customer", object], "requests.Response"]


def sign_up(service: Service, customer: Customer, **fields: object) -> requests.Response:
    """Sign somebody up for the plan of this customer."""
    plan_id = customer.account().plan.plan_id
    return service.post("/v1/signups", {"account_name": "Looms", "user_name": "Eve", "plan_id": plan_id, **fields})


ACCOUNTS: dict[str, Giving] = {
    "sign up": lambda service, customer, given: sign_up(service, customer, external_id=given),
    "change an account": lambda _, customer, given: customer.patch("", {"external_id": given}),
}
PLANS: dict[str, Giving] = {
    "define a plan": lambda service, _, given: service.post("/v1/plans", {**PLAN, "external_id": given}),
    "change a plan": lambda service, customer, given: service.patch(
        f"/v1/plans/{customer.account().plan.plan_id}", {"external_id": given}
    ),
}
MEMBERS: dict[str, Giving] = {
    "add a member": lambda _, customer, given: customer.post("/members", {"name": "Bob", "external_id": given}),
    "change a member": lambda _, customer, given: customer.patch(customer.admin_path, {"external_id": given}),
}
USERS: dict[str, Giving] = {
    "sign up a user": lambda service, customer, given: sign_up(service, customer, user_external_id=given)
}
EVERY_WAY = {**ACCOUNTS, **PLANS, **MEMBERS, **USERS}
EVERYWHERE = pytest.mark.parametrize("give", EVERY_WAY.values(), ids=EVERY_WAY)


def shown(response: requests.Response) -> object:
    """The external id in the answer to one that was given."""
    assert response.status_code < 300, response.text
    body = response.json()
    return (
        (body["account"]["external_id"] or body["member"]["external_id"]) if "account" in body else body["external_id"]
    )


@EVERYWHERE
def test_an_external_id_is_shown(service: Service, customer: Customer, give: Giving) -> None:
    external_id = a_word()
    assert shown(give(service, customer, external_id)) == external_id


@EVERYWHERE
def test_null_is_none(service: Service, customer: Customer, give: Giving) -> None:
    assert shown(give(service, customer, None)) is None


@EVERYWHERE
def test_an_external_id_is_trimmed_and_composed(service: Service, customer: Customer, give: Giving) -> None:
    word = a_word()
    assert shown(give(service, customer, f" Rene\u0301e {word} ")) == f"Ren\u00e9e {word}"


@EVERYWHERE
def test_an_external_id_of_255_characters_is_long_enough(service: Service, customer: Customer, give: Giving) -> None:
    external_id = a_word().ljust(255, "\U0001f600")
    assert shown(give(service, customer, external_id)) == external_id


@EVERYWHERE
@pytest.mark.parametrize(
    "wrong",
    ["", "  ", "x" * 256, "crm\x007", "crm\n7", "crm\u200b7", "\u202ecrm", 7, True, ["crm-7"], {"id": "crm-7"}],
    ids=ascii,
)
def test_what_is_no_external_id_is_refused(service: Service, customer: Customer, give: Giving, wrong: object) -> None:
    field = "/user_external_id" if give in USERS.values() else "/external_id"
    with new_in_the_journal(service) as events:
        wrong_field(give(service, customer, wrong), field)
    assert events == []


def test_a_sign_up_keeps_both(service: Service, customer: Customer) -> None:
    theirs, ours = a_word(), a_word()
    response = sign_up(service, customer, external_id=theirs, user_external_id=ours)
    signed_up = answer(response, 201, SignedUp)
    path = response.headers["Location"]
    assert (signed_up.account.external_id, signed_up.member.external_id) == (theirs, ours)
    assert answer(service.get(path), 200, Account) == signed_up.account
    assert answer(service.get(f"{path}/members/{signed_up.member.member_id}"), 200, Member) == signed_up.member


def test_who_says_nothing_has_none(service: Service, customer: Customer) -> None:
    signed_up = answer(sign_up(service, customer), 201, SignedUp)
    assert (signed_up.account.external_id, signed_up.member.external_id) == (None, None)
    assert a_plan(service).external_id is None


@pytest.mark.parametrize("change", [{"external_id": "same"}, {}])
def test_what_is_there_already_is_no_event(customer: Customer, change: dict[str, object]) -> None:
    external_id = a_word()
    body = {"external_id": external_id} if change else {}
    answer(customer.patch("", {"external_id": external_id}), 200, Account)
    with customer.new_events() as events:
        assert answer(customer.patch("", body), 200, Account).external_id == external_id
    assert events == []


def test_a_change_of_the_external_id_is_one_event(customer: Customer) -> None:
    external_id = a_word()
    with customer.new_events() as events:
        answer(customer.patch("", {"external_id": external_id}), 200, Account)
        answer(customer.patch(customer.admin_path, {"external_id": external_id}), 200, Member)
    assert [(event.type, event.data) for event in events] == [
        ("account.external_id_changed", {"external_id": external_id}),
        ("member.external_id_changed", {"member_id": customer.admin_id, "external_id": external_id}),
    ]


def test_events_say_nothing_of_external_ids_and_metadata_that_there_are_not(customer: Customer) -> None:
    for event in customer.events():
        assert not event.data.keys() & {"external_id", "metadata"}


@pytest.mark.parametrize("give", MEMBERS.values(), ids=MEMBERS)
def test_an_external_id_is_taken_inside_the_account(service: Service, customer: Customer, give: Giving) -> None:
    external_id = a_word()
    customer.add("Eve", external_id=external_id)
    with customer.new_events() as events:
        problem(give(service, customer, external_id), 409, "external-id-taken")
    assert events == []


def test_members_of_two_accounts_may_have_the_same(service: Service, customer: Customer) -> None:
    external_id = a_word()
    for one in (customer, a_customer(service)):
        assert one.add("Eve", external_id=external_id).external_id == external_id


def test_the_external_id_of_a_member_who_left_is_free_again(customer: Customer) -> None:
    external_id = a_word()
    eve = customer.add("Eve", external_id=external_id)
    customer.delete(f"/members/{eve.member_id}")
    assert customer.add("Bob", external_id=external_id).external_id == external_id


def test_a_problem_names_the_external_id_and_what_has_it(customer: Customer) -> None:
    external_id = a_word()
    customer.add("Eve", external_id=external_id)
    body = customer.post("/members", {"name": "Bob", "external_id": external_id}).json()
    assert (body["resource"], body["external_id"]) == ("member", external_id)


def test_a_refused_change_takes_the_other_fields_with_it(customer: Customer) -> None:
    external_id = a_word()
    eve = customer.add("Eve", external_id=external_id)
    body = {"name": "Augusta", "external_id": external_id, "metadata": {"tier": "gold"}}
    problem(customer.patch(customer.admin_path, body), 409, "external-id-taken")
    assert customer.member(customer.admin_id).name == "Ada"
    assert customer.member(eve.member_id) == eve


@pytest.mark.parametrize("give", ACCOUNTS.values(), ids=ACCOUNTS)
def test_no_two_accounts_have_the_same(service: Service, customer: Customer, give: Giving) -> None:
    external_id = a_word()
    shown(a_customer(service).patch("", {"external_id": external_id}))
    with new_in_the_journal(service) as events:
        problem(give(service, customer, external_id), 409, "external-id-taken")
    assert events == []


@pytest.mark.parametrize("give", PLANS.values(), ids=PLANS)
def test_no_two_plans_have_the_same(service: Service, customer: Customer, give: Giving) -> None:
    external_id = a_word()
    shown(service.post("/v1/plans", {**PLAN, "external_id": external_id}))
    with new_in_the_journal(service) as events:
        problem(give(service, customer, external_id), 409, "external-id-taken")
    assert events == []


def test_a_plan_an_account_and_a_member_may_have_the_same(service: Service, customer: Customer) -> None:
    external_id = a_word()
    for give in (PLANS["change a plan"], ACCOUNTS["change an account"], MEMBERS["change a member"]):
        assert shown(give(service, customer, external_id)) == external_id


def test_another_case_is_another_external_id(service: Service) -> None:
    external_id = a_word()
    for text in (external_id, external_id.upper()):
        assert shown(a_customer(service).patch("", {"external_id": text})) == text


@pytest.mark.parametrize("instead", [None, "another"])
def test_an_external_id_that_was_given_up_is_free_again(service: Service, instead: str | None) -> None:
    external_id = a_word()
    one, other = a_customer(service), a_customer(service)
    shown(one.patch("", {"external_id": external_id}))
    shown(one.patch("", {"external_id": instead and a_word()}))
    assert shown(other.patch("", {"external_id": external_id})) == external_id
    assert one.account().external_id != external_id


def test_the_external_id_of_a_closed_account_stays_taken(service: Service) -> None:
    external_id = a_word()
    one, other = a_customer(service), a_customer(service)
    shown(one.patch("", {"external_id": external_id}))
    one.post("/close")
    problem(other.patch("", {"external_id": external_id}), 409, "external-id-taken")


def test_an_account_that_was_refused_goes_on(service: Service, customer: Customer) -> None:
    external_id, other = a_word(), a_word()
    shown(a_customer(service).patch("", {"external_id": external_id}))
    problem(customer.patch("", {"account_name": "Looms", "external_id": external_id}), 409, "external-id-taken")
    changed = answer(customer.patch("", {"account_name": "Mills", "external_id": other}), 200, Account)
    assert (changed.account_name, changed.external_id, changed.version) == ("Mills", other, 4)
    assert customer.account() == changed


def test_a_plan_id_that_is_taken_is_told_first(service: Service) -> None:
    external_id, plan_id = a_word(), an_id()
    body = {**PLAN, "plan_id": plan_id, "external_id": external_id}
    assert answer(service.post("/v1/plans", body), 201, Plan).external_id == external_id
    problem(service.post("/v1/plans", body), 409, "plan-exists")


def test_a_refused_sign_up_leaves_nothing(service: Service) -> None:
    external_id, plan = a_word(), a_plan(service)
    shown(a_customer_of(service, plan).patch("", {"external_id": external_id}))
    before = service.get("/v1/accounts", plan_id=plan.plan_id).json()["items"]
    body = {"account_name": "Looms", "user_name": "Eve", "plan_id": plan.plan_id, "external_id": external_id}
    problem(service.post("/v1/signups", body), 409, "external-id-taken")
    assert service.get("/v1/accounts", plan_id=plan.plan_id).json()["items"] == before
