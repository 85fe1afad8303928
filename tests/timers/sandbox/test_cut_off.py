"""A move of the clock that a crash has cut off is gone to its end before anybody is served."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import requests

from tests.service import Service

DAY = 86_400
INVITED = 150
MOVE, KEY = {"advance_seconds": 2 * DAY}, {"Idempotency-Key": "one"}


def invite_many(service: Service) -> str:
    """The path of an account with many invitations, each with an end of its own."""
    package = {"total_seats": 1, "user_limit": INVITED + 1}
    plan_id = service.post("/v1/plans", {"name": "P", "type": "team", "package": package}).json()["plan_id"]
    signed_up = service.post("/v1/signups", {"account_name": "A", "user_name": "U", "plan_id": plan_id})
    account = signed_up.headers["Location"]
    for number in range(INVITED):
        body = {"email": f"{number}@example.org", "expires_in_seconds": DAY + number}
        assert service.post(f"{account}/invitations", body).status_code == 201
    return account


def kill_in_a_move(service: Service, account: str) -> None:
    """Kill the service when something has become due in a move of its clock, and start it again."""

    def move() -> None:
        with suppress(requests.ConnectionError):
            requests.post(f"{service.url}/v1/clock", json=MOVE, headers=KEY, timeout=60)

    with ThreadPoolExecutor(1) as another:
        moved = another.submit(move)
        while service.get(account).json()["members"]["held"] == INVITED:
            pass
        service.kill()
        moved.result()
    service.start()


def test_who_asks_again_with_the_same_key_finds_all_done_and_each_thing_at_its_own_time(tmp_path: Path) -> None:
    with Service(tmp_path / "seatkeeper.db", "--sandbox") as service:
        account = invite_many(service)
        kill_in_a_move(service, account)
        assert service.get(account).json()["members"]["held"] == 0
        moved = service.post("/v1/clock", MOVE, idempotency_key="one")
        assert moved.json() == service.get("/v1/clock").json()
        invitations = service.get(f"{account}/invitations", limit=200).json()["items"]
        feed = service.get("/v1/events", after=INVITED, limit=200).json()["items"]
    ended = [event["recorded_at"] for event in feed if event["type"] == "invitation.expired"]
    assert ended == sorted(invitation["expires_at"] for invitation in invitations)
