"""Races: of many requests at the same time, one gets the last of a thing, and the others are refused."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.contract.crowd import Call, at_once, outcomes
from tests.contract.given import a_customer, a_customer_of, a_word, an_id, asked_for, feed, walk
from tests.contract.shapes import Account, Money

if TYPE_CHECKING:
    from tests.contract.given import Customer
    from tests.contract.shapes import Plan
    from tests.service import Service

CROWD = 500
PAIRS = 25


def one_wins(winner: str, others: str) -> Counter[str]:
    return Counter({winner: 1, others: CROWD - 1})


def a_crowded_customer(service: Service, *, seats: int) -> tuple[Customer, list[str]]:
    """An account with a crowd of members beside Ada, and the paths of the members' seats."""
    customer = a_customer(service, seats=seats, users=CROWD + 1)
    joined = at_once(service, [Call("POST", f"{customer.path}/members", {"name": f"M{n}"}) for n in range(CROWD)])
    assert Counter(reply.outcome for reply in joined) == {"201": CROWD}
    members = [member for member in customer.members() if member.member_id != customer.admin_id]
    return customer, [f"{customer.path}/members/{member.member_id}/seat" for member in members]


def test_the_last_seat_goes_to_one_member(service: Service) -> None:
    customer, seats = a_crowded_customer(service, seats=1)
    with customer.new_events() as events:
        found = outcomes(service, [Call("PUT", seat) for seat in seats])
    assert Counter(found) == one_wins("200", "no-seat-left")
    assert customer.account().seats.taken == 1
    assert [event.type for event in events] == ["seat.taken", "account.usage-reached"]


def test_as_many_members_sit_as_there_are_seats(service: Service) -> None:
    customer, seats = a_crowded_customer(service, seats=100)
    found = outcomes(service, [Call("PUT", seat) for seat in seats])
    assert Counter(found) == {"200": 100, "no-seat-left": CROWD - 100}
    assert sum(member.seated for member in customer.members()) == customer.account().seats.taken == 100


def test_the_last_seat_goes_to_one_newcomer(service: Service) -> None:
    customer = a_customer(service, seats=1, users=CROWD + 1)
    call = Call("POST", f"{customer.path}/members", {"name": "Bob", "seated": True})
    assert Counter(outcomes(service, [call] * CROWD)) == one_wins("201", "no-seat-left")
    assert customer.account().members.count == 2
    assert customer.account().seats.taken == 1


def test_the_last_place_goes_to_one_newcomer(service: Service) -> None:
    customer = a_customer(service, users=2)
    call = Call("POST", f"{customer.path}/members", {"name": "Bob"})
    with customer.new_events() as events:
        found = outcomes(service, [call] * CROWD)
    assert Counter(found) == one_wins("201", "user-limit-reached")
    assert customer.account().members.count == len(customer.members()) == 2
    assert [event.type for event in events] == ["member.added", "account.usage-reached"]


def test_the_last_credit_is_charged_once(service: Service) -> None:
    customer = a_customer(service)
    customer.credit(1)
    charge = {"amount": {"amount": -1, "currency": "EUR"}, "reason": "a seat"}
    with customer.new_events() as events:
        found = outcomes(service, [Call("POST", f"{customer.path}/credit", charge)] * CROWD)
    assert Counter(found) == one_wins("200", "credit-exhausted")
    assert customer.account().credit == Money(0, "EUR")
    assert len(events) == 1


def test_no_charge_and_no_gift_is_lost(service: Service) -> None:
    customer = a_customer(service)
    customer.credit(CROWD)
    bodies = [{"amount": {"amount": n, "currency": "EUR"}, "reason": "a test"} for n in (3, -2)]
    calls = [Call("POST", f"{customer.path}/credit", bodies[n % 2]) for n in range(CROWD)]
    assert Counter(outcomes(service, calls)) == {"200": CROWD}
    assert customer.account().credit.amount == CROWD + CROWD // 2


def test_an_email_goes_to_one_newcomer(service: Service) -> None:
    customer = a_customer(service, users=CROWD + 1)
    emails = ["bob@example.com", "BOB@EXAMPLE.COM"]
    calls = [Call("POST", f"{customer.path}/members", {"name": "Bob", "email": emails[n % 2]}) for n in range(CROWD)]
    assert Counter(outcomes(service, calls)) == one_wins("201", "email-taken")
    assert customer.account().members.count == 2


def test_a_plan_is_defined_once(service: Service) -> None:
    plan_id = an_id()
    package = {"total_seats": 1, "user_limit": 1}
    call = Call("POST", "/v1/plans", {"plan_id": plan_id, "name": "Team", "type": "team", "package": package})
    assert Counter(outcomes(service, [call] * CROWD)) == one_wins("201", "plan-exists")


