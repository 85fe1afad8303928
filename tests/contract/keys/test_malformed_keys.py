"""A key in a request that is not HTTP: the log has nothing of it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.service import Service
from tests.torture.rig.machinery import eventually

SECRET = "sk_01900000-0000-7000-8000-000000000001_" + "A" * 43


@pytest.mark.parametrize(
    "line", [b"Authorization: Bearer %s\0", b"Authorization Bearer %s", b"Authorization : Bearer %s", b"%s"]
)
def test_a_line_that_cannot_be_read_is_not_logged(tmp_path: Path, line: bytes) -> None:
    with Service(tmp_path / "seatkeeper.db", "--access-log") as service:
        with socket.create_connection(("127.0.0.1", service.port), 10) as client:
            header = line % SECRET.encode()
            client.sendall(b"GET /v1/plans HTTP/1.1\r\nHost: localhost\r\n" + header + b"\r\n\r\n")
            assert client.recv(100).split()[1] == b"400"
        eventually(lambda: "malformed request" in service.errors(), 20, "the log tells of it")
        assert "A" * 43 not in service.errors()
