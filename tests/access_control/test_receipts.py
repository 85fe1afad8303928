"""An idempotency key belongs to the API key that it came with, and events say whose call they are of."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import msgspec
import pytest

from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.journal import Receipt
from seatkeeper.actors.aggregates.messages import Accepted, Context
from seatkeeper.http.api import receipts
from seatkeeper.http.server.idempotency import receipt_key
from seatkeeper.http.server.routes import Call, Nothing
from tests.access_control.doors import ROUTES, Client, Door, bearer, told
from tests.server.serving import Handlers, Word
from tests.wire import until

STORED = Receipt("one", b"", 200, 1, 1, None, '"stored"', "2026-11-28T10:00:00.000Z")
RECEIPTS = (*ROUTES, *receipts.ROUTES)
CALLS: list[Context | None] = []


def note(_handlers: Handlers, call: Call[Word, Nothing]) -> Reply:
    """Note who caused the command."""
    CALLS.append(call.options.context)
    reply = Reply()
    reply.set(Accepted("noted", 1, 1))
    return reply


NOTED = tuple(replace(route, handler=note) if route.path == "/words" else route for route in ROUTES)


@pytest.fixture(autouse=True)
def nothing_noted() -> None:
    CALLS.clear()


@pytest.fixture
def door() -> Door:
    """A door whose handlers find receipts."""
    door = Door()
    vars(door.handlers)["find_receipt"] = door.find_receipt
    return door


async def test_a_receipt_is_looked_for_under_the_api_key(door: Door) -> None:
    secrets = [door.keyring.make("admin") for _ in range(2)]
    async with door.client() as client:
        for secret in secrets:
            headers = {**bearer(secret), "Idempotency-Key": "one"}
            async with client.post("/words", json={"word": "one"}, headers=headers) as response:
                assert (response.status, "Idempotency-Replayed" in response.headers) == (200, False)
    assert door.looked_for == [f"{secret[3:39]}\tone" for secret in secrets]
    assert door.words == ["one", "one"]


async def test_a_receipt_of_an_open_service_belongs_to_nobody(door: Door) -> None:
    door.receipts["one"] = STORED
    headers = {"Idempotency-Key": "one"}
    async with door.client() as client:
        async with client.post("/words", json={"word": "one"}, headers=headers) as response:
            assert await told(response) == (422, "idempotency-key-reused")  # that of another request, but found
        secret = door.keyring.make("admin")
        async with client.post("/words", json={"word": "one"}, headers={**headers, **bearer(secret)}) as response:
            assert response.status == 200
    assert door.looked_for == ["one", f"{secret[3:39]}\tone"]


async def test_twins_of_two_api_keys_do_not_wait_for_each_other(door: Door) -> None:
    one, other = (door.keyring.make("admin") for _ in range(2))
    async with door.client() as client:
        held = asyncio.create_task(write(client, one, "hold"))
        await until(lambda: door.words == ["hold"])
        assert await write(client, other, "two") == (200, '"two"')
        door.handlers.replies[0].set(Accepted("hold", 1, 1))
        assert await held == (200, '"hold"')


async def write(client: Client, secret: str, word: str) -> tuple[int, str]:
    """Send a word under the idempotency key `one`."""
    headers = {**bearer(secret), "Idempotency-Key": "one"}
    async with client.post("/words", json={"word": word}, headers=headers) as response:
        return response.status, await response.text()


@pytest.mark.parametrize("key", ["\t", "a\tb"])
async def test_no_idempotency_key_can_name_the_receipt_of_another(door: Door, key: str) -> None:
    headers = {**bearer(door.keyring.make("admin")), "Idempotency-Key": key}
    async with door.client() as client, client.post("/words", json={"word": "one"}, headers=headers) as response:
        assert response.status == 400
    assert door.looked_for == []


async def test_a_key_reads_its_own_receipts_under_their_plain_name(door: Door) -> None:
    one, other = (door.keyring.make("metrics:read") for _ in range(2))
    name = receipt_key(one[3:39], "one")
    door.receipts[name] = replace_key(STORED, name)
    async with door.client(RECEIPTS) as client:
        async with client.get("/v1/receipts/one", headers=bearer(one)) as response:
            assert (response.status, (await response.json())["key"]) == (200, "one")
        async with client.get("/v1/receipts/one", headers=bearer(other)) as response:
            assert await told(response) == (404, "receipt-not-found")


async def test_an_admin_reads_the_receipts_of_another_key(door: Door) -> None:
    one, admin = door.keyring.make("accounts:write"), door.keyring.make("admin")
    name = receipt_key(one[3:39], "one")
    door.receipts[name] = replace_key(STORED, name)
    async with door.client(RECEIPTS) as client:
        async with client.get("/v1/receipts/one", params={"of": one[3:39]}, headers=bearer(admin)) as response:
            assert (response.status, (await response.json())["body"]) == (200, "stored")
        async with client.get("/v1/receipts/one", headers=bearer(admin)) as response:
            assert await told(response) == (404, "receipt-not-found")


async def test_nobody_else_reads_the_receipts_of_another_key(door: Door) -> None:
    one, other = (door.keyring.make("accounts:write", "keys") for _ in range(2))
    name = receipt_key(one[3:39], "one")
    door.receipts[name] = replace_key(STORED, name)
    path = f"/v1/receipts/one?of={one[3:39]}"
    async with door.client(RECEIPTS) as client, client.get(path, headers=bearer(other)) as response:
        problem = await response.json(content_type="application/problem+json")
    assert (problem["type"], problem["required"]) == ("/problems/insufficient-scope", "admin")
    assert door.looked_for == []


def replace_key(receipt: Receipt, key: str) -> Receipt:
    return msgspec.structs.replace(receipt, key=key)


async def test_events_name_the_key_the_request_and_the_user_of_the_customer(door: Door) -> None:
    secret = door.keyring.make("admin")
    headers = {**bearer(secret), "X-Request-Id": "r-1", "Seatkeeper-On-Behalf-Of": "user 7 of Looms"}
    async with door.client(NOTED) as client:
        for more in ({}, {"Idempotency-Key": "one"}):
            async with client.post("/words", json={}, headers={**headers, **more}) as response:
                assert response.status == 200
    assert [Context(f"key:{secret[3:39]}", "r-1", "user 7 of Looms")] * 2 == CALLS


async def test_events_of_an_open_service_name_the_request(door: Door) -> None:
    async with door.client(NOTED) as client, client.post("/words", json={}) as response:
        assert response.status == 200
    assert [Context("open", "request-0", None)] == CALLS


@pytest.mark.parametrize("customer", ["", "\u00fc", "x" * 256, "a\tb"])
async def test_for_whom_a_backend_acts_is_checked(door: Door, customer: str) -> None:
    headers = {"Seatkeeper-On-Behalf-Of": customer}
    async with door.client(NOTED) as client, client.post("/words", json={}, headers=headers) as response:
        problem = await response.json(content_type="application/problem+json")
    assert (problem["status"], problem["errors"][0]["pointer"]) == (400, "/Seatkeeper-On-Behalf-Of")
    assert CALLS == []
