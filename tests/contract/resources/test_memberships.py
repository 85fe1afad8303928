"""Finding somebody in all accounts, by e-mail address or external id."""

from __future__ import annotations

import pytest

from tests.contract.given import a_customer, a_word, walk
from tests.contract.shapes import Membership, wrong_field
from tests.service import Service


def memberships(service: Service, **query: str | int) -> list[tuple[str, str]]:
    """The accounts in which somebody is, with the member's id."""
    found = walk(service, "/v1/members", Membership, **query)
    return [(one.account.account_id, one.member.member_id) for one in found]


@pytest.mark.parametrize("limit", [1, 50])
def test_somebody_is_found_in_all_accounts_by_the_address(service: Service, limit: int) -> None:
    one, other, address = a_customer(service), a_customer(service), f"{a_word()}@example.com"
    members = [customer.add("Bob", email=address) for customer in (one, other)]
    one.add("Eve", email=f"x{address}")
    expected = [(one.account_id, members[0].member_id), (other.account_id, members[1].member_id)]
    assert memberships(service, email=address, limit=limit) == sorted(expected)


def test_an_address_is_compared_as_the_service_compares_it(service: Service) -> None:
    customer, word = a_customer(service), a_word()
    member = customer.add("Bob", email=f"{word}@b\u00fccher.example")
    for address in (
        f"{word.upper()}@B\u00dcCHER.example",
        f"{word}@xn--bcher-kva.example",
        f"{word}@b\u00fccher.example.",
    ):
        assert memberships(service, email=address) == [(customer.account_id, member.member_id)]


def test_somebody_is_found_by_the_external_id(service: Service) -> None:
    one, other, mine = a_customer(service), a_customer(service), a_word()
    members = [customer.add("Bob", external_id=mine) for customer in (one, other)]
    expected = [(one.account_id, members[0].member_id), (other.account_id, members[1].member_id)]
    assert memberships(service, external_id=mine) == sorted(expected)
    assert memberships(service, external_id=mine.upper()) == []


def test_a_membership_shows_the_account_in_short_and_the_whole_member(service: Service) -> None:
    customer, mine = a_customer(service), a_word()
    member = customer.add("Bob", external_id=mine, email=f"{mine}@example.com", seated=True)
    customer.patch("", {"account_name": 'Looms "\u00e9\u6771" & Mills'})
    customer.post("/suspend")
    (found,) = walk(service, "/v1/members", Membership, external_id=mine)
    assert found.member == member
    assert (found.account.account_id, found.account.status) == (customer.account_id, "suspended")
    assert found.account.account_name == 'Looms "\u00e9\u6771" & Mills'


def test_who_was_removed_is_found_no_more(service: Service) -> None:
    customer, mine = a_customer(service), a_word()
    member = customer.add("Bob", external_id=mine)
    customer.delete(f"/members/{member.member_id}")
    assert memberships(service, external_id=mine) == []


def test_a_new_address_takes_the_place_of_the_old_one(service: Service) -> None:
    customer, old, new = a_customer(service), f"{a_word()}@example.com", f"{a_word()}@example.com"
    member = customer.add("Bob", email=old)
    customer.patch(f"/members/{member.member_id}", {"email": new})
    assert (memberships(service, email=old), memberships(service, email=new)) == (
        [],
        [(customer.account_id, member.member_id)],
    )


@pytest.mark.parametrize("query", [{}, {"email": "a@example.com", "external_id": "a"}])
def test_somebody_is_sought_by_either_of_the_two(service: Service, query: dict[str, str]) -> None:
    wrong_field(service.get("/v1/members", **query), "/email")
