"""Invitations: they hold a place until somebody takes it, and only who has the token takes it."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.contract.ahead.shapes import Invitation, InvitationWithToken
from tests.contract.crowd import Call, outcomes
from tests.contract.given import UNKNOWN_ID, a_customer, a_word, feed, walk
from tests.contract.shapes import Member, MemberSlots, Seats, answer, problem, wrong_field

if TYPE_CHECKING:
    from tests.contract.given import Customer
    from tests.service import Service

GUEST = "guest@example.com"
TOKEN = re.compile(r"inv_[0-9a-f]{32}_[0-9a-f]{32}_[A-Za-z0-9_-]{43}")


def test_an_invitation_holds_a_slot_and_a_seat(customer: Customer) -> None:
    with customer.new_events() as events:
        response = customer.post("/invitations", {"email": GUEST, "role": "viewer", "seated": True})
        made = answer(response, 201, InvitationWithToken).invitation
    assert (made.email, made.role, made.seated, made.status) == (GUEST, "viewer", True, "pending")
    assert response.headers["Location"] == f"{customer.path}/invitations/{made.invitation_id}"
    assert answer(customer.get(f"/invitations/{made.invitation_id}"), 200, Invitation) == made
    account = customer.account()
    assert (account.members, account.seats) == (MemberSlots(1, 1, 3), Seats(0, 1, 2))
    assert events[0].type == "invitation.made"


def test_an_invitation_lasts_a_week_unless_it_says_otherwise(customer: Customer) -> None:
    week, _ = customer.invite(GUEST)
    day, _ = customer.invite("other@example.com", expires_in_seconds=86_400)
    for invitation, length in ((week, timedelta(days=7)), (day, timedelta(days=1))):
        made, expires = map(datetime.fromisoformat, (invitation.created_at, invitation.expires_at))
        assert abs(expires - made - length) < timedelta(seconds=1)


def test_a_token_is_in_the_first_answer_only(service: Service, customer: Customer) -> None:
    key, path = a_word(), f"{customer.path}/invitations"
    first = answer(service.post(path, {"email": GUEST}, idempotency_key=key), 201, InvitationWithToken)
    again = answer(service.post(path, {"email": GUEST}, idempotency_key=key), 201, InvitationWithToken)
    assert first.token is not None
    assert TOKEN.fullmatch(first.token)
    assert again == InvitationWithToken(first.invitation, None)
    assert service.get(f"/v1/receipts/{key}").json()["body"]["token"] is None


def test_neither_a_token_nor_its_hash_is_in_an_event(service: Service, customer: Customer) -> None:
    _, token = customer.invite(GUEST)
    secret = token.rpartition("_")[2]
    found = [str(event.data) for event in feed(service) if event.type == "invitation.made"]
    assert found
    assert not any(secret in data or hashlib.sha256(secret.encode()).hexdigest() in data for data in found)


def test_who_has_the_token_becomes_a_member(service: Service, customer: Customer) -> None:
    invitation, token = customer.invite(GUEST, role="viewer", seated=True)
    with customer.new_events() as events:
        response = customer.accept(token, "Grace", external_id="crm-7")
        member = answer(response, 201, Member)
    assert (member.name, member.email, member.role, member.seated) == ("Grace", GUEST, "viewer", True)
    assert member.external_id == "crm-7"
    assert response.headers["Location"] == f"{customer.path}/members/{member.member_id}"
    assert answer(service.get(response.headers["Location"]), 200, Member) == member
    assert [event.type for event in events] == ["invitation.accepted", "member.added", "seat.taken"]
    assert customer.account().members == MemberSlots(2, 0, 3)
    read = answer(customer.get(f"/invitations/{invitation.invitation_id}"), 200, Invitation)
    assert read.status == "accepted"


def test_the_last_slot_is_taken_by_who_holds_it(service: Service) -> None:
    customer = a_customer(service, users=2)
    _, token = customer.invite(GUEST)
    problem(customer.post("/members", {"name": "Bob"}), 409, "user-limit-reached")
    assert customer.accept(token).status_code == 201


def test_an_invitation_is_accepted_once_by_a_hundred_at_once(service: Service, customer: Customer) -> None:
    _, token = customer.invite(GUEST)
    found = outcomes(service, [Call("POST", "/v1/invitations/accept", {"token": token, "name": "Guest"})] * 100)
    assert sorted(found) == ["201", *["invitation-over"] * 99]
    assert customer.account().members == MemberSlots(2, 0, 3)


def test_a_token_is_worth_nothing_after_the_end(customer: Customer) -> None:
    invitation, token = customer.invite(GUEST)
    customer.post(f"/invitations/{invitation.invitation_id}/revoke")
    problem(customer.accept(token), 410, "invitation-over")


@pytest.mark.parametrize("wrong", ["inv_x", "x", "inv_" + "0" * 32 + "_" + "0" * 32 + "_" + "A" * 43])
def test_a_token_that_nobody_was_given_is_not_found(service: Service, wrong: str) -> None:
    problem(service.post("/v1/invitations/accept", {"token": wrong, "name": "Eve"}), 404, "invitation-not-found")


def test_a_token_with_another_secret_is_not_found(customer: Customer) -> None:
    _, token = customer.invite(GUEST)
    problem(customer.accept(token[:-43] + "A" * 43), 404, "invitation-not-found")


def test_a_renewal_gives_another_token(customer: Customer) -> None:
    invitation, token = customer.invite(GUEST, expires_in_seconds=86_400)
    path = f"/invitations/{invitation.invitation_id}"
    renewed = answer(customer.post(f"{path}/renew", {"expires_in_seconds": 100_000}), 200, InvitationWithToken)
    assert renewed.token not in {None, token}
    assert renewed.invitation.expires_at > invitation.expires_at
    problem(customer.accept(token), 404, "invitation-not-found")
    assert customer.accept(str(renewed.token)).status_code == 201
    problem(customer.post(f"{path}/renew"), 410, "invitation-over")


def test_a_revoked_invitation_holds_nothing(customer: Customer) -> None:
    invitation, _ = customer.invite(GUEST, seated=True)
    revoke = f"/invitations/{invitation.invitation_id}/revoke"
    assert answer(customer.post(revoke), 200, Invitation).status == "revoked"
    account = customer.account()
    assert (account.members.held, account.seats.held) == (0, 0)
    with customer.new_events() as events:
        assert answer(customer.post(revoke), 200, Invitation).status == "revoked"
    assert events == []


@pytest.mark.parametrize("address", ["guest@example.com", "GUEST@Example.com"])
def test_an_address_is_invited_once(customer: Customer, address: str) -> None:
    customer.invite(GUEST)
    problem(customer.post("/invitations", {"email": address}), 409, "already-invited")


def test_a_member_is_not_invited(customer: Customer) -> None:
    customer.add("Bob", email="bob@example.com")
    problem(customer.post("/invitations", {"email": "BOB@example.com"}), 409, "email-taken")


def test_invitations_are_listed_by_their_status(service: Service, customer: Customer) -> None:
    customer.invite(GUEST)
    over, _ = customer.invite("other@example.com")
    customer.post(f"/invitations/{over.invitation_id}/revoke")
    path = f"{customer.path}/invitations"
    assert [one.email for one in walk(service, path, Invitation, limit=1)] == [GUEST, "other@example.com"]
    assert [one.email for one in walk(service, path, Invitation, status="pending")] == [GUEST]
    assert [one.email for one in walk(service, path, Invitation, status="revoked")] == ["other@example.com"]
    problem(service.get(path, status="open"), 400)


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/revoke"), ("POST", "/renew")])
def test_an_invitation_that_is_unknown_is_not_found(
    service: Service, customer: Customer, method: str, path: str
) -> None:
    response = service.write(method, f"{customer.path}/invitations/{UNKNOWN_ID}{path}")
    problem(response, 404, "invitation-not-found")


@pytest.mark.parametrize("seconds", [0, -1, 31_622_401, "60"])
def test_an_invitation_lasts_up_to_a_year(customer: Customer, seconds: object) -> None:
    wrong_field(customer.post("/invitations", {"email": GUEST, "expires_in_seconds": seconds}), "/expires_in_seconds")


def test_an_invitation_needs_an_address(customer: Customer) -> None:
    wrong_field(customer.post("/invitations", {}), "/email")
    wrong_field(customer.post("/invitations", {"email": None}), "/email")
