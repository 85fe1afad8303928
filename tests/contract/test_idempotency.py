"""Idempotency keys: the same command again has no further effect, and gets the same answer, for ever."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.contract.crowd import Call, at_once
from tests.contract.given import a_customer, a_word, feed, new_in_the_journal
from tests.contract.shapes import SignedUp, answer, position_of, problem, told, version_of
from tests.contract.writes import (
    ACCEPTED,
    NO_OPS,
    REFUSED,
    Refused,
    World,
    Write,
    close,
    credit,
    define,
    join,
    remove,
    seat,
    sign_up,
    suspend,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from tests.contract.given import Customer
    from tests.contract.shapes import Plan
    from tests.service import Service

TWINS = 100
SAID = ("Content-Type", "ETag", "Seatkeeper-Position", "Location")
REPLAYED = "Idempotency-Replayed"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def world(service: Service) -> World:
    return World(service)


@pytest.fixture
def key() -> str:
    return f"the key {a_word()}"


def said(response: requests.Response) -> tuple[int, bytes, list[str | None]]:
    """What must be the same each time."""
    return response.status_code, response.content, [response.headers.get(name) for name in SAID]


def is_replay(response: requests.Response) -> bool:
    assert response.headers.get(REPLAYED, "true") == "true"
    return REPLAYED in response.headers


@pytest.mark.parametrize("given", ACCEPTED.values(), ids=ACCEPTED)
def test_a_write_that_is_sent_again_gets_its_answer_and_has_no_effect(
    world: World, key: str, given: Callable[[World], Write]
) -> None:
    write = given(world)
    first = write.send(world.service, key)
    assert first.ok, told(first)
    assert not is_replay(first)
    with new_in_the_journal(world.service) as events:
        again = [write.send(world.service, key) for _ in range(2)]
    assert [said(response) for response in again] == [said(first)] * 2
    assert all(map(is_replay, again))
    assert events == []


@pytest.mark.parametrize("given", ACCEPTED.values(), ids=ACCEPTED)
def test_a_key_changes_nothing_of_what_a_write_does(world: World, key: str, given: Callable[[World], Write]) -> None:
    write = given(world)
    with new_in_the_journal(world.service) as events:
        first = write.send(world.service, key)
    assert events
    assert position_of(first) == events[-1].position
    assert version_of(first) == events[-1].version
    assert len({event.stream_id for event in events}) == 1


@pytest.mark.parametrize("given", NO_OPS.values(), ids=NO_OPS)
def test_a_write_that_changes_nothing_has_an_answer_that_is_kept(
    world: World, key: str, given: Callable[[World], Write]
) -> None:
    write, service = given(world), world.service
    stream = write.path.split("/")[3]
    before = [event for event in feed(service, after=0) if event.stream_id.endswith(stream)][-1]
    with new_in_the_journal(service) as events:
        first, again = write.send(service, key), write.send(service, key)
    assert events == []
    assert said(again) == said(first)
    assert (is_replay(first), is_replay(again)) == (False, True)
    assert (first.status_code, version_of(first), position_of(first)) == (200, before.version, before.position)


@pytest.mark.parametrize("given", REFUSED.values(), ids=REFUSED)
def test_a_refusal_is_repeated_even_when_it_would_not_be_made_any_more(
    world: World, key: str, given: Callable[[World], Refused]
) -> None:
    refused, service = given(world), world.service
    first = refused.write.send(service, key)
    problem(first, refused.status, refused.slug)
    assert not is_replay(first)
    world.do(*refused.then)
    with new_in_the_journal(service) as events:
        again = refused.write.send(service, key)
    assert said(again) == said(first)
    assert is_replay(again)
    assert events == []
    if refused.then and refused.write.if_match is None:
        assert refused.write.send(service, f"another {key}").ok


def test_an_answer_is_that_of_its_time(world: World, key: str) -> None:
    first = credit(world, 5).send(world.service, key)
    world.do(credit(world, 7), close(world))
    assert said(credit(world, 5).send(world.service, key)) == said(first)


def test_the_answer_to_who_is_removed_has_no_body(world: World, key: str) -> None:
    first, again = (remove(world.bob).send(world.service, key) for _ in range(2))
    assert [(response.status_code, response.content) for response in (first, again)] == [(204, b"")] * 2
    assert "Content-Type" not in again.headers
    assert is_replay(again)


def test_without_a_key_nothing_is_replayed(world: World) -> None:
    first, again = (credit(world, 5).send(world.service, None) for _ in range(2))
    assert version_of(again) == version_of(first) + 1
    assert not is_replay(again)


def test_another_key_is_another_command(world: World, key: str) -> None:
    first, other = credit(world, 5).send(world.service, key), credit(world, 5).send(world.service, key.upper())
    assert version_of(other) == version_of(first) + 1
    assert not is_replay(other)


def test_a_query_has_no_use_for_a_key(world: World, key: str) -> None:
    service, headers = world.service, {"Idempotency-Key": key}
    before = service.send("GET", world.account, headers=headers)
    credit(world, 5).send(service, key)
    after = service.send("GET", world.account, headers=headers)
    assert version_of(after) == version_of(before) + 1
    assert not is_replay(after)
    assert service.send("GET", world.account, headers={"Idempotency-Key": ""}).status_code == 200


REUSES: dict[str, Callable[[World], Write]] = {
    "another body": lambda world: credit(world, 6),
    "no such field": lambda world: Write("POST", f"{world.account}/credit", {"reason": "a test"}),
    "another path": suspend,
    "another method": lambda world: Write("PATCH", world.account, {"account_name": "Mills"}),
    "an expected version": lambda world: credit(world, 5).expecting(3),
    "another account": lambda world: credit(World(world.service), 5),
}


@pytest.mark.parametrize("given", REUSES.values(), ids=REUSES)
def test_a_key_does_not_serve_another_request(world: World, key: str, given: Callable[[World], Write]) -> None:
    first = credit(world, 5).send(world.service, key)
    other = given(world)
    with new_in_the_journal(world.service) as events:
        refused = other.send(world.service, key)
    assert events == []
    if refused.status_code != 400:  # what is no request has nothing to do with any key
        problem(refused, 422, "idempotency-key-reused")
    assert said(credit(world, 5).send(world.service, key)) == said(first)


@pytest.mark.parametrize(("method", "other"), [("PUT", "DELETE"), ("DELETE", "PUT")])
def test_a_key_does_not_serve_another_method(world: World, key: str, method: str, other: str) -> None:
    assert Write(method, f"{world.bob}/seat").send(world.service, key).ok
    problem(Write(other, f"{world.bob}/seat").send(world.service, key), 422, "idempotency-key-reused")


def test_a_key_does_not_serve_another_member(world: World, key: str) -> None:
    assert seat(world.bob).send(world.service, key).ok
    problem(seat(world.ada).send(world.service, key), 422, "idempotency-key-reused")


def test_a_key_of_a_refusal_does_not_serve_another_request(world: World, key: str) -> None:
    problem(join(world).send(world.service, key), 409, "user-limit-reached")
    problem(join(world, name="Mary").send(world.service, key), 422, "idempotency-key-reused")


def test_a_key_serves_one_expected_version(world: World, key: str) -> None:
    problem(credit(world, 5).expecting(9).send(world.service, key), 412)
    problem(credit(world, 5).expecting(3).send(world.service, key), 422, "idempotency-key-reused")
    problem(credit(world, 5).send(world.service, key), 422, "idempotency-key-reused")


SAME_JSON = {
    "as it was": b'{"name":"Charles","email":null,"role":"viewer","seated":false}',
    "with spaces": b'  {"name" : "Charles",\r\n\t"email": null , "role":"viewer", "seated":false }\n',
    "in another order": b'{"seated":false,"role":"viewer","email":null,"name":"Charles"}',
    "with escapes": b'{"name":"\\u0043harles","email":null,"r\\u006fle":"viewer","seated":false}',
    "with a field twice": b'{"name":"Mary","name":"Charles","email":null,"role":"viewer","seated":false}',
}


@pytest.mark.parametrize("body", SAME_JSON.values(), ids=SAME_JSON)
def test_the_same_json_is_the_same_request_however_it_is_written(customer: Customer, key: str, body: bytes) -> None:
    headers = {**JSON, "Idempotency-Key": key}
    answers = [
        customer.service.send("POST", f"{customer.path}/members", data, headers)
        for data in (SAME_JSON["as it was"], body)
    ]
    assert said(answers[1]) == said(answers[0])
    assert is_replay(answers[1])
    assert customer.account().members.count == 2


def test_ids_in_capitals_are_the_same_request(world: World, key: str) -> None:
    first = credit(world, 5).send(world.service, key)
    prefix, _, account_id = world.account.rpartition("/")
    again = Write("POST", f"{prefix}/{account_id.upper()}/credit", credit(world, 5).body).send(world.service, key)
    assert said(again) == said(first)


@pytest.mark.parametrize(("first", "second"), [(None, b"{}"), (b"{}", None), (b"{ }", b"{}")])
def test_no_body_is_the_same_as_one_without_fields(
    world: World, key: str, first: bytes | None, second: bytes | None
) -> None:
    path, headers = f"{world.account}/close", {**JSON, "Idempotency-Key": key}
    answers = [world.service.send("POST", path, data, headers) for data in (first, second)]
    assert said(answers[1]) == said(answers[0])
    assert is_replay(answers[1])


BAD_REQUESTS = {
    "no JSON": (b"{", JSON, 400),
    "a field that is missing": (b"{}", JSON, 400),
    "a field too many": (b'{"name":"Bob","colour":"red"}', JSON, 400),
    "text": (b'{"name":"Bob"}', {"Content-Type": "text/plain"}, 415),
    "a bad If-Match": (b'{"name":"Bob"}', {**JSON, "If-Match": "nonsense"}, 400),
}


@pytest.mark.parametrize(("body", "headers", "status"), BAD_REQUESTS.values(), ids=BAD_REQUESTS)
def test_a_bad_request_does_not_use_up_its_key(
    customer: Customer, key: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    path, service = f"{customer.path}/members", customer.service
    problem(service.send("POST", path, body, {**headers, "Idempotency-Key": key}), status)
    problem(service.get(f"/v1/receipts/{key}"), 404, "receipt-not-found")
    good = service.post(path, {"name": "Bob"}, idempotency_key=key)
    assert good.status_code == 201
    assert not is_replay(good)


def test_twins_at_once_have_one_effect_and_one_answer(service: Service, plan: Plan, key: str) -> None:
    write = sign_up(plan.plan_id)
    call = Call(write.method, write.path, write.body, {"Idempotency-Key": key})
    with new_in_the_journal(service) as events:
        replies = at_once(service, [call] * TWINS)
    assert [reply.status for reply in replies] == [201] * TWINS
    assert len({reply.content for reply in replies}) == 1
    assert [event.type for event in events] == ["account.opened", "member.added"]
    signed_up = answer(write.send(service, key), 201, SignedUp)
    assert events[0].stream_id == f"account-{signed_up.account.account_id}"


def test_twins_at_once_are_refused_once_for_all(service: Service, key: str) -> None:
    customer = a_customer(service, users=1)
    call = Call("POST", f"{customer.path}/members", {"name": "Bob"}, {"Idempotency-Key": key})
    replies = at_once(service, [call] * TWINS)
    assert {reply.outcome for reply in replies} == {"user-limit-reached"}
    assert len({reply.content for reply in replies}) == 1


def test_of_two_requests_with_one_key_at_once_one_wins(service: Service, key: str) -> None:
    customer = a_customer(service, users=TWINS)
    calls = [
        Call("POST", f"{customer.path}/members", {"name": ("Bob", "Mary")[n % 2]}, {"Idempotency-Key": key})
        for n in range(TWINS)
    ]
    replies = at_once(service, calls)
    assert Counter(reply.outcome for reply in replies) == {"201": TWINS // 2, "idempotency-key-reused": TWINS // 2}
    assert len({reply.content for reply in replies if reply.status == 201}) == 1
    assert customer.account().members.count == 2


def test_who_owns_a_key_is_not_turned_away_for_others_who_use_it(service: Service, key: str) -> None:
    customer = a_customer(service, users=TWINS)
    first = service.post(f"{customer.path}/members", {"name": "Bob"}, idempotency_key=key)
    calls = [
        Call("POST", f"{customer.path}/members", {"name": "Bob" if n % 2 else f"M{n}"}, {"Idempotency-Key": key})
        for n in range(TWINS)
    ]
    replies = at_once(service, calls)
    assert [reply.outcome for reply in replies] == ["idempotency-key-reused", "201"] * (TWINS // 2)
    assert {reply.content for reply in replies if reply.status == 201} == {first.content}


def test_many_keys_at_once_have_an_effect_each(service: Service) -> None:
    customer = a_customer(service, users=TWINS + 1)
    keys = [a_word() for _ in range(TWINS)]
    calls = [Call("POST", f"{customer.path}/members", {"name": "Bob"}, {"Idempotency-Key": key}) for key in keys] * 3
    replies = at_once(service, calls)
    assert Counter(reply.status for reply in replies) == {201: 3 * TWINS}
    bodies = [reply.content for reply in replies]
    assert bodies[:TWINS] == bodies[TWINS : 2 * TWINS] == bodies[2 * TWINS :]
    assert customer.account().members.count == len(set(bodies)) + 1 == TWINS + 1


def test_a_seat_is_sold_once_to_twins_and_their_rivals(service: Service) -> None:
    customer = a_customer(service, seats=1, users=TWINS + 1)
    keys = [a_word() for _ in range(10)]
    call = {"name": "Bob", "seated": True}
    calls = [Call("POST", f"{customer.path}/members", call, {"Idempotency-Key": key}) for key in keys * 10]
    outcomes = Counter(reply.outcome for reply in at_once(service, calls))
    assert outcomes == {"201": 10, "no-seat-left": 90}
    assert customer.account().seats.taken == 1


def test_the_problem_of_a_reused_key_names_no_other_request(world: World, key: str) -> None:
    credit(world, 5).send(world.service, key)
    refused = define(name="Crew").send(world.service, key)
    assert world.account not in refused.text
    assert msgspec.json.decode(refused.content)["instance"] == "/v1/plans"
