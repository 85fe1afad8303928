"""The service and its connections: how many, for how long, and what it says of those that it does not take."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests import service as services
from tests.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEADLINE = 10.0
GET = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


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
    """A service with few connections and little patience."""
    options = ("--connections", "5", "--header-deadline", "0.1")
    with Service(tmp_path / "small.db", *options) as running:
        yield running


def test_a_connection_beyond_the_bound_is_told_to_come_back_and_finds_room(small: Service) -> None:
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


def test_slow_headers_get_a_408(small: Service) -> None:
    answer = all_of(connect(small, GET[:20]))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"/problems/request-timeout" in answer
    assert metric(small, "seatkeeper_slow_headers_total") == 1


def test_connect_is_refused_and_the_connection_closed(service: Service) -> None:
    answer = all_of(connect(service, b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"))
    assert b" 400 Bad Request\r\n" in answer
    assert b"/problems/malformed-request" in answer


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
