"""F16: a stop ends while the storage hangs, and answers every command."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from tests.service import Service
from tests.torture.rig.machinery import eventually, gauge, planted

TEAM = "00000000-0000-7000-8000-000000000002"


def test_f16_a_stop_while_a_commit_hangs_answers_and_ends_in_time(tmp_path: Path) -> None:
    service = Service(tmp_path / "seatkeeper.db", "--stop-deadline", "0.3", program=planted("hanging-commit"))
    body = {"account_name": "hang", "user_name": "Ada", "plan_id": TEAM}

    def sign_up(key: str) -> requests.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return requests.post(service.url + "/v1/signups", json=body, headers=headers, timeout=30)

    with service, ThreadPoolExecutor(3) as clients:
        answers = [clients.submit(sign_up, key) for key in ("", "key", "key")]
        eventually(lambda: gauge(service, "seatkeeper_requests_in_flight") == 4, 10, "three wait, and one asks")
        service.terminate()
        assert service.wait() == 1
        problems = [answer.result().json()["type"] for answer in answers]
    assert problems == ["/problems/outcome-unknown"] * 3
    assert "could not be closed" in service.errors()
