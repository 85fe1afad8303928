"""Receipts: a client without an answer finds out what became of its command, also after a crash."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import msgspec
import pytest

from tests.contract.given import a_customer, a_word, feed, new_in_the_journal
from tests.contract.idempotency.writes import World, credit, join, remove, seat, sign_up
from tests.contract.shapes import TIME, SignedUp, answer, described, position_of, problem, version_of
from tests.service import Service
from tests.storage.stores import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from tests.contract.given import Customer

TEAM = "00000000-0000-7000-8000-000000000002"
DEADLINE = 20.0
CROWD = 200


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A receipt as the API shows it."""

    key: str
    status: int
    version: int | None
    position: int | None
    location: str | None
    body: msgspec.Raw
    recorded_at: str


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Service]:
    """A service that may be killed."""
    with Service(tmp_path / "own.db") as running:
        yield running


def receipt_of(service: Service, key: str) -> Receipt:
    return answer(service.get(f"/v1/receipts/{key}"), 200, Receipt)


def agree(receipt: Receipt, response: requests.Response) -> None:
    """Check that the receipt has what was answered."""
    position = response.headers.get("Seatkeeper-Position")
    assert receipt.status == response.status_code
    assert bytes(receipt.body) == (response.content or b"null")
    assert receipt.version == (version_of(response) if "ETag" in response.headers else None)
    assert receipt.position == (None if position is None else int(position))
    assert receipt.location == response.headers.get("Location")
    assert TIME.fullmatch(receipt.recorded_at)


def test_a_receipt_has_the_answer(service: Service, key: str) -> None:
    response = sign_up(TEAM).send(service, key)
    receipt = receipt_of(service, key)
    agree(receipt, response)
    assert receipt.key == key
    assert receipt.location is not None
    assert service.get(receipt.location).status_code == 200


def test_a_receipt_has_a_refusal(world: World, key: str) -> None:
    response = join(world).send(world.service, key)
    problem(response, 409, "user-limit-reached")
    agree(receipt_of(world.service, key), response)


def test_a_receipt_has_the_version_that_was_not_expected(world: World, key: str) -> None:
    version = version_of(world.service.get(world.account))
    response = credit(world, 5).expecting(1).send(world.service, key)
    receipt = receipt_of(world.service, key)
    agree(receipt, response)
    assert (receipt.status, receipt.version, receipt.position) == (412, version, None)


def test_a_receipt_of_an_answer_without_a_body_has_none(world: World, key: str) -> None:
    response = remove(world.bob).send(world.service, key)
    receipt = receipt_of(world.service, key)
    agree(receipt, response)
    assert (receipt.status, bytes(receipt.body)) == (204, b"null")


def test_a_receipt_of_what_changed_nothing_has_the_position_of_the_last_change(world: World, key: str) -> None:
    last = credit(world, 5).send(world.service, None)
    credit(World(world.service), 5).send(world.service, None)  # the journal goes on elsewhere
    response = seat(world.bob).send(world.service, key)
    receipt = receipt_of(world.service, key)
    agree(receipt, response)
    assert (receipt.version, receipt.position) == (version_of(last), position_of(last))


def test_a_receipt_can_be_asked_for_with_head(world: World, key: str) -> None:
    credit(world, 5).send(world.service, key)
    assert world.service.send("HEAD", f"/v1/receipts/{key}").status_code == 200


def test_a_receipt_is_not_changed_by_what_comes_later(world: World, key: str) -> None:
    response = credit(world, 5).send(world.service, key)
    before = receipt_of(world.service, key)
    credit(world, 5).send(world.service, key)
    credit(world, 6).send(world.service, key)
    world.do(credit(world, 7))
    assert receipt_of(world.service, key) == before
    agree(before, response)


def test_of_a_key_that_never_came_there_is_no_receipt(service: Service, key: str) -> None:
    refused = service.get(f"/v1/receipts/{key}")
    assert problem(refused, 404, "receipt-not-found").instance == f"/v1/receipts/{key}"


def test_of_a_command_without_a_key_there_is_no_receipt(world: World) -> None:
    credit(world, 5).send(world.service, None)
    problem(world.service.get("/v1/receipts/None"), 404, "receipt-not-found")


