"""The service as a process: its bounds, what it shows of them, and how it stops under load."""

from __future__ import annotations

import socket
import sqlite3
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec
import pytest
import requests

from tests import service as services
from tests.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEADLINE = 10.0
GET = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALF = b"POST /v1/plans HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
SIGN_UP = {"account_name": "A", "user_name": "B", "plan_id": "00000000-0000-7000-8000-000000000002"}
LAST = b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def connect(service: Service, data: bytes = b"") -> socket.socket:
    """Open a connection and send this."""
    client = socket.create_connection(("127.0.0.1", service.port), timeout=DEADLINE)
    client.sendall(data)
    return client


def all_of(client: socket.socket) -> bytes:
    """Read until the other side closes."""
    received = b""
    with client:
        while chunk := client.recv(65536):
            received += chunk
    return received


def metric(service: Service, name: str) -> float:
    lines = room_for(service, LAST % b"/metrics").decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def room_for(service: Service, request: bytes) -> bytes:
    """Connect anew until there is room for a request that ends its connection; the answer."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        try:
            answer = all_of(connect(service, request))
        except ConnectionError:
            continue
        if answer.startswith(b"HTTP/1.1 200"):
            return answer
        assert answer.startswith(b"HTTP/1.1 503") or not answer
    pytest.fail("no room was made")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Service]:
    """A service with few connections, which takes one request at a time."""
    with Service(tmp_path / "small.db", "--connections", "5", "--in-flight", "1") as running:
        yield running


def test_a_connection_beyond_the_bound_is_refused_and_then_finds_room(small: Service) -> None:
    assert small.get("/livez").status_code == 200
    idle = [connect(small) for _ in range(4)]
    head, _, body = all_of(connect(small, GET)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 1" in head
    assert b"Content-Type: application/problem+json" in head
    assert msgspec.json.decode(body)["type"] == "/problems/overloaded"
    assert room_for(small, LAST % b"/livez")
    assert metric(small, "seatkeeper_connections_refused_total") >= 1
    assert metric(small, "seatkeeper_connections_let_go_total") >= 1
    for client in idle:
        client.close()


def test_a_late_first_request_gets_a_408(tmp_path: Path) -> None:
    with Service(tmp_path / "seatkeeper.db", "--header-deadline", "0.1") as service:
        answer = all_of(connect(service, GET[:20]))
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"/problems/request-timeout" in answer
        assert metric(service, "seatkeeper_slow_headers_total") == 1


def half_a_command(service: Service) -> socket.socket:
    """Send half of a command, and come back when it is under way: the service takes one request at a time."""
    unfinished = connect(service, HALF)
    while service.get("/v1/plans").status_code != 503:
        pass
    return unfinished


def test_a_busy_service_is_alive_and_can_be_measured(small: Service) -> None:
    with half_a_command(small):
        assert small.get("/v1/plans").headers["Retry-After"]
        assert {small.get(path).status_code for path in ("/livez", "/metrics")} == {200}


def test_a_client_that_leaves_is_no_failure(small: Service) -> None:
    half_a_command(small).close()
    while small.get("/v1/plans").status_code == 503:
        pass
    assert "error" not in small.errors()


def test_where_files_are_few_there_are_fewer_connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = services.command_line
    limited = ["sh", "-c", 'ulimit -n 256 && exec "$@"', "sh"]
    monkeypatch.setattr(services, "command_line", lambda *arguments: [*limited, *usual(*arguments)])
    with Service(tmp_path / "few.db") as service:
        assert "the limit of open files allows fewer connections" in service.errors()
        assert service.get("/livez").status_code == 200
        idle = [connect(service) for _ in range(300)]
        assert service.get("/v1/plans").status_code == 200
        assert room_for(service, LAST % b"/livez")
        assert service.post("/v1/plans", {"name": "A", "type": "a", "package": {"total_seats": 1, "user_limit": 1}}).ok
        for client in idle:
            client.close()
        assert service.stop() == 0
        assert "out of system resource" not in service.errors()


def test_a_command_that_was_carried_out_is_answered_when_the_service_stops(tmp_path: Path) -> None:
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
    with closing(sqlite3.connect(tmp_path / "stopped.db")) as database:
        ((stored,),) = database.execute("SELECT count(*) FROM accounts")
    assert answered == [201] * stored
