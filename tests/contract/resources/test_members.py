"""Members: who holds a place in an account, and in which role."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest

from tests.contract.given import UNKNOWN_ID, a_customer
from tests.contract.shapes import Member, answer, problem, wrong_field

if TYPE_CHECKING:
    from tests.contract.given import Customer
    from tests.service import Service

LONGEST_EMAIL = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.com"


def test_an_added_member_holds_a_place(customer: Customer) -> None:
    with customer.new_events() as events:
        bob = answer(customer.post("/members", {"name": "Bob", "email": "bob@example.com"}), 201, Member)
    assert (bob.name, bob.email) == ("Bob", "bob@example.com")
    assert customer.account().members.count == 2
    assert [event.type for event in events] == ["member.added"]


def test_an_added_member_is_found_where_the_answer_says(service: Service, customer: Customer) -> None:
    added = customer.post("/members", {"name": "Bob"})
    found = service.get(urljoin("/", added.headers["Location"]))
    assert answer(found, 200, Member) == answer(added, 201, Member)


def test_a_member_is_a_member_without_a_seat_by_default(customer: Customer) -> None:
    bob = customer.add("Bob")
    assert (bob.role, bob.seated, bob.email) == ("member", False, None)


@pytest.mark.parametrize("role", ["admin", "member", "viewer"])
def test_a_member_has_a_role(customer: Customer, role: str) -> None:
    assert customer.add("Bob", role=role).role == role


def test_nobody_has_a_role_that_does_not_exist(customer: Customer) -> None:
    wrong_field(customer.post("/members", {"name": "Bob", "role": "owner"}), "/role")


def test_a_member_may_be_seated_at_once(customer: Customer) -> None:
    assert customer.add("Bob", seated=True).seated
    assert customer.account().seats.taken == 1


def test_a_member_for_whom_no_seat_is_left_is_not_added(service: Service) -> None:
    customer = a_customer(service, seats=1, users=3)
    customer.add("Bob", seated=True)
    with customer.new_events() as events:
        problem(customer.post("/members", {"name": "Eve", "seated": True}), 409, "no-seat-left")
    assert customer.account().members.count == 2
    assert events == []


def test_the_places_hold_the_user_limit(service: Service) -> None:
    customer = a_customer(service, users=2)
    customer.add("Bob")
    with customer.new_events() as events:
        problem(customer.post("/members", {"name": "Eve"}), 409, "user-limit-reached")
    assert customer.account().members.count == 2
    assert events == []


def test_who_signs_up_holds_a_place(service: Service) -> None:
    problem(a_customer(service, users=1).post("/members", {"name": "Bob"}), 409, "user-limit-reached")


def test_an_unknown_member_is_not_found(customer: Customer) -> None:
    problem(customer.get(f"/members/{UNKNOWN_ID}"), 404, "member-not-found")


def test_a_member_of_one_account_is_unknown_to_another(service: Service, customer: Customer) -> None:
    other = a_customer(service).add("Bob")
    problem(customer.get(f"/members/{other.member_id}"), 404, "member-not-found")


def test_an_unknown_member_is_not_changed(customer: Customer) -> None:
    problem(customer.patch(f"/members/{UNKNOWN_ID}", {"name": "Bob"}), 404, "member-not-found")


def test_an_unknown_member_is_not_removed(customer: Customer) -> None:
    problem(customer.delete(f"/members/{UNKNOWN_ID}"), 404, "member-not-found")


@pytest.mark.parametrize("change", [{"name": "Robert"}, {"email": "robert@example.com"}, {"role": "viewer"}])
def test_a_member_is_changed_in_one_thing(customer: Customer, change: dict[str, str]) -> None:
    bob = customer.add("Bob", email="bob@example.com")
    with customer.new_events() as events:
        changed = answer(customer.patch(f"/members/{bob.member_id}", change), 200, Member)
    expected = {"name": bob.name, "email": bob.email, "role": bob.role, **change}
    assert {"name": changed.name, "email": changed.email, "role": changed.role} == expected
    assert customer.member(bob.member_id) == changed
    assert events


def test_a_member_is_changed_in_everything(customer: Customer) -> None:
    bob = customer.add("Bob")
    body = {"name": "Robert", "email": "robert@example.com", "role": "admin"}
    changed = answer(customer.patch(f"/members/{bob.member_id}", body), 200, Member)
    assert (changed.name, changed.email, changed.role) == ("Robert", "robert@example.com", "admin")
    assert customer.member(bob.member_id) == changed


def test_a_member_changed_into_itself_stays_as_it_is(customer: Customer) -> None:
    bob = customer.add("Bob", email="bob@example.com")
    body = {"name": "Bob", "email": "bob@example.com", "role": "member"}
    with customer.new_events() as events:
        assert answer(customer.patch(f"/members/{bob.member_id}", body), 200, Member) == bob
    assert events == []


def test_a_member_who_leaves_frees_a_place(service: Service) -> None:
    customer = a_customer(service, users=2)
    bob = customer.add("Bob")
    with customer.new_events() as events:
        assert customer.delete(f"/members/{bob.member_id}").status_code == 204
    assert customer.add("Eve").name == "Eve"
    assert events


def test_a_member_who_leaves_frees_a_seat(service: Service) -> None:
    customer = a_customer(service, seats=1)
    bob = customer.add("Bob", seated=True)
    customer.delete(f"/members/{bob.member_id}")
    assert customer.account().seats.taken == 0
    assert customer.add("Eve", seated=True).seated


def test_a_member_who_left_is_gone(customer: Customer) -> None:
    bob = customer.add("Bob")
    customer.delete(f"/members/{bob.member_id}")
    problem(customer.get(f"/members/{bob.member_id}"), 404, "member-not-found")
    assert bob not in customer.members()


def test_a_member_leaves_once(customer: Customer) -> None:
    bob = customer.add("Bob")
    customer.delete(f"/members/{bob.member_id}")
    with customer.new_events() as events:
        problem(customer.delete(f"/members/{bob.member_id}"), 404, "member-not-found")
    assert events == []


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_the_last_admin_keeps_the_role(customer: Customer, role: str) -> None:
    customer.add("Bob")
    with customer.new_events() as events:
        problem(customer.patch(customer.admin_path, {"role": role}), 409, "last-admin")
    assert customer.member(customer.admin_id).role == "admin"
    assert events == []


def test_the_last_admin_does_not_leave(customer: Customer) -> None:
    customer.add("Bob")
    with customer.new_events() as events:
        problem(customer.delete(customer.admin_path), 409, "last-admin")
    assert customer.account().members.count == 2
    assert events == []


def test_a_refused_change_of_role_takes_the_new_name_with_it(customer: Customer) -> None:
    problem(customer.patch(customer.admin_path, {"name": "Augusta", "role": "member"}), 409, "last-admin")
    assert customer.member(customer.admin_id).name == "Ada"


def test_the_last_admin_may_change_the_name(customer: Customer) -> None:
    assert answer(customer.patch(customer.admin_path, {"name": "Augusta"}), 200, Member).role == "admin"


def test_an_admin_beside_another_may_step_back(customer: Customer) -> None:
    customer.add("Bob", role="admin")
    assert answer(customer.patch(customer.admin_path, {"role": "member"}), 200, Member).role == "member"


def test_an_admin_beside_another_may_leave(customer: Customer) -> None:
    customer.add("Bob", role="admin")
    assert customer.delete(customer.admin_path).status_code == 204


def test_who_is_left_after_an_admin_stepped_back_is_the_last(customer: Customer) -> None:
    bob = customer.add("Bob", role="admin")
    customer.patch(customer.admin_path, {"role": "viewer"})
    problem(customer.delete(f"/members/{bob.member_id}"), 409, "last-admin")


@pytest.mark.parametrize("same", ["bob@example.com", "BOB@example.com", "bob@EXAMPLE.com"])
def test_an_email_is_taken_in_any_case(customer: Customer, same: str) -> None:
    customer.add("Bob", email="bob@example.com")
    with customer.new_events() as events:
        problem(customer.post("/members", {"name": "Eve", "email": same}), 409, "email-taken")
    assert customer.account().members.count == 2
    assert events == []


def test_the_email_of_who_signed_up_is_taken(service: Service, customer: Customer) -> None:
    body = {
        "account_name": "Analytical Engines",
        "user_name": "Ada",
        "user_email": "ada@example.com",
        "plan_id": customer.account().plan.plan_id,
    }
    path = service.post("/v1/signups", body).headers["Location"]
    problem(service.post(f"{path}/members", {"name": "Eve", "email": "Ada@Example.com"}), 409, "email-taken")


def test_an_email_is_not_changed_into_one_that_is_taken(customer: Customer) -> None:
    customer.add("Bob", email="bob@example.com")
    with customer.new_events() as events:
        problem(customer.patch(customer.admin_path, {"email": "BOB@EXAMPLE.COM"}), 409, "email-taken")
    assert events == []


def test_a_member_may_write_the_own_email_in_another_case(customer: Customer) -> None:
    bob = customer.add("Bob", email="bob@example.com")
    answer(customer.patch(f"/members/{bob.member_id}", {"email": "Bob@Example.com"}), 200, Member)


def test_an_email_is_free_again_when_its_member_left(customer: Customer) -> None:
    bob = customer.add("Bob", email="bob@example.com")
    customer.delete(f"/members/{bob.member_id}")
    assert customer.add("Robert", email="BOB@example.com").name == "Robert"


def test_an_email_is_free_again_when_its_member_changed_it(customer: Customer) -> None:
    bob = customer.add("Bob", email="bob@example.com")
    customer.patch(f"/members/{bob.member_id}", {"email": "robert@example.com"})
    assert customer.add("Eve", email="bob@example.com").email == "bob@example.com"


def test_an_email_is_taken_in_one_account_only(service: Service, customer: Customer) -> None:
    customer.add("Bob", email="bob@example.com")
    assert a_customer(service).add("Bob", email="bob@example.com").email == "bob@example.com"


def test_members_without_an_email_do_not_stand_in_each_others_way(customer: Customer) -> None:
    customer.add("Bob")
    assert customer.add("Eve").email is None


def test_an_email_of_254_characters_is_taken_as_it_is(customer: Customer) -> None:
    assert customer.add("Bob", email=LONGEST_EMAIL).email == LONGEST_EMAIL


def test_an_email_of_255_characters_is_too_long(customer: Customer) -> None:
    wrong_field(customer.post("/members", {"name": "Bob", "email": "a" + LONGEST_EMAIL}), "/email")
