"""The command line: how the service starts, what it refuses to start on, and how it ends."""

from __future__ import annotations

import io
import re
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import requests

from seatkeeper.http.cli.terminal import tell_address
from tests.contract.given import a_customer
from tests.contract.shapes import Money
from tests.service import LOOPBACK, Service, run_to_its_end

if TYPE_CHECKING:
    from pathlib import Path


def schema_version(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def make_it_of_the_future(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 999")


def test_serving_prints_one_line(service: Service) -> None:
    a_customer(service)
    service.stop()
    assert service.output == [f"listening on http://127.0.0.1:{service.port}"]


def test_a_free_port_is_picked(service: Service) -> None:
    assert 0 < service.port < 65_536
    assert service.get("/livez").status_code == 200


def test_two_services_on_two_files_pick_two_ports(service: Service, tmp_path: Path) -> None:
    with Service(tmp_path / "other.db") as other:
        assert other.port != service.port


def test_sigterm_ends_it_well(service: Service) -> None:
    a_customer(service)
    assert service.stop() == 0


def test_an_ended_service_does_not_listen(service: Service) -> None:
    service.stop()
    with pytest.raises(requests.ConnectionError):
        service.get("/livez")


def test_a_second_server_on_the_same_file_ends_with_a_message(service: Service, database: Path) -> None:
    ended = run_to_its_end("serve", "--database", str(database), *LOOPBACK)
    assert ended.status != 0
    assert ended.errors.strip()
    assert "listening" not in ended.output
    assert service.running


def test_a_second_server_does_not_affect_the_first(service: Service, database: Path) -> None:
    customer = a_customer(service)
    run_to_its_end("serve", "--database", str(database), *LOOPBACK)
    customer.credit(1)
    assert customer.account().credit == Money(1, "EUR")


def test_a_server_may_follow_one_that_was_killed(service: Service) -> None:
    customer = a_customer(service)
    service.kill()
    service.start()
    assert customer.account().status == "active"


def test_a_link_to_the_file_has_the_same_lock(tmp_path: Path) -> None:
    with Service(tmp_path / "real.db"):
        (tmp_path / "link.db").symlink_to(tmp_path / "real.db")
        ended = run_to_its_end("serve", "--database", str(tmp_path / "link.db"), "--port", "0")
    assert ended.status == 1
    assert "in use by another process" in ended.errors


def test_a_newer_schema_is_refused_naming_both_versions(stopped: Path) -> None:
    known = schema_version(stopped)
    make_it_of_the_future(stopped)
    ended = run_to_its_end("serve", "--database", str(stopped), *LOOPBACK)
    assert ended.status != 0
    assert {"999", str(known)} <= set(re.findall(r"\d+", ended.errors))


def test_a_newer_schema_is_left_as_it_is(stopped: Path) -> None:
    make_it_of_the_future(stopped)
    before = stopped.read_bytes()
    run_to_its_end("serve", "--database", str(stopped), *LOOPBACK, "--starter-plans")
    assert stopped.read_bytes() == before


def test_a_missing_directory_is_refused_with_a_message(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    ended = run_to_its_end("serve", "--database", str(missing / "seatkeeper.db"), *LOOPBACK)
    assert (ended.status, ended.errors) == (1, f"seatkeeper: the folder {missing} is not there\n")
    assert not missing.exists()


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    ended = run_to_its_end("serve", "--database", str(tmp_path), *LOOPBACK)
    assert (ended.status, ended.errors) == (1, f"seatkeeper: {tmp_path} is a folder\n")


def test_a_refusal_to_start_is_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    ended = run_to_its_end("serve", "--database", str(tmp_path / "missing" / "seatkeeper.db"), *LOOPBACK)
    assert "Traceback" not in ended.errors


def test_a_file_that_is_no_database_is_refused(database: Path) -> None:
    database.write_bytes(b"This is a letter and no database. " * 200)
    before = database.read_bytes()
    assert run_to_its_end("serve", "--database", str(database), *LOOPBACK).status != 0
    assert database.read_bytes() == before


def test_a_port_that_is_taken_is_refused(service: Service, tmp_path: Path) -> None:
    ended = run_to_its_end("serve", "--database", str(tmp_path / "other.db"), "--port", str(service.port))
    detail = f"port {service.port} of 127.0.0.1 is in use; --port takes another one, 0 any that is free"
    assert (ended.status, ended.errors.splitlines()[-1]) == (1, f"seatkeeper: {detail}")


def test_the_address_is_written_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces: list[str] = []

    class Recording(io.StringIO):
        def write(self, text: str) -> int:
            pieces.append(text)
            return len(text)

    monkeypatch.setattr(sys, "stdout", Recording())
    tell_address("http://127.0.0.1:8080")
    assert pieces == ["listening on http://127.0.0.1:8080\n"]