def test_the_only_writes_to_a_receipt_are_those_of_commands(service: Service, key: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert service.write(method, f"/v1/receipts/{key}").status_code == 405


def test_a_client_that_leaves_before_the_answer_finds_it(service: Service, customer: Customer, key: str) -> None:
    with customer.new_events() as events:
        _send_and_leave(service, f"{customer.path}/members", key)
        found = _receipt_in_time(service, key)
    assert (found.status, [event.type for event in events]) == (201, ["member.added"])
    again = service.post(f"{customer.path}/members", {"name": "Bob"}, idempotency_key=key)
    agree(found, again)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_clients_that_leave_hold_no_key(service: Service) -> None:
    customer = a_customer(service, users=CROWD)
    keys = [a_word() for _ in range(50)]
    for key in keys:
        _send_and_leave(service, f"{customer.path}/members", key)
    for key in keys:
        _receipt_in_time(service, key)
    again = [service.post(f"{customer.path}/members", {"name": "Bob"}, idempotency_key=key) for key in keys]
    assert {response.status_code for response in again} == {201}
    assert customer.account().members.count == len(keys) + 1


def _send_and_leave(service: Service, path: str, key: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nIdempotency-Key: {key}\r\n"
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as client:
        client.sendall(head.encode() + b'Content-Length: 14\r\n\r\n{"name":"Bob"}')


def _receipt_in_time(service: Service, key: str) -> Receipt:
    end = time.monotonic() + DEADLINE
    response = service.get(f"/v1/receipts/{key}")
    while response.status_code == 404 and time.monotonic() < end:
        response = service.get(f"/v1/receipts/{key}")
    return answer(response, 200, Receipt)


def test_after_a_crash_answers_and_refusals_are_repeated(own: Service) -> None:
    world = World(own)
    writes = {"made": sign_up(TEAM), "refused": join(world), "gone": remove(world.bob), "again": seat(world.ada)}
    writes["again, nothing"] = seat(world.ada)
    first = {key: write.send(own, key) for key, write in writes.items()}
    receipts = {key: receipt_of(own, key) for key in writes}
    own.kill()
    own.start()
    with new_in_the_journal(own) as events:
        again = {key: write.send(own, key) for key, write in writes.items()}
    assert events == []
    for key, response in again.items():
        assert response.headers["Idempotency-Replayed"] == "true", described(response)
        assert (response.status_code, response.content) == (first[key].status_code, first[key].content)
        agree(receipts[key], response)
    problem(sign_up(TEAM, user_name="Bob").send(own, "made"), 422, "idempotency-key-reused")


def test_a_damaged_receipt_is_reported_and_its_command_is_not_done_again(own: Service) -> None:
    world = World(own)
    for key in ("damaged", "sound"):
        assert credit(world, 5).send(own, key).ok
    own.stop()
    run(own.database, "UPDATE receipts SET body = replace(body, '\"amount\":5', '\"amount\":6') WHERE key = 'damaged'")
    own.start()
    with new_in_the_journal(own) as events:
        problem(credit(world, 5).send(own, "damaged"), 500, "stream-damaged")
        problem(own.get("/v1/receipts/damaged"), 500, "stream-damaged")
    assert events == []
    agree(receipt_of(own, "sound"), credit(world, 5).send(own, "sound"))
    assert credit(world, 5).send(own, "another").ok


def test_a_crash_among_commands_leaves_each_done_or_not_and_a_resend_resolves_it(own: Service) -> None:
    keys = [f"sign-up {number}" for number in range(CROWD)]
    answered_before = asyncio.run(_sign_up_until_it_crashes(own, keys))
    assert answered_before
    own.start()
    resolved = {key: sign_up(TEAM).send(own, key) for key in keys}
    assert {response.status_code for response in resolved.values()} == {201}
    assert {key: resolved[key].content for key in answered_before} == answered_before
    accounts = {answer(response, 201, SignedUp).account.account_id for response in resolved.values()}
    opened = [event.stream_id for event in feed(own) if event.type == "account.opened"]
    assert sorted(opened) == sorted(f"account-{account_id}" for account_id in accounts)
    assert len(opened) == CROWD


async def _sign_up_until_it_crashes(own: Service, keys: list[str]) -> dict[str, bytes]:
    """Sign up with all the keys at once, and kill the service at the tenth answer; the answers that came."""
    answers: dict[str, bytes] = {}
    write = sign_up(TEAM)

    async def one(session: aiohttp.ClientSession, key: str) -> None:
        async with session.post(write.path, json=write.body, headers={"Idempotency-Key": key}) as response:
            body = await response.read()
        assert response.status == 201
        answers[key] = body
        if len(answers) == 10:
            own.kill()

    timeout = aiohttp.ClientTimeout(total=DEADLINE)
    async with aiohttp.ClientSession(own.url, connector=aiohttp.TCPConnector(limit=32), timeout=timeout) as session:
        ended = await asyncio.gather(*(one(session, key) for key in keys), return_exceptions=True)
    assert {type(error) for error in ended if error is not None} <= {
        aiohttp.ServerDisconnectedError,
        aiohttp.ClientConnectorError,
        aiohttp.ClientOSError,
    }
    return answers


def test_a_stop_among_duplicates_leaves_one_effect_and_one_answer_of_each_key(own: Service) -> None:
    answers = asyncio.run(_stop_among_duplicates(own))
    assert {key for key, status, _ in answers if status == 201}
    assert {status for _, status, _ in answers} <= {201, 503}
    own.start()
    resolved = {f"key {number}": sign_up(TEAM).send(own, f"key {number}").content for number in range(20)}
    assert {(key, body) for key, status, body in answers if status == 201} <= resolved.items()
    assert len([event for event in feed(own) if event.type == "account.opened"]) == 20


async def _stop_among_duplicates(own: Service) -> list[tuple[str, int, bytes]]:
    """Stop the service, at the fiftieth answer, while many come with few keys; the answers that came."""
    write = sign_up(TEAM)
    answers: list[tuple[str, int, bytes]] = []
    enough = asyncio.Event()

    async def ask(session: aiohttp.ClientSession, key: str) -> None:
        for _ in range(5):
            async with session.post(write.path, json=write.body, headers={"Idempotency-Key": key}) as response:
                answers.append((key, response.status, await response.read()))
            if len(answers) >= 50:
                enough.set()

    timeout = aiohttp.ClientTimeout(total=DEADLINE)
    async with aiohttp.ClientSession(own.url, connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
        duplicates = asyncio.gather(*(ask(session, f"key {n % 20}") for n in range(CROWD)), return_exceptions=True)
        async with asyncio.timeout(DEADLINE):
            await enough.wait()
        status = await asyncio.to_thread(own.stop)
        ended = await duplicates
    assert status == 0
    assert all(error is None or isinstance(error, aiohttp.ClientError) for error in ended)
    return answers
