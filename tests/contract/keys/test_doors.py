"""Access control of the running service: strangers' pages, rates, receipts of others, gzip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from tests.contract.given import a_customer, a_plan, feed
from tests.contract.keys.holders import Holder
from tests.contract.shapes import problem
from tests.service import DidNotStartError, Service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APP = "https://app.example.com"
TEAM = "/v1/plans/00000000-0000-7000-8000-000000000002"


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a root key, a name and an origin that may call it."""
    folder = tmp_path_factory.mktemp("doors")
    root = folder / "root.key"
    options = ("--root-key-file", str(root), "--allowed-hosts", "127.0.0.1,api.example.com", "--cors-origins", APP)
    with Service(folder / "seatkeeper.db", *options) as running:
        running.key = root.read_text().strip()
        yield running


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
def test_a_page_of_a_stranger_retires_no_plan_of_an_open_service(service: Service, headers: dict[str, str]) -> None:
    before = feed(service)
    problem(service.send("POST", f"{TEAM}/retire", headers=headers), 403, "origin-not-allowed")
    assert feed(service) == before
    assert service.get(TEAM).json()["status"] == "active"


def test_a_service_with_a_name_answers_to_it(named: Service) -> None:
    key = {"Authorization": f"Bearer {named.key}"}
    assert named.send("GET", TEAM, headers={**key, "Host": "api.example.com"}).status_code == 200
    problem(named.send("GET", TEAM, headers={**key, "Host": "evil.example"}), 403, "origin-not-allowed")


def test_a_browser_is_told_what_a_page_may_send(named: Service) -> None:
    asked = {"Origin": APP, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    told = requests.options(f"{named.url}{TEAM}/retire", headers=asked, timeout=30)
    assert (told.status_code, told.headers["Access-Control-Allow-Origin"]) == (204, APP)
    assert "POST" in told.headers["Access-Control-Allow-Methods"]


def test_an_idempotency_key_of_another_api_key_is_another(guarded: Service) -> None:
    plan = a_plan(guarded)
    one, other = (Holder(guarded, "plans:write") for _ in range(2))
    answers = []
    for holder, name in ((one, b"One"), (other, b"Two"), (one, b"One")):
        headers = {
            "Authorization": f"Bearer {holder.secret}",
            "Content-Type": "application/json",
            "Idempotency-Key": "shared",
        }
        body = b'{"name": "' + name + b'"}'
        response = guarded.send("PATCH", f"/v1/plans/{plan.plan_id}", body, headers)
        answers.append((response.json()["name"], response.headers.get("Idempotency-Replayed")))
    assert answers == [("One", None), ("Two", None), ("One", "true")]
    assert one.send("GET", "/v1/receipts/shared").json()["body"]["name"] == "One"
    assert other.send("GET", "/v1/receipts/shared").json()["body"]["name"] == "Two"
    problem(guarded.get("/v1/receipts/shared"), 404, "receipt-not-found")
    assert guarded.get("/v1/receipts/shared", of=one.key.key_id).json()["body"]["name"] == "One"
    problem(other.send("GET", f"/v1/receipts/shared?of={one.key.key_id}"), 403, "insufficient-scope")


def test_events_name_the_key_the_request_and_the_user_of_the_customer(guarded: Service) -> None:
    plan = a_plan(guarded)
    holder = Holder(guarded, "plans:write")
    headers = {
        "Authorization": f"Bearer {holder.secret}",
        "X-Request-Id": "request-7",
        "Seatkeeper-On-Behalf-Of": "ada@example.com",
    }
    assert guarded.send("POST", f"/v1/plans/{plan.plan_id}/retire", headers=headers).status_code == 200
    expected = {"actor": f"key:{holder.key.key_id}", "request_id": "request-7", "on_behalf_of": "ada@example.com"}
    assert [
        event.context for event in feed(guarded) if event.context and event.context["request_id"] == "request-7"
    ] == [expected]


def test_a_key_with_a_rate_is_held_to_it_and_counted_by_its_id(guarded: Service) -> None:
    holder = Holder(guarded, "accounts:read", rate_limit=1)
    responses = [holder.send("GET", "/v1/accounts") for _ in range(12)]
    limited = [response for response in responses if response.status_code == 429]
    assert limited
    problem(limited[0], 429, "too-many-requests")
    assert (limited[0].headers["Retry-After"], limited[0].headers["RateLimit-Policy"]) == ("1", '"default";q=2;w=2')
    counted = f'seatkeeper_rate_limited_total{{key="{holder.key.key_id}"}} {len(limited)}.0'
    assert counted in guarded.get("/metrics").text.splitlines()


def test_requests_without_a_key_that_works_are_counted(guarded: Service) -> None:
    name = "seatkeeper_unauthenticated_total "
    before, after = 0.0, 0.0
    for number in range(2):
        lines = guarded.get("/metrics").text.splitlines()
        counted = next(float(line.removeprefix(name)) for line in lines if line.startswith(name))
        before, after = after, counted
        if not number:
            assert requests.get(f"{guarded.url}/v1/accounts", timeout=30).status_code == 401
    assert after == before + 1


def test_a_long_list_is_compressed_for_who_accepts_it(service: Service) -> None:
    customer = a_customer(service)
    path = f"/v1/accounts/{customer.account_id}/events"
    for number in range(10):
        customer.patch("", {"account_name": f"Analytical Engines {number}"})
    plain = service.send("GET", path, headers={"Accept-Encoding": "identity"})
    packed = service.send("GET", path, headers={"Accept-Encoding": "gzip"})
    assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert packed.json() == plain.json()
    assert int(packed.headers["Content-Length"]) < len(plain.content) == int(plain.headers["Content-Length"])


def test_the_root_leads_to_the_documents(service: Service) -> None:
    response = service.get("/")
    assert (response.status_code, response.headers["Location"]) == (302, "/docs")


@pytest.mark.parametrize(
    "option", ["--trusted-proxies=proxy", "--allowed-hosts=http://a", "--cors-origins=app.example.com"]
)
def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path, option: str) -> None:
    with pytest.raises(DidNotStartError, match=option.partition("=")[0]):
        Service(tmp_path / "seatkeeper.db", option).start()