def test_one_writes_on_a_version_that_all_have_read(service: Service, customer: Customer) -> None:
    headers = {"If-Match": customer.get().headers["ETag"]}
    with customer.new_events() as events:
        calls = [Call("PATCH", customer.path, {"account_name": f"Looms {n}"}, headers) for n in range(CROWD)]
        statuses = Counter(reply.status for reply in at_once(service, calls))
    assert statuses == {200: 1, 412: CROWD - 1}
    assert len(events) == 1


@pytest.mark.parametrize(
    ("method", "body", "won"), [("PATCH", {"role": "member"}, "200"), ("DELETE", None, "204")], ids=["demote", "remove"]
)
def test_two_admins_do_not_undo_each_other(service: Service, plan: Plan, method: str, body: object, won: str) -> None:
    customers = [a_customer_of(service, plan) for _ in range(PAIRS)]
    admins = [(customer.admin_id, customer.add("Bob", role="admin").member_id) for customer in customers]
    calls = [
        Call(method, f"{customer.path}/members/{admin}", body)
        for customer, pair in zip(customers, admins, strict=True)
        for admin in pair
    ]
    found = outcomes(service, calls)
    assert [sorted(found[n : n + 2]) for n in range(0, len(found), 2)] == [[won, "last-admin"]] * PAIRS
    left = [[member.role for member in customer.members()].count("admin") for customer in customers]
    assert left == [1] * PAIRS


def test_sign_ups_at_once_open_an_account_each(service: Service, plan: Plan) -> None:
    start = feed(service)[-1].position
    body = {"account_name": "Analytical Engines", "user_name": "Ada", "plan_id": plan.plan_id}
    assert Counter(outcomes(service, [Call("POST", "/v1/signups", body)] * CROWD)) == {"201": CROWD}
    mine = asked_for(feed(service, after=start))
    assert [event.type for event in mine] == ["account.opened", "member.added"] * CROWD
    assert [event.stream_id for event in mine[::2]] == [event.stream_id for event in mine[1::2]]
    assert len({event.stream_id for event in mine}) == CROWD


def test_an_external_id_goes_to_one_sign_up(service: Service, plan: Plan) -> None:
    body = {"account_name": "Looms", "user_name": "Ada", "plan_id": plan.plan_id, "external_id": a_word()}
    assert Counter(outcomes(service, [Call("POST", "/v1/signups", body)] * CROWD)) == one_wins(
        "201", "external-id-taken"
    )
    (account,) = walk(service, "/v1/accounts", Account, plan_id=plan.plan_id)
    assert account.external_id == body["external_id"]


def test_an_external_id_goes_to_one_account_or_one_sign_up(service: Service, plan: Plan) -> None:
    external_id = {"external_id": a_word()}
    body = {"account_name": "Looms", "user_name": "Ada", "plan_id": plan.plan_id, **external_id}
    customers = [a_customer_of(service, plan) for _ in range(PAIRS)]
    calls = [Call("PATCH", customer.path, external_id) for customer in customers]
    found = outcomes(service, calls + [Call("POST", "/v1/signups", body)] * PAIRS)
    assert sorted(found)[1:] == ["external-id-taken"] * (2 * PAIRS - 1)
    accounts = walk(service, "/v1/accounts", Account, plan_id=plan.plan_id)
    assert [account.external_id for account in accounts].count(external_id["external_id"]) == 1


def test_accounts_that_hand_external_ids_round_never_share_one(service: Service, plan: Plan) -> None:
    words = [a_word() for _ in range(3)]
    customers = [a_customer_of(service, plan) for _ in range(4)]
    calls = [
        Call("PATCH", customers[n % 4].path, {"external_id": words[n % 3] if n % 5 else None}) for n in range(CROWD)
    ]
    assert set(outcomes(service, calls)) <= {"200", "external-id-taken"}
    held = [account.external_id for account in walk(service, "/v1/accounts", Account, plan_id=plan.plan_id)]
    assert len({word for word in held if word}) == len([word for word in held if word])
    assert [customer.account().external_id for customer in reversed(customers)] == held


def test_a_plan_that_retires_among_sign_ups_takes_none_afterwards(service: Service, plan: Plan) -> None:
    body = {"account_name": "Analytical Engines", "user_name": "Ada", "plan_id": plan.plan_id}
    calls = [Call("POST", "/v1/signups", body)] * CROWD
    calls[CROWD // 2] = Call("POST", f"/v1/plans/{plan.plan_id}/retire")
    found = outcomes(service, calls)
    assert set(found) <= {"200", "201", "plan-retired"}
    assert service.post("/v1/signups", body).status_code == 409


def test_seats_taken_and_given_back_at_once_add_up(service: Service) -> None:
    customer, seats = a_crowded_customer(service, seats=CROWD)
    calls = [Call(method, seat) for seat in seats[: CROWD // 2] for method in ("PUT", "DELETE")]
    assert Counter(outcomes(service, calls)) == {"200": CROWD}
    assert customer.account().seats.taken == sum(member.seated for member in customer.members())
