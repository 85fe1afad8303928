"""API keys over HTTP: made, shown, rotated, revoked, and never handed to who may do less."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.contract.given import UNKNOWN_ID, a_word, feed, walk
from tests.contract.keys.holders import Holder
from tests.contract.shapes import ApiKey, KeyWithSecret, answer, position_of, problem, version_of, wrong_field

if TYPE_CHECKING:
    from tests.service import Service

SCOPES = [
    *("plans:read", "plans:write", "accounts:read", "accounts:write"),
    *("events:read", "webhooks", "keys", "metrics:read", "admin"),
]
SECRET = re.compile(r"sk_(?P<key_id>[0-9a-f-]{36})_[A-Za-z0-9_-]{43}")
WRONG: list[tuple[dict[str, object], str]] = [
    ({"scopes": []}, "/scopes"),
    ({"scopes": "admin"}, "/scopes"),
    ({"scopes": ["admin", "root"]}, "/scopes/1"),
    ({"scopes": [1]}, "/scopes/0"),
    ({"scopes": ["keys"] * 21}, "/scopes"),
    ({"scopes": None}, "/scopes"),
    ({"name": ""}, "/name"),
    ({"name": "\u200b"}, "/name"),
    ({"rate_limit": 0}, "/rate_limit"),
    ({"rate_limit": 1.5}, "/rate_limit"),
    ({"expires_at": "tomorrow"}, "/expires_at"),
    ({"expires_at": "2999-01-01T00:00:00"}, "/expires_at"),
    ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
    ({"expires_at": "0001-01-01T00:00:00+14:00"}, "/expires_at"),
    ({"expires_at": 1}, "/expires_at"),
    ({"secret": "mine"}, "/secret"),
]


def in_the_future(**delta: float) -> str:
    return (datetime.now(UTC) + timedelta(**delta)).isoformat()


def test_a_key_is_made_and_its_secret_shown(guarded: Service) -> None:
    response = guarded.post("/v1/api-keys", {"name": " Backend ", "scopes": ["keys", "accounts:write", "keys"]})
    made = answer(response, 201, KeyWithSecret)
    key = made.api_key
    assert (key.name, key.scopes, key.status) == ("Backend", ["accounts:write", "keys"], "active")
    assert (key.rate_limit, key.expires_at, key.last_used_at, key.version) == (None, None, None, 1)
    assert response.headers["Location"] == f"/v1/api-keys/{key.key_id}"
    found = SECRET.fullmatch(made.secret or "")
    assert found
    assert found["key_id"] == key.key_id


def test_a_key_is_shown_as_it_was_made(guarded: Service) -> None:
    holder = Holder(guarded, "keys", rate_limit=7, expires_at="2999-01-02T03:04:05.678901+01:00")
    assert holder.shown() == holder.key
    assert (holder.key.rate_limit, holder.key.expires_at) == (7, "2999-01-02T02:04:05.678Z")


def test_what_is_null_is_as_if_left_out(guarded: Service) -> None:
    key = Holder(guarded, "keys", rate_limit=None, expires_at=None).key
    assert (key.rate_limit, key.expires_at) == (None, None)


def test_keys_are_listed_oldest_first(guarded: Service) -> None:
    before = walk(guarded, "/v1/api-keys", ApiKey)
    made = [Holder(guarded, "keys").key for _ in range(3)]
    listed = walk(guarded, "/v1/api-keys", ApiKey, limit=2)
    assert [key.key_id for key in listed] == [key.key_id for key in [*before, *made]]


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_may_have_any_scope(guarded: Service, scope: str) -> None:
    assert Holder(guarded, scope).key.scopes == [scope]


@pytest.mark.parametrize(("fields", "pointer"), WRONG)
def test_a_wrong_field_is_pointed_at(guarded: Service, fields: dict[str, object], pointer: str) -> None:
    before = len(feed(guarded))
    wrong_field(guarded.post("/v1/api-keys", {"name": "Backend", "scopes": ["keys"], **fields}), pointer)
    assert len(feed(guarded)) == before


@pytest.mark.parametrize("field", ["name", "scopes"])
def test_a_missing_field_is_pointed_at(guarded: Service, field: str) -> None:
    body = {"name": "Backend", "scopes": ["keys"]}
    del body[field]
    wrong_field(guarded.post("/v1/api-keys", body), f"/{field}")


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("POST", "/rotate"), ("POST", "/revoke")])
def test_a_key_that_does_not_exist_is_not_found(guarded: Service, method: str, rest: str) -> None:
    problem(guarded.send(method, f"/v1/api-keys/{UNKNOWN_ID}{rest}"), 404, "key-not-found")
    problem(guarded.send(method, f"/v1/api-keys/nobody{rest}"), 404, "key-not-found")


def test_a_write_answers_with_version_and_position(guarded: Service) -> None:
    holder = Holder(guarded, "keys")
    response = guarded.post(f"{holder.path}/revoke")
    assert (version_of(response), position_of(response)) == (2, feed(guarded)[-1].position)


def test_a_version_that_has_moved_on_is_told(guarded: Service) -> None:
    holder = Holder(guarded, "keys")
    problem(guarded.post(f"{holder.path}/revoke", if_match='"7"'), 412, "version-mismatch")
    assert holder.shown().status == "active"


def test_who_has_the_version_is_not_sent_it_again(guarded: Service) -> None:
    holder = Holder(guarded, "keys")
    assert guarded.send("GET", holder.path, headers={"If-None-Match": '"1"'}).status_code == 304


def test_a_new_secret_works_and_the_old_one_does_not(guarded: Service) -> None:
    holder = Holder(guarded, "accounts:read")
    before = holder.status()
    new = holder.rotate()
    assert (before, holder.status(), holder.status(new)) == (200, 401, 200)


def test_the_old_secret_works_during_the_overlap(guarded: Service) -> None:
    holder = Holder(guarded, "accounts:read")
    new = holder.rotate(overlap_seconds=604_800)
    assert (holder.status(), holder.status(new)) == (200, 200)


@pytest.mark.parametrize("seconds", [-1, 604_801, "1", None])
def test_an_overlap_lasts_a_week_at_most(guarded: Service, seconds: object) -> None:
    holder = Holder(guarded, "keys")
    wrong_field(guarded.post(f"{holder.path}/rotate", {"overlap_seconds": seconds}), "/overlap_seconds")


def test_a_revoked_key_is_nobodys(guarded: Service) -> None:
    holder = Holder(guarded, "accounts:read")
    before = holder.status()
    assert (before, holder.revoke().status, holder.status()) == (200, "revoked", 401)


def test_to_revoke_twice_changes_nothing(guarded: Service) -> None:
    holder = Holder(guarded, "keys")
    holder.revoke()
    before = len(feed(guarded))
    assert holder.revoke().version == 2
    assert len(feed(guarded)) == before


def test_a_revoked_key_gets_no_other_secret(guarded: Service) -> None:
    holder = Holder(guarded, "keys")
    holder.revoke()
    problem(guarded.post(f"{holder.path}/rotate"), 409, "key-revoked")


def test_the_last_use_is_shown(guarded: Service) -> None:
    holder = Holder(guarded, "accounts:read")
    assert holder.status() == 200
    used = holder.shown().last_used_at
    assert used is not None
    assert used >= holder.key.created_at
    assert holder.revoke().last_used_at == used


def test_a_key_makes_no_key_that_may_do_more(guarded: Service) -> None:
    holder = Holder(guarded, "keys", "accounts:read")
    for scopes in (["admin"], ["accounts:write"], ["keys", "plans:read"]):
        body = msgspec.json.encode({"name": a_word(), "scopes": scopes})
        refused = holder.send("POST", "/v1/api-keys", body)
        problem(refused, 403, "insufficient-scope")
        assert refused.json()["required"] == scopes[-1]


def test_a_key_makes_one_that_may_do_as_much(guarded: Service) -> None:
    holder = Holder(guarded, "keys", "accounts:write")
    body = msgspec.json.encode({"name": a_word(), "scopes": ["keys", "accounts:read"]})
    assert holder.send("POST", "/v1/api-keys", body).status_code == 201


def test_a_key_takes_over_no_key_that_may_do_more(guarded: Service) -> None:
    holder, stronger = Holder(guarded, "keys"), Holder(guarded, "admin")
    refused = holder.send("POST", f"{stronger.path}/rotate")
    problem(refused, 403, "insufficient-scope")
    assert stronger.shown().version == 1


def test_a_key_may_rotate_itself(guarded: Service) -> None:
    holder = Holder(guarded, "keys")
    assert holder.send("POST", f"{holder.path}/rotate").status_code == 200


@pytest.mark.parametrize("scope", [scope for scope in SCOPES if scope not in {"keys", "admin"}])
def test_without_the_scope_there_are_no_keys(guarded: Service, scope: str) -> None:
    holder = Holder(guarded, scope)
    for method, path in (("GET", ""), ("POST", ""), ("GET", f"/{UNKNOWN_ID}"), ("POST", f"/{UNKNOWN_ID}/rotate")):
        problem(holder.send(method, f"/v1/api-keys{path}"), 403, "insufficient-scope")


def test_every_event_says_whose_key_it_was(guarded: Service) -> None:
    holder = Holder(guarded, "keys")
    assert holder.send("POST", f"{holder.path}/revoke").status_code == 200
    context = feed(guarded)[-1].context
    assert context is not None
    assert context["actor"] == f"key:{holder.key.key_id}"
