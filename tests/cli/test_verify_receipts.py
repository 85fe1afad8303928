"""`seatkeeper verify` on receipts that the service wrote: of every kind of write, accepted, idle and refused."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec

from tests import suite
from tests.contract.given import a_customer, a_plan, an_id
from tests.contract.shapes import Plan, SignedUp
from tests.service import Service, run_to_its_end

if TYPE_CHECKING:
    from pathlib import Path

    import requests


class Client:
    """A client that sends a key of its own with each write."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.writes = 0

    def send(self, method: str, path: str, body: object = None, status: int = 200) -> requests.Response:
        self.writes += 1
        headers = {"Idempotency-Key": f"key {self.writes}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else msgspec.json.encode(body)
        response = self._service.send(method, path, data, headers)
        assert response.status_code == status, response.text
        return response


def money(amount: int) -> object:
    return {"amount": {"amount": amount, "currency": "EUR"}, "reason": "a gift"}


def write_everything(service: Service) -> int:
    """Make every kind of write, the idle and the refused ones too, and others between them; count the writes."""
    client = Client(service)
    send = client.send
    package = {"total_seats": 2, "user_limit": 4}
    plan = msgspec.json.decode(
        send("POST", "/v1/plans", {"name": "Crew", "type": "team", "package": package}, 201).content, type=Plan
    )
    path = f"/v1/plans/{plan.plan_id}"
    send("PATCH", path, {"name": "Team", "type": "crew"})
    send("PUT", f"{path}/package", {"total_seats": 1, "user_limit": 3})
    send("PUT", f"{path}/package", {"total_seats": 1, "user_limit": 3})
    send("POST", f"{path}/retire")
    send("POST", f"{path}/retire")
    send("POST", "/v1/signups", {"account_name": "E", "user_name": "A", "plan_id": plan.plan_id}, 409)
    send("POST", f"{path}/reinstate")
    signed_up = msgspec.json.decode(
        send("POST", "/v1/signups", {"account_name": "E", "user_name": "A", "plan_id": plan.plan_id}, 201).content,
        type=SignedUp,
    )
    a_customer(service)
    account = f"/v1/accounts/{signed_up.account.account_id}"
    send("PATCH", account, {"account_name": "Looms"})
    added = send("POST", f"{account}/members", {"name": "Bob", "email": "b@example.org", "seated": True}, 201)
    member = added.headers["Location"]
    send("POST", f"{account}/members", {"name": "Eve", "seated": True}, 409)
    send("PATCH", member, {"name": "Rob", "role": "viewer", "email": None})
    send("DELETE", f"{member}/seat")
    send("PUT", f"{member}/seat")
    send("PUT", f"{member}/seat")
    send("POST", f"{account}/credit", money(1250))
    send("POST", f"{account}/credit", money(0))
    send("POST", f"{account}/credit", money(-5000), 409)
    send("DELETE", member, status=204)
    send("DELETE", member, status=404)
    send("PUT", f"{account}/plan", {"plan_id": a_plan(service).plan_id})
    send("POST", f"{account}/suspend", {"reason": "unpaid"})
    send("PATCH", account, {"account_name": "Mills"}, 409)
    send("POST", f"{account}/reactivate")
    send("POST", f"{account}/close")
    send("POST", f"/v1/accounts/{an_id()}/close", status=404)
    return client.writes


@suite.thorough
def test_what_the_service_wrote_agrees(service: Service, database: Path) -> None:
    written = write_everything(service)
    for _ in ("while it is served", "when it is not"):
        ended = run_to_its_end("verify", "--database", str(database))
        assert (ended.status, ended.errors) == (0, ""), ended.output
        assert f" {written} receipts checked in " in ended.output
        if service.running:
            service.kill()


def test_an_answer_that_was_never_given_is_named(service: Service, database: Path) -> None:
    write_everything(service)
    service.stop()
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE receipts SET body = replace(body, 'Looms', 'Mills') WHERE status = 200")
    ended = run_to_its_end("verify", "--database", str(database))
    assert ended.status == 1
    assert re.search(r"receipt key \d+: its body differs from version \d+ of account-\S+", ended.output)
