"""Authentication: one answer and the same work for whatever is wrong, and keys that end while connections are open."""

from __future__ import annotations

import hashlib
import hmac
from types import SimpleNamespace

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from seatkeeper.http.access import authentication, credentials
from seatkeeper.http.server.routes import OPEN
from tests.access_control.doors import EARLIER, LATER, NOW, Door, bearer, told
from tests.wire import Connection

STRANGER = str(credentials.new_credential("01900000-0000-7000-8000-ffffffffffff"))
WRONG = {
    "no credentials": None,
    "an unknown key": f"Bearer {STRANGER}",
    "a wrong secret": "Bearer sk_01900000-0000-7000-8000-000000000000_" + "A" * 43,
    "another scheme": f"Basic {STRANGER}",
    "no scheme": STRANGER,
    "nothing after the scheme": "Bearer",
    "another form": "Bearer sk_1_2",
    "what is no ASCII": "Bearer sk_\u00fc\u20ac",
    "an empty header": "",
}


@pytest.mark.parametrize("authorization", WRONG.values(), ids=WRONG)
async def test_wrong_credentials_get_one_answer(door: Door, authorization: str | None) -> None:
    door.keyring.make("admin")
    headers = {} if authorization is None else {"Authorization": authorization}
    async with door.client() as client, client.get("/words/one", headers=headers) as response:
        assert await told(response) == (401, "unauthenticated")
        assert response.headers["WWW-Authenticate"] == "Bearer"
    assert (door.words, door.keyring.uses, door.failures) == ([], [], 1)


@pytest.mark.parametrize("ended", ["revoked", "expired", "rotated"])
async def test_a_key_that_has_ended_gets_the_answer_of_an_unknown_one(door: Door, ended: str) -> None:
    secret = door.keyring.make("admin", revoked=ended == "revoked", expires_at=NOW if ended == "expired" else None)
    if ended == "rotated":
        door.keyring.rotate(secret, NOW)
    async with door.client() as client:
        bodies = []
        for headers in (bearer(secret), bearer(STRANGER)):
            async with client.get("/words/one", headers={**headers, "X-Request-Id": "one"}) as response:
                bodies.append((response.status, response.headers["WWW-Authenticate"], await response.read()))
    assert bodies[0] == bodies[1]


async def test_a_key_works_in_any_case_of_the_scheme(door: Door) -> None:
    secret = door.keyring.make("accounts:read")
    async with (
        door.client() as client,
        client.get("/words/one", headers={"Authorization": f"bearer {secret}"}) as found,
    ):
        assert (found.status, door.keyring.uses) == (200, [secret[3:39]])


async def test_both_secrets_work_while_they_overlap(door: Door) -> None:
    secret = door.keyring.make("admin")
    new = door.keyring.rotate(secret, LATER)
    async with door.client() as client:
        for one in (secret, new):
            async with client.get("/words/one", headers=bearer(one)) as response:
                assert response.status == 200


async def test_a_path_without_a_route_needs_no_key_to_be_missing(door: Door) -> None:
    door.keyring.make("admin")
    async with door.client() as client:
        async with client.get("/nothing") as response:
            assert await told(response) == (404, "not-found")
        async with client.delete("/words") as response:
            assert await told(response) == (405, "method-not-allowed")


async def test_an_open_call_needs_no_key(door: Door) -> None:
    door.keyring.make("admin")
    async with door.client() as client, client.get("/open") as response:
        assert response.status == 200


async def test_every_call_needs_a_key_from_the_first_one_on(door: Door) -> None:
    async with door.client() as client:
        async with client.get("/words/one") as response:
            assert response.status == 200
        door.keyring.make("admin")
        async with client.get("/words/one") as response:
            assert response.status == 401


async def test_a_revocation_holds_on_a_connection_that_is_open(door: Door) -> None:
    secret = door.keyring.make("admin")
    async with door.client() as client:
        async with client.get("/words/one", headers=bearer(secret)) as response:
            assert response.status == 200
        door.keyring.revoke(secret)
        async with client.get("/words/one", headers=bearer(secret)) as response:
            assert response.status == 401


