"""A secret is in the first answer, and nowhere else."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.contract.given import a_word, feed
from tests.contract.keys.holders import Holder
from tests.contract.shapes import KeyWithSecret, answer
from tests.service import Service

if TYPE_CHECKING:
    from pathlib import Path

JSON = {"Content-Type": "application/json"}


def test_the_repeat_of_a_request_has_no_secret(guarded: Service) -> None:
    body, key = {"name": "Backend", "scopes": ["keys"]}, a_word()
    first = answer(guarded.post("/v1/api-keys", body, idempotency_key=key), 201, KeyWithSecret)
    again = guarded.post("/v1/api-keys", body, idempotency_key=key)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert answer(again, 201, KeyWithSecret) == KeyWithSecret(first.api_key, None)
    assert first.secret is not None


def test_the_repeat_of_a_rotation_has_no_secret_and_rotates_nothing(guarded: Service) -> None:
    holder, key = Holder(guarded, "accounts:read"), a_word()
    first = answer(guarded.post(f"{holder.path}/rotate", idempotency_key=key), 200, KeyWithSecret)
    again = answer(guarded.post(f"{holder.path}/rotate", idempotency_key=key), 200, KeyWithSecret)
    assert (again.api_key, again.secret) == (first.api_key, None)
    assert holder.status(first.secret) == 200


def test_the_receipt_has_no_secret(guarded: Service) -> None:
    body, key = {"name": "Backend", "scopes": ["keys"]}, a_word()
    guarded.post("/v1/api-keys", body, idempotency_key=key)
    assert guarded.get(f"/v1/receipts/{key}").json()["body"]["secret"] is None


def test_the_feed_has_neither_a_secret_nor_its_hash(guarded: Service) -> None:
    holder = Holder(guarded, "keys")
    holder.rotate()
    made, rotated = feed(guarded)[-2:]
    assert (made.type, rotated.type) == ("key.created", "key.rotated")
    assert made.data.keys() == {"key_id", "name", "scopes", "rate_limit", "expires_at", "created_at"}
    assert rotated.data.keys() == {"overlap_until", "rotated_at"}


@pytest.fixture
def traces(tmp_path: Path) -> tuple[list[str], dict[str, bytes]]:
    """Secrets that were used in every way there is, and all that a service has left and answered."""
    root = tmp_path / "root.key"
    answers: list[bytes] = []
    with Service(tmp_path / "seatkeeper.db", "--root-key-file", str(root), "--access-log") as service:
        service.key = root.read_text().strip()
        holder = Holder(service, "keys", "accounts:read")
        secrets = [service.key, holder.secret, holder.rotate(overlap_seconds=60)]
        made = service.post("/v1/api-keys", {"name": "a", "scopes": ["keys"]}, idempotency_key="once")
        secrets.append(str(made.json()["secret"]))
        for secret in secrets:
            own = {"Authorization": f"Bearer {secret}"}
            answers += [
                service.send("GET", "/v1/plans", headers=own).content,
                service.send("POST", "/v1/api-keys", b"{", {**own, **JSON}).content,
                service.send("GET", "/v1/accounts", headers={"Authorization": f"Bearer {secret}x"}).content,
                service.send("GET", "/v1/accounts", headers={"Authorization": f"Basic {secret}"}).content,
                service.send("POST", f"{holder.path}/rotate", headers={**own, "If-Match": '"99"'}).content,
            ]
        for path in ("/v1/events", "/v1/api-keys", "/v1/receipts/once", "/metrics", "/openapi.json", holder.path):
            answers.append(service.get(path).content)
        holder.revoke()
        answers.append(holder.send("GET", "/v1/accounts").content)
        files = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path != root}
        service.stop()
        files |= {f"{path.name} at the end": path.read_bytes() for path in tmp_path.iterdir() if path != root}
    return secrets, {**files, "answers": b"\n".join(answers)}


def test_no_secret_is_in_a_file_a_log_or_another_answer(traces: tuple[list[str], dict[str, bytes]]) -> None:
    secrets, places = traces
    assert {"seatkeeper.db", "seatkeeper.db-wal", "seatkeeper.db.stderr"} <= places.keys()
    for secret in secrets:
        found = [name for name, content in places.items() if secret[40:].encode() in content]
        assert found == []


def test_no_hash_of_a_secret_leaves_the_database(traces: tuple[list[str], dict[str, bytes]]) -> None:
    secrets, places = traces
    hashes = [hashlib.sha256(secret[40:].encode()).hexdigest().encode() for secret in secrets]
    stored = places["seatkeeper.db at the end"]
    assert all(found in stored for found in hashes)
    outside = {
        name: content for name, content in places.items() if not name.startswith("seatkeeper.db") or "stderr" in name
    }
    assert [name for name, content in outside.items() if any(found in content for found in hashes)] == []
