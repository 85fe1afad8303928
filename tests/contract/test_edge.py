"""What was once found by an attack, and must not come back."""

from __future__ import annotations

import base64
import socket
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from tests.contract.shapes import wrong_field
from tests.service import Service, run_to_its_end

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = {"total_seats": 1, "user_limit": 1}
SIGN_UP = {"account_name": "A", "user_name": "B", "plan_id": "00000000-0000-7000-8000-000000000002"}


@pytest.fixture
def own_service(tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path / "own.db", "--in-flight", "1") as running:
        yield running


@pytest.mark.parametrize(
    ("field", "value"), [("plan_id", "01980000-0000-7000-8000-0000000000aa\n"), ("type", "team\n")]
)
def test_a_line_feed_at_the_end_is_not_overlooked(service: Service, field: str, value: str) -> None:
    body = {"name": "Team", "type": "team", "package": PACKAGE, field: value}
    wrong_field(service.post("/v1/plans", body), f"/{field}")


@pytest.mark.parametrize("kind", ["accounts", "plans"])
def test_a_cursor_of_too_many_digits_is_a_bad_cursor(service: Service, kind: str) -> None:
    cursor = base64.urlsafe_b64encode(f"{kind}:{'0' * 20}{'9' * 60}".encode()).decode().rstrip("=")
    wrong_field(service.get(f"/v1/{kind}", cursor=cursor), "/cursor")


def test_a_busy_service_is_alive_and_can_be_measured(own_service: Service) -> None:
    head = b"POST /v1/plans HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
    with socket.create_connection(("127.0.0.1", own_service.port), timeout=10) as unfinished:
        unfinished.sendall(head)
        busy = own_service.get("/v1/plans")
        while busy.status_code != 503:  # until the unfinished request has arrived
            busy = own_service.get("/v1/plans")
        assert busy.headers["Retry-After"]
        assert {own_service.get(path).status_code for path in ("/livez", "/metrics")} == {200}


def test_a_client_that_leaves_is_not_our_failure(own_service: Service) -> None:
    head = b"POST /v1/plans HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
    with socket.create_connection(("127.0.0.1", own_service.port), timeout=10) as unfinished:
        unfinished.sendall(head)
        while own_service.get("/v1/plans").status_code != 503:
            pass
    while own_service.get("/v1/plans").status_code == 503:
        pass
    assert "error" not in own_service.errors()


def test_whoever_was_heard_is_answered_when_the_service_stops(tmp_path: Path) -> None:
    answered: list[int] = []
    enough = threading.Event()

    def keep_signing_up(url: str) -> None:
        with requests.Session() as session:
            while True:
                try:
                    answered.append(session.post(f"{url}/v1/signups", json=SIGN_UP, timeout=10).status_code)
                except requests.ConnectionError:
                    return
                if len(answered) > 100:
                    enough.set()

    with Service(tmp_path / "stopped.db") as service:
        clients = [threading.Thread(target=keep_signing_up, args=(service.url,)) for _ in range(16)]
        for client in clients:
            client.start()
        assert enough.wait(30)
        assert service.stop() == 0
        for client in clients:
            client.join(30)
    with sqlite3.connect(tmp_path / "stopped.db") as database:
        ((stored,),) = database.execute("SELECT count(*) FROM accounts")
    database.close()
    assert answered == [201] * stored


def test_a_link_to_the_file_has_the_same_lock(tmp_path: Path) -> None:
    with Service(tmp_path / "real.db"):
        (tmp_path / "link.db").symlink_to(tmp_path / "real.db")
        ended = run_to_its_end("serve", "--database", str(tmp_path / "link.db"), "--port", "0")
    assert ended.status == 1
    assert "in use by another process" in ended.errors