@pytest.mark.parametrize("ends", ["revoked", "closed"])
async def test_nothing_is_done_for_who_was_let_in_before_its_body_came_and_would_not_be_now(
    door: Door, ends: str
) -> None:
    secret = None if ends == "closed" else door.keyring.make("admin")
    credentials = "" if secret is None else f"Authorization: Bearer {secret}\r\n"
    head = f"POST /words HTTP/1.1\r\nHost: localhost\r\n{credentials}Content-Type: application/json\r\n"
    async with door.client() as client:
        assert client.port is not None
        async with await Connection.open(client.port) as connection:
            connection.write(f"{head}Content-Length: 14\r\nExpect: 100-continue\r\n\r\n".encode())
            assert (await connection.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
            if secret is None:
                door.keyring.make("admin")
            else:
                door.keyring.revoke(secret)
            answer = await connection.write(b'{"word":"one"}').receive()
    assert (answer.slug, door.words) == ("unauthenticated", [])


async def test_a_body_is_not_waited_for_without_a_key(door: Door) -> None:
    door.keyring.make("admin")
    headers = {"Content-Type": "text/plain", "Expect": "something else"}
    async with door.client() as client, client.post("/words", data=b"no JSON", headers=headers) as response:
        assert await told(response) == (401, "unauthenticated")


async def test_a_key_without_the_scope_is_told_which_it_lacks(door: Door) -> None:
    secret = door.keyring.make("plans:write", "accounts:read")
    headers = {**bearer(secret), "Idempotency-Key": "one"}
    async with door.client() as client, client.post("/words", json={"word": "one"}, headers=headers) as response:
        problem = await response.json(content_type="application/problem+json")
    assert (problem["status"], problem["type"], problem["required"]) == (
        403,
        "/problems/insufficient-scope",
        "accounts:write",
    )
    assert door.words == []


@pytest.mark.parametrize("scope", ["accounts:read", "accounts:write", "admin"])
async def test_a_write_scope_includes_its_read_scope_and_admin_all(door: Door, scope: str) -> None:
    secret = door.keyring.make(scope)
    async with door.client() as client, client.get("/words/one", headers=bearer(secret)) as response:
        assert response.status == 200


async def test_any_key_may_make_a_call_for_any_key(door: Door) -> None:
    secret = door.keyring.make("metrics:read")
    async with door.client() as client, client.get("/any", headers=bearer(secret)) as response:
        assert response.status == 200


PRESENTED = ["an unknown key", "a wrong secret", "revoked", "expired", "another form", "none"]


@pytest.mark.parametrize("presented", PRESENTED)
async def test_whatever_is_wrong_costs_one_digest_and_two_comparisons(
    door: Door, presented: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = {"sha256": 0, "compare": 0}

    def sha256(data: bytes) -> object:
        done["sha256"] += 1
        return hashlib.sha256(data)

    def compare(one: bytes, other: bytes) -> bool:
        done["compare"] += 1
        return hmac.compare_digest(one, other)

    monkeypatch.setattr(credentials, "hashlib", SimpleNamespace(sha256=sha256))
    monkeypatch.setattr(authentication, "hmac", SimpleNamespace(compare_digest=compare))
    door.keyring.make("admin")
    shown = {
        "an unknown key": bearer(STRANGER),
        "a wrong secret": {"Authorization": str(WRONG["a wrong secret"])},
        "revoked": bearer(door.keyring.make("admin", revoked=True)),
        "expired": bearer(door.keyring.make("admin", expires_at=EARLIER)),
        "another form": bearer("sk_1_2"),
        "none": {},
    }
    done["sha256"] = 0
    async with door.client() as client, client.get("/words/one", headers=shown[presented]) as response:
        assert response.status == 401
    assert done == {"sha256": 1, "compare": 2}


async def test_no_answer_and_no_log_has_a_secret(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    secret = door.keyring.make("metrics:read", rate_limit=1)
    async with door.client(access_log=True) as client:
        for _ in range(4):
            async with client.get("/words/one", headers=bearer(secret)) as response:
                assert secret[40:] not in (await response.text()) + str(response.headers)
    assert all(secret[40:] not in str(vars(record)) for record in caplog.records)


def a_request(secret: str) -> web.Request:
    """A request with this secret."""
    return make_mocked_request("GET", "/words/one", bearer(secret))


def test_who_was_let_in_may_stay_until_the_key_ends(door: Door) -> None:
    secret = door.keyring.make("events:read", expires_at=LATER)
    _, caller = door.authenticator.authenticate(a_request(secret), "127.0.0.1")
    assert door.authenticator.still_valid(caller)
    door.time = LATER
    assert not door.authenticator.still_valid(caller)


def test_who_came_with_a_secret_that_is_replaced_may_not_stay(door: Door) -> None:
    secret = door.keyring.make("events:read")
    _, caller = door.authenticator.authenticate(a_request(secret), "127.0.0.1")
    new = door.keyring.rotate(secret, EARLIER)
    _, other = door.authenticator.authenticate(a_request(new), "127.0.0.1")
    assert [door.authenticator.still_valid(one) for one in (caller, other)] == [False, True]


def test_who_came_without_a_key_may_not_stay_once_there_is_one(door: Door) -> None:
    assert door.authenticator.still_valid(OPEN)
    door.keyring.make("admin")
    assert not door.authenticator.still_valid(OPEN)
