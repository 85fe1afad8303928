"""Idempotency keys: the same command again has no further effect, and gets the same answer, for ever."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.completeness import check_complete
from tests.contract.calls import open_writes, route_of
from tests.contract.given import feed, new_in_the_journal
from tests.contract.idempotency.refused import REFUSED, Refused
from tests.contract.idempotency.writes import (
    ACCEPTED,
    NO_OPS,
    World,
    Write,
    close,
    credit,
    define,
    join,
    remove,
    seat,
    suspend,
)
from tests.contract.shapes import described, position_of, problem, version_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

    from tests.contract.given import Customer
    from tests.service import Service

ALWAYS_CHANGE = {
    "POST /v1/plans",
    "POST /v1/signups",
    "POST /v1/accounts/{account_id}/members",
    "DELETE /v1/accounts/{account_id}/members/{member_id}",
    "POST /v1/accounts/{account_id}/invitations",
    "POST /v1/accounts/{account_id}/invitations/{invitation_id}/renew",
    "POST /v1/invitations/accept",
    "POST /v1/accounts/{account_id}/grants",
    "DELETE /v1/accounts/{account_id}/grants/{grant_id}",
    "POST /v1/webhooks",
    "DELETE /v1/webhooks/{webhook_id}",
    "POST /v1/webhooks/{webhook_id}/rotate-secret",
    "POST /v1/webhooks/{webhook_id}/replay",
}
"""Writes that are refused or change something."""
NEVER_CHANGE = {"POST /v1/webhooks/{webhook_id}/ping"}
"""Writes that have an effect elsewhere."""
SECRET = re.compile(rb'"(secret|token)":"[^"]+"')
SAME = ("Content-Type", "ETag", "Seatkeeper-Position", "Location")
REPLAYED = "Idempotency-Replayed"
JSON = {"Content-Type": "application/json"}


def essence(response: requests.Response) -> tuple[int, bytes, list[str | None]]:
    """What must be the same each time: all but a secret, which is shown once."""
    content = SECRET.sub(rb'"\1":null', response.content)
    return response.status_code, content, [response.headers.get(name) for name in SAME]


def is_replay(response: requests.Response) -> bool:
    assert response.headers.get(REPLAYED, "true") == "true"
    return REPLAYED in response.headers


def routes_of(service: Service, examples: Mapping[str, Callable[[World], Write]]) -> set[str]:
    """The routes that some examples go to, each on a world of its own."""
    writes = [given(World(service)) for given in examples.values()]
    return {route_of(write.method, write.path) for write in writes}


def test_every_write_has_an_example_that_changes_something(service: Service) -> None:
    wanted = open_writes() - NEVER_CHANGE
    check_complete("ACCEPTED of tests/contract/idempotency/writes.py", routes_of(service, ACCEPTED), wanted)


def test_every_write_that_may_change_nothing_has_an_example(service: Service) -> None:
    wanted = open_writes() - ALWAYS_CHANGE
    check_complete("NO_OPS of tests/contract/idempotency/writes.py", routes_of(service, NO_OPS), wanted)


@pytest.mark.parametrize("given", ACCEPTED.values(), ids=ACCEPTED)
def test_a_write_that_is_sent_again_gets_its_answer_and_has_no_effect(
    world: World, key: str, given: Callable[[World], Write]
) -> None:
    write = given(world)
    first = write.send(world.service, key)
    assert first.ok, described(first)
    assert not is_replay(first)
    with new_in_the_journal(world.service) as events:
        again = [write.send(world.service, key) for _ in range(2)]
    assert [essence(response) for response in again] == [essence(first)] * 2
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
def test_a_write_that_changes_nothing_has_an_answer_that_is_stored(
    world: World, key: str, given: Callable[[World], Write]
) -> None:
    write, service = given(world), world.service
    stream = write.path.split("/")[3]
    before = [event for event in feed(service, after=0) if event.stream_id.endswith(stream)][-1]
    with new_in_the_journal(service) as events:
        first, again = write.send(service, key), write.send(service, key)
    assert events == []
    assert essence(again) == essence(first)
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
    assert essence(again) == essence(first)
    assert is_replay(again)
    assert events == []
    if refused.then and refused.write.if_match is None:
        assert refused.write.send(service, f"another {key}").ok


def test_an_answer_is_that_of_its_time(world: World, key: str) -> None:
    first = credit(world, 5).send(world.service, key)
    world.do(credit(world, 7), close(world))
    assert essence(credit(world, 5).send(world.service, key)) == essence(first)


def test_the_answer_to_a_removal_has_no_body(world: World, key: str) -> None:
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


def test_a_query_ignores_a_key(world: World, key: str) -> None:
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
    if refused.status_code != 400:  # an invalid request does not look at the key
        problem(refused, 422, "idempotency-key-reused")
    assert essence(credit(world, 5).send(world.service, key)) == essence(first)


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


def test_a_key_serves_one_list_of_versions(world: World, key: str) -> None:
    paid = replace(credit(world, 5), if_match='"2", "9"').send(world.service, key)
    for tags in ('"9","2"', 'W/"3", "9", "2", "9"'):  # the same versions, however they are written
        again = replace(credit(world, 5), if_match=tags).send(world.service, key)
        assert essence(again) == essence(paid)
    for tags in ('"2"', '"9"', '"2", "9", "3"', '"29"', "*", 'W/"2"'):
        other = replace(credit(world, 5), if_match=tags).send(world.service, key)
        problem(other, 422, "idempotency-key-reused")


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
    assert essence(answers[1]) == essence(answers[0])
    assert is_replay(answers[1])
    assert customer.account().members.count == 2


def test_ids_in_capitals_are_the_same_request(world: World, key: str) -> None:
    first = credit(world, 5).send(world.service, key)
    prefix, _, account_id = world.account.rpartition("/")
    again = Write("POST", f"{prefix}/{account_id.upper()}/credit", credit(world, 5).body).send(world.service, key)
    assert essence(again) == essence(first)


@pytest.mark.parametrize(("first", "second"), [(None, b"{}"), (b"{}", None), (b"{ }", b"{}")])
def test_no_body_is_the_same_as_one_without_fields(
    world: World, key: str, first: bytes | None, second: bytes | None
) -> None:
    path, headers = f"{world.account}/close", {**JSON, "Idempotency-Key": key}
    answers = [world.service.send("POST", path, data, headers) for data in (first, second)]
    assert essence(answers[1]) == essence(answers[0])
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


def test_the_problem_of_a_reused_key_names_no_other_request(world: World, key: str) -> None:
    credit(world, 5).send(world.service, key)
    refused = define(name="Crew").send(world.service, key)
    assert world.account not in refused.text
    assert msgspec.json.decode(refused.content)["instance"] == "/v1/plans"
