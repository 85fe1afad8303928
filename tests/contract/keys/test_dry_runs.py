"""Dry runs of what is done with API keys, and with API keys that may do little."""

from __future__ import annotations

from tests.contract.dry_runs.runs import accepted, refused, stored
from tests.contract.given import UNKNOWN_ID, a_word
from tests.contract.keys.holders import Holder
from tests.contract.shapes import problem
from tests.service import Service

DRY = "?dry_run=true"
NEW = {"name": "Backend", "scopes": ["keys"]}


def test_a_new_key_has_no_secret_and_is_not_there(guarded: Service) -> None:
    before = stored(guarded)
    run = accepted(guarded.post(f"/v1/api-keys{DRY}", NEW, idempotency_key=a_word()))
    assert stored(guarded) == before
    assert run.status == 201
    assert b'"secret":null' in bytes(run.answer)
    (created,) = run.events
    assert created.type == "key.created"
    assert created.data.keys() == {"key_id", "name", "scopes", "rate_limit", "expires_at", "created_at"}
    problem(guarded.get(f"/v1/api-keys/{created.data['key_id']}"), 404, "key-not-found")


def test_a_key_works_on_after_the_dry_runs_of_its_rotation_and_its_end(guarded: Service) -> None:
    holder = Holder(guarded, "accounts:read")
    before = stored(guarded)
    rotated, revoked = (accepted(guarded.post(f"{holder.path}/{end}{DRY}")) for end in ("rotate", "revoke"))
    assert stored(guarded) == before
    assert b'"secret":null' in bytes(rotated.answer)
    assert rotated.events[0].data.keys() == {"overlap_until", "rotated_at"}
    assert b'"status":"revoked"' in bytes(revoked.answer)
    assert holder.status() == 200


def test_a_key_that_is_not_there_would_not_be_rotated(guarded: Service) -> None:
    assert refused(guarded.post(f"/v1/api-keys/{UNKNOWN_ID}/rotate{DRY}")).slug == "key-not-found"
    assert refused(guarded.post(f"/v1/api-keys/{UNKNOWN_ID}/revoke{DRY}")).slug == "key-not-found"


def test_a_dry_run_needs_the_scope_of_the_call(guarded: Service) -> None:
    holder = Holder(guarded, "accounts:read", "keys")
    problem(holder.send("POST", f"/v1/plans{DRY}", b"{}"), 403, "insufficient-scope")
    more = b'{"name": "More", "scopes": ["admin"]}'
    problem(holder.send("POST", f"/v1/api-keys{DRY}", more), 403, "insufficient-scope")
    problem(holder.send("POST", f"/v1/api-keys{DRY}", more, secret="sk_wrong"), 401, "unauthenticated")


def test_dry_runs_count_for_the_rate_of_a_key(guarded: Service) -> None:
    holder = Holder(guarded, "keys", rate_limit=1)
    body = b'{"name": "Other", "scopes": ["keys"]}'
    statuses = {holder.send("POST", f"/v1/api-keys{DRY}", body).status_code for _ in range(6)}
    assert statuses == {200, 429}
