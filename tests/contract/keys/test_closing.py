"""A service on loopback without a key is open; the first key closes it, for ever."""

from __future__ import annotations

import http.client
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import requests

from tests.contract.given import a_plan, feed, newest
from tests.contract.keys.holders import Holder
from tests.contract.shapes import problem
from tests.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """An open service."""
    with Service(tmp_path / "seatkeeper.db") as running:
        yield running


def test_an_open_service_says_so(service: Service) -> None:
    assert '"event":"the service is open"' in service.errors()


def test_an_event_of_an_open_service_says_that_it_was_open(service: Service) -> None:
    a_plan(service)
    context = newest(service).context
    assert context is not None
    assert context["actor"] == "open"


def test_starter_plans_say_that_they_come_from_the_command_line(service: Service) -> None:
    contexts = [event.context for event in feed(service)]
    assert [context and context["actor"] for context in contexts] == ["cli"] * 3


def test_the_first_key_closes_the_service(service: Service) -> None:
    before = service.get("/v1/plans").status_code
    Holder(service, "admin")
    response = service.get("/v1/plans")
    problem(response, 401, "unauthenticated")
    assert (before, response.headers["WWW-Authenticate"]) == (200, "Bearer")


def test_it_stays_closed_when_its_only_key_is_revoked(service: Service) -> None:
    holder = Holder(service, "admin")
    service.key = holder.secret
    holder.revoke()
    problem(service.get("/v1/plans"), 401, "unauthenticated")
    service.restart()
    problem(service.get("/v1/plans"), 401, "unauthenticated")


def test_keys_hold_after_a_crash(service: Service) -> None:
    service.key = Holder(service, "admin").secret
    revoked, kept = Holder(service, "accounts:read"), Holder(service, "accounts:read")
    revoked.revoke()
    new = kept.rotate()
    service.kill()
    service.start()
    assert (revoked.status(), kept.status(), kept.status(new)) == (401, 401, 200)


def test_a_revocation_holds_on_a_connection_that_is_open(service: Service) -> None:
    service.key = Holder(service, "admin").secret
    holder = Holder(service, "accounts:read")
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {holder.secret}"
        before = session.get(f"{service.url}/v1/accounts", timeout=30).status_code
        holder.revoke()
        after = session.get(f"{service.url}/v1/accounts", timeout=30).status_code
    assert (before, after) == (200, 401)


def test_the_last_use_outlives_the_process(service: Service) -> None:
    service.key = Holder(service, "admin").secret
    holder = Holder(service, "accounts:read")
    assert holder.status() == 200
    used = holder.shown().last_used_at
    service.restart()
    assert used is not None
    assert holder.shown().last_used_at == used


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/openapi.json"])
def test_an_open_call_needs_no_key(service: Service, path: str) -> None:
    Holder(service, "admin")
    assert service.get(path).status_code == 200


def test_a_request_that_waits_for_its_body_while_the_service_closes_makes_no_key(service: Service) -> None:
    body = b'{"name": "late", "scopes": ["admin"]}'
    late = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    late.putrequest("POST", "/v1/api-keys")
    late.putheader("Content-Type", "application/json")
    late.putheader("Content-Length", str(len(body)))
    late.endheaders()
    service.get("/v1/plans")  # the headers have been read by now
    service.key = Holder(service, "admin").secret
    late.send(body)
    with closing(late):
        assert late.getresponse().status == 401
    assert len(service.get("/v1/api-keys").json()["items"]) == 1
