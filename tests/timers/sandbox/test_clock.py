"""The clock of a sandbox: it stands still until it is moved, and is where it was left after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from seatkeeper.storage.sqlite.verify.verify import verify
from tests.service import Service

DAY = 86_400


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A file that does not exist yet."""
    return tmp_path / "seatkeeper.db"


@pytest.fixture
def sandbox(database: Path) -> Iterator[Service]:
    """A sandbox of this test's own."""
    with Service(database, "--sandbox") as running:
        yield running


def now(service: Service) -> datetime:
    """What time it is in the service."""
    answer = service.get("/v1/clock")
    assert answer.status_code == 200
    return datetime.fromisoformat(answer.json()["now"])


def move(service: Service, seconds: int, key: str | None = None) -> datetime:
    """Move the clock on; the time that is answered."""
    answer = service.post("/v1/clock", {"advance_seconds": seconds}, idempotency_key=key)
    assert answer.status_code == 200, answer.text
    return datetime.fromisoformat(answer.json()["now"])


def test_it_stands_still_until_it_is_moved_by_exactly_so_much(sandbox: Service) -> None:
    before = now(sandbox)
    assert now(sandbox) == before
    assert move(sandbox, 14 * DAY) == now(sandbox) == before + timedelta(days=14)
    assert move(sandbox, 1) == before + timedelta(days=14, seconds=1)


def test_what_happens_in_a_sandbox_has_its_time(sandbox: Service) -> None:
    move(sandbox, 365 * DAY)
    signed_up = sandbox.post(
        "/v1/signups",
        {"account_name": "A", "user_name": "U", "plan_id": "00000000-0000-7000-8000-000000000002"},
    )
    created_at = datetime.fromisoformat(signed_up.json()["account"]["created_at"])
    recorded = sandbox.get("/v1/events", limit=200).json()["items"]
    assert created_at == now(sandbox)
    assert datetime.fromisoformat(recorded[-1]["recorded_at"]) == created_at
    assert recorded[0]["type"] == "clock.started"


def test_it_is_where_it_was_left_after_a_restart_and_after_a_kill(sandbox: Service) -> None:
    left = move(sandbox, 30 * DAY)
    sandbox.restart()
    assert now(sandbox) == left
    left = move(sandbox, DAY)
    sandbox.kill()
    sandbox.start()
    assert now(sandbox) == left


def test_a_dry_run_moves_nothing(sandbox: Service) -> None:
    before = now(sandbox)
    answer = sandbox.post("/v1/clock?dry_run=true", {"advance_seconds": DAY})
    assert datetime.fromisoformat(answer.json()["answer"]["now"]) == before + timedelta(days=1)
    assert now(sandbox) == before


def test_the_same_key_moves_it_once(sandbox: Service) -> None:
    before = now(sandbox)
    first = move(sandbox, DAY, "one")
    assert move(sandbox, DAY, "one") == first
    sandbox.restart()
    assert move(sandbox, DAY, "one") == now(sandbox) == before + timedelta(days=1)


def test_a_version_that_it_does_not_have_moves_it_not(sandbox: Service) -> None:
    before = now(sandbox)
    answer = sandbox.post("/v1/clock", {"advance_seconds": DAY}, if_match='"7"')
    assert answer.status_code == 412
    assert now(sandbox) == before


@pytest.mark.parametrize("seconds", [0, -1, 3_700_000_000, 1.5, None])
def test_it_is_moved_ahead_and_by_ten_years_at_most(sandbox: Service, seconds: object) -> None:
    assert sandbox.post("/v1/clock", {"advance_seconds": seconds}).status_code == 400


def test_what_is_stored_of_it_agrees(sandbox: Service, database: Path) -> None:
    move(sandbox, DAY, "one")
    sandbox.stop()
    found: list[str] = []
    verify(database, on_finding=found.append)
    assert found == []


def test_a_service_without_a_sandbox_has_no_clock(database: Path) -> None:
    with Service(database) as service:
        answers = [service.get("/v1/clock"), service.post("/v1/clock", {"advance_seconds": 1})]
        answers += [service.post("/v1/clock", {"advance_seconds": 1}, idempotency_key="one") for _ in range(2)]
        assert {answer.status_code for answer in answers} == {404}
        assert {answer.json()["type"] for answer in answers} == {"/problems/clock-not-found"}
