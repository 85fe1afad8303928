"""Webhooks: made, read, changed, paused and resumed, and deleted."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import pytest

from tests.contract.given import NOWHERE, UNKNOWN_ID, feed, new_in_the_journal, newest, walk
from tests.contract.shapes import (
    TIME,
    UUID7,
    Event,
    Page,
    Webhook,
    WebhookWithSecret,
    answer,
    position_of,
    problem,
    version_of,
    wrong_field,
)
from tests.contract.stored import rows_of
from tests.service import Service

if TYPE_CHECKING:
    from pathlib import Path

    import requests

QUIET = ["webhook.disabled"]
PUBLIC = "https://example.com/seatkeeper"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")
CALLS = [
    ("GET", ""),
    ("PATCH", ""),
    ("DELETE", ""),
    ("POST", "/pause"),
    ("POST", "/resume"),
    ("POST", "/rotate-secret"),
    ("POST", "/ping"),
    ("POST", "/replay"),
    ("GET", "/deliveries"),
]


def create(service: Service, **fields: object) -> requests.Response:
    return service.post("/v1/webhooks", {"url": NOWHERE, "types": QUIET, **fields})


def read(service: Service, path: str) -> Webhook:
    return answer(service.get(path), 200, Webhook)


def send(service: Service, method: str, path: str) -> requests.Response:
    body = {"after": 0} if path.endswith("/replay") else {} if method == "PATCH" else None
    return service.get(path) if method == "GET" else service.write(method, path, body)


def names_of(events: list[Event]) -> list[str]:
    return [event.type for event in events]


def test_a_webhook_is_created_with_a_secret(service: Service) -> None:
    with new_in_the_journal(service) as events:
        response = create(service)
    made = answer(response, 201, WebhookWithSecret)
    webhook, secret = made.webhook, made.secret or ""
    assert UUID7.fullmatch(webhook.webhook_id)
    assert TIME.fullmatch(webhook.created_at)
    assert (webhook.url, webhook.types, webhook.status, webhook.version) == (NOWHERE, QUIET, "active", 1)
    assert SECRET.fullmatch(secret)
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert response.headers["Location"] == f"/v1/webhooks/{webhook.webhook_id}"
    assert (version_of(response), position_of(response)) == (1, events[0].position)
    assert names_of(events) == ["webhook.created"]
    service.delete(response.headers["Location"])


def test_a_webhook_begins_at_the_end_of_the_journal_and_takes_all_types(strict: Service) -> None:
    end = feed(strict)[-1].position
    path = strict.post("/v1/webhooks", {"url": PUBLIC, "types": QUIET}).headers["Location"]
    assert read(strict, path).position == end
    made = answer(strict.post("/v1/webhooks", {"url": PUBLIC, "after": end}), 201, WebhookWithSecret).webhook
    assert made.types == ["*"]
    strict.delete(f"/v1/webhooks/{made.webhook_id}")


def test_a_webhook_begins_where_it_is_told(service: Service) -> None:
    path = create(service, after=1).headers["Location"]
    data = newest(service).data
    assert (data["after"], data["types"]) == (1, QUIET)
    service.delete(path)


def test_a_webhook_is_read_and_listed(service: Service, webhook: str) -> None:
    response = service.get(webhook)
    shown = answer(response, 200, Webhook)
    assert version_of(response) == shown.version == 1
    assert shown.webhook_id in {one.webhook_id for one in walk(service, "/v1/webhooks", Webhook, limit=1)}


def test_a_read_of_a_webhook_is_never_spared(service: Service, webhook: str) -> None:
    """Its position moves on without its version."""
    tag = service.get(webhook).headers["ETag"]
    assert service.send("GET", webhook, headers={"If-None-Match": tag}).status_code == 200


def test_a_webhook_is_changed(service: Service, webhook: str) -> None:
    with new_in_the_journal(service) as events:
        changed = answer(service.patch(webhook, {"types": ["seat.*", "seat.*"]}), 200, Webhook)
        moved = answer(service.patch(webhook, {"url": f"{NOWHERE}x", "types": QUIET}), 200, Webhook)
    assert (changed.url, changed.types) == (NOWHERE, ["seat.*"])
    assert (moved.url, moved.types, moved.version) == (f"{NOWHERE}x", QUIET, 3)
    assert names_of(events) == ["webhook.changed"] * 2


def test_a_webhook_is_paused_and_resumed(service: Service, webhook: str) -> None:
    with new_in_the_journal(service) as events:
        assert answer(service.post(f"{webhook}/pause"), 200, Webhook).status == "paused"
        assert read(service, webhook).status == "paused"
        assert answer(service.post(f"{webhook}/resume"), 200, Webhook).status == "active"
    assert names_of(events) == ["webhook.paused", "webhook.resumed"]


def test_a_deleted_webhook_is_gone(service: Service, webhook: str) -> None:
    webhook_id = webhook.rpartition("/")[2]
    response = service.delete(webhook)
    assert (response.status_code, response.content, version_of(response)) == (204, b"", 2)
    assert webhook_id not in {one.webhook_id for one in walk(service, "/v1/webhooks", Webhook)}
    for method, path in CALLS:
        problem(send(service, method, webhook + path), 404, "webhook-not-found")
    tables = ("webhook_secrets", "webhook_progress", "webhook_waiting", "webhook_attempts")
    rows = [rows_of(service, f"SELECT * FROM {table} WHERE webhook_id = '{webhook_id}'") for table in tables]
    assert rows == [[]] * 4


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_an_unknown_webhook_is_not_found(service: Service, method: str, path: str) -> None:
    with new_in_the_journal(service) as events:
        problem(send(service, method, f"/v1/webhooks/{UNKNOWN_ID}{path}"), 404, "webhook-not-found")
    assert events == []
    assert rows_of(service, f"SELECT * FROM webhook_secrets WHERE webhook_id = '{UNKNOWN_ID}'") == []


def test_a_change_of_an_old_version_is_refused(service: Service, webhook: str) -> None:
    problem(service.patch(webhook, {"types": ["*"]}, if_match='"2"'), 412, "version-mismatch")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "example.com",
        "",
        "https://",
        "https://ada:secret@example.com/",
        "https://example.com/#part",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:127.0.0.1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://example.com/" + "x" * 2_000,
        "https://example.com/a b",
        7,
        None,
    ],
)
def test_an_address_is_one_of_the_public_internet_by_https(strict: Service, url: object) -> None:
    wrong_field(create(strict, url=url), "/url")


def test_a_changed_address_keeps_the_rules(strict: Service) -> None:
    path = create(strict, url=PUBLIC).headers["Location"]
    wrong_field(strict.patch(path, {"url": "http://example.com/"}), "/url")


@pytest.mark.parametrize("types", [[], ["plans.*"], ["plan"], ["plan."], ["*.opened"], ["member.*", ""], "*", [None]])
def test_types_are_those_that_there_are(service: Service, types: object) -> None:
    problem(create(service, types=types), 400)


def test_an_unknown_type_is_told_the_known_ones(service: Service) -> None:
    told = create(service, types=["plans.*"]).text
    assert all(name in told for name in ["'plans.*'", "plan.*", "plan.defined", "webhook.created"])


@pytest.mark.parametrize("after", [-1, 1.5, "1", 10**15, 2**63])
def test_a_position_is_one_of_the_journal(service: Service, webhook: str, after: object) -> None:
    wrong_field(create(service, after=after), "/after")
    wrong_field(service.post(f"{webhook}/replay", {"after": after}), "/after")


def test_a_service_has_100_webhooks_at_most(tmp_path: Path) -> None:
    with Service(tmp_path / "own.db") as own:
        made = [create(own, url=PUBLIC) for _ in range(100)]
        assert {response.status_code for response in made} == {201}
        refused = problem(create(own, url=PUBLIC), 409, "too-many-webhooks")
        assert "100" in refused.detail
        own.delete(made[0].headers["Location"])
        assert create(own, url=PUBLIC).status_code == 201
        page = answer(own.get("/v1/webhooks", limit=200), 200, Page[Webhook])
        assert len(page.items) == 100
