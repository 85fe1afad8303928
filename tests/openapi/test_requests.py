"""The examples of requests are taken by a running service: each is tried out in a dry run, on things that are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pytest

from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.openapi.texts import EXAMPLES
from seatkeeper.http.server.routes import Route
from tests.service import Service

TEAM = "00000000-0000-7000-8000-000000000002"
WRITES = [route for route in ROUTES if route.writes]
FOREIGN = {"accept_invitation": "/problems/invitation-not-found"}
"""An example that nobody can take as it is: the token of an invitation is secret."""


class Prepared(NamedTuple):
    """A service, and the ids of what is in it."""

    service: Service
    ids: Mapping[str, str]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    """A sandbox with one thing of each kind."""
    folder = tmp_path_factory.mktemp("requests")
    key_file = folder / "root-key"
    with Service(folder / "seatkeeper.db", "--sandbox", "--root-key-file", str(key_file)) as service:
        service.key = key_file.read_text("utf-8").strip()
        signed_up = made(service, "/v1/signups", EXAMPLES["NewSignUp"])
        account_id = id_in(signed_up["account"], "account_id")
        below = f"/v1/accounts/{account_id}"
        plan = made(service, "/v1/plans", {**EXAMPLES["NewPlan"], "external_id": None})
        member = made(service, f"{below}/members", {"name": "Mary Somerville", "seated": True})
        invited = made(service, f"{below}/invitations", {"email": "mary@example.com"})
        grant = made(service, f"{below}/grants", EXAMPLES["NewGrant"])
        key = made(service, "/v1/api-keys", EXAMPLES["NewApiKey"])
        webhook = made(service, "/v1/webhooks", EXAMPLES["NewWebhook"])
        ids = {
            "account_id": account_id,
            "plan_id": id_in(plan, "plan_id"),
            "member_id": id_in(member, "member_id"),
            "invitation_id": id_in(invited["invitation"], "invitation_id"),
            "grant_id": id_in(grant, "grant_id"),
            "key_id": id_in(key["api_key"], "key_id"),
            "webhook_id": id_in(webhook["webhook"], "webhook_id"),
        }
        yield Prepared(service, ids)


def made(service: Service, path: str, body: Mapping[str, object]) -> Mapping[str, object]:
    """What was made by a body."""
    response = service.post(path, body)
    assert response.status_code == 201, response.text
    found: dict[str, object] = response.json()
    return found


def id_in(found: object, name: str) -> str:
    """An id in an answer."""
    assert isinstance(found, Mapping)
    return str(found[name])


@pytest.mark.parametrize("route", WRITES, ids=[route.name for route in WRITES])
def test_an_example_of_a_request_is_taken(prepared: Prepared, route: Route) -> None:
    path = f"{route.path.format_map(prepared.ids)}?dry_run=true"
    body = EXAMPLES.get(route.body.__name__) if route.body is not None else None
    told = prepared.service.write(route.method, path, body)
    assert told.status_code == 200, told.text
    if route.name in FOREIGN:
        assert told.json()["problem"]["type"] == FOREIGN[route.name]
        return
    assert told.json()["accepted"] is True, told.text
    assert told.json()["status"] == route.status


def test_the_plan_of_the_examples_is_a_starter_plan(prepared: Prepared) -> None:
    assert EXAMPLES["NewSignUp"]["plan_id"] == TEAM
    assert prepared.service.get(f"/v1/plans/{TEAM}").status_code == 200
