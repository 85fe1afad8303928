"""Duplicate requests: many requests with the same key at the same time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.contract.crowd import Call, at_once
from tests.contract.given import a_customer, a_word, new_in_the_journal
from tests.contract.idempotency.writes import sign_up
from tests.contract.shapes import SignedUp, answer

if TYPE_CHECKING:
    from tests.contract.shapes import Plan
    from tests.service import Service

CROWD = 100


def test_duplicates_at_once_have_one_effect_and_one_answer(service: Service, plan: Plan, key: str) -> None:
    write = sign_up(plan.plan_id)
    call = Call(write.method, write.path, write.body, {"Idempotency-Key": key})
    with new_in_the_journal(service) as events:
        replies = at_once(service, [call] * CROWD)
    assert [reply.status for reply in replies] == [201] * CROWD
    assert len({reply.content for reply in replies}) == 1
    assert [event.type for event in events] == ["account.opened", "member.added"]
    signed_up = answer(write.send(service, key), 201, SignedUp)
    assert events[0].stream_id == f"account-{signed_up.account.account_id}"


def test_duplicates_at_once_get_one_refusal(service: Service, key: str) -> None:
    customer = a_customer(service, users=1)
    call = Call("POST", f"{customer.path}/members", {"name": "Bob"}, {"Idempotency-Key": key})
    replies = at_once(service, [call] * CROWD)
    assert {reply.outcome for reply in replies} == {"user-limit-reached"}
    assert len({reply.content for reply in replies}) == 1


def test_of_two_requests_with_one_key_at_once_one_wins(service: Service, key: str) -> None:
    customer = a_customer(service, users=CROWD)
    calls = [
        Call("POST", f"{customer.path}/members", {"name": ("Bob", "Mary")[n % 2]}, {"Idempotency-Key": key})
        for n in range(CROWD)
    ]
    replies = at_once(service, calls)
    assert Counter(reply.outcome for reply in replies) == {"201": CROWD // 2, "idempotency-key-reused": CROWD // 2}
    assert len({reply.content for reply in replies if reply.status == 201}) == 1
    assert customer.account().members.count == 2


def test_a_stored_answer_is_repeated_while_others_use_its_key(service: Service, key: str) -> None:
    customer = a_customer(service, users=CROWD)
    first = service.post(f"{customer.path}/members", {"name": "Bob"}, idempotency_key=key)
    calls = [
        Call("POST", f"{customer.path}/members", {"name": "Bob" if n % 2 else f"M{n}"}, {"Idempotency-Key": key})
        for n in range(CROWD)
    ]
    replies = at_once(service, calls)
    assert [reply.outcome for reply in replies] == ["idempotency-key-reused", "201"] * (CROWD // 2)
    assert {reply.content for reply in replies if reply.status == 201} == {first.content}


def test_many_keys_at_once_have_an_effect_each(service: Service) -> None:
    customer = a_customer(service, users=CROWD + 1)
    keys = [a_word() for _ in range(CROWD)]
    calls = [Call("POST", f"{customer.path}/members", {"name": "Bob"}, {"Idempotency-Key": key}) for key in keys] * 3
    replies = at_once(service, calls)
    assert Counter(reply.status for reply in replies) == {201: 3 * CROWD}
    bodies = [reply.content for reply in replies]
    assert bodies[:CROWD] == bodies[CROWD : 2 * CROWD] == bodies[2 * CROWD :]
    assert customer.account().members.count == len(set(bodies)) + 1 == CROWD + 1


def test_a_seat_is_sold_once_to_duplicates_and_their_rivals(service: Service) -> None:
    customer = a_customer(service, seats=1, users=CROWD + 1)
    keys = [a_word() for _ in range(10)]
    call = {"name": "Bob", "seated": True}
    calls = [Call("POST", f"{customer.path}/members", call, {"Idempotency-Key": key}) for key in keys * 10]
    outcomes = Counter(reply.outcome for reply in at_once(service, calls))
    assert outcomes == {"201": 10, "no-seat-left": 90}
    assert customer.account().seats.taken == 1
