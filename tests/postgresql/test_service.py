"""The real process on a PostgreSQL database."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.postgresql.server import Server
from tests.service import LOOPBACK, Service, run_to_its_end

PLAN = "00000000-0000-7000-8000-000000000002"
SIGN_UP = {"plan_id": PLAN, "account_name": "Analytical Engines", "user_name": "Ada Lovelace"}

New = Callable[[str], Service]


@pytest.fixture
def new(tmp_path: Path, database_url: str) -> New:
    """Makes services on the same database."""
    return lambda name: Service(tmp_path / name, arguments=("--database", database_url, *LOOPBACK, "--starter-plans"))


def test_what_was_acknowledged_is_there_after_a_kill(new: New) -> None:
    with new("it") as service:
        signed_up = service.post("/v1/signups", SIGN_UP, idempotency_key="one")
        assert signed_up.status_code == 201
        service.kill()
        service.start()
        again = service.post("/v1/signups", SIGN_UP, idempotency_key="one")
        assert (again.status_code, again.json()) == (201, signed_up.json())
        assert len(service.get("/v1/accounts").json()["items"]) == 1


def test_an_older_service_stores_nothing_and_ends(new: New) -> None:
    with new("older") as older, new("newer") as newer:
        assert older.wait() == 1  # without having been asked for anything
        assert "another process has taken postgresql://" in older.errors()
        assert newer.post("/v1/signups", SIGN_UP).status_code == 201
        assert len(newer.get("/v1/accounts").json()["items"]) == 1


def test_a_service_that_was_stopped_while_another_took_over_stores_nothing_when_it_goes_on(new: New) -> None:
    with new("zombie") as zombie, ThreadPoolExecutor(1) as thread:
        os.kill(zombie.pid, signal.SIGSTOP)
        asked = thread.submit(zombie.post, "/v1/signups", SIGN_UP)  # waits in its socket
        with new("successor") as successor:
            assert successor.post("/v1/signups", SIGN_UP).status_code == 201
            os.kill(zombie.pid, signal.SIGCONT)
            assert zombie.wait() == 1
            failed = isinstance(asked.exception(), requests.ConnectionError)
            assert failed or asked.result().status_code == 503
            assert len(successor.get("/v1/accounts").json()["items"]) == 1


def test_keys_are_made_while_no_service_runs_and_refused_while_one_does(new: New, database_url: str) -> None:
    arguments = ("keys", "create", "--database", database_url, "--name", "operator", "--scope", "admin")
    assert run_to_its_end(*arguments).status == 0
    with new("it"):
        refused = run_to_its_end(*arguments)
        assert (refused.status, "is in use by another process" in refused.errors) == (1, True)


def test_a_service_waits_for_its_server(new: New, postgresql: Server) -> None:
    with new("it") as service:
        ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'seatkeeper'"
        postgresql.sql(ended)
        assert service.post("/v1/signups", SIGN_UP).status_code in {201, 503}
        assert service.post("/v1/signups", SIGN_UP).status_code == 201


def test_a_wrong_address_is_refused_without_its_password() -> None:
    ended = run_to_its_end("serve", "--database", "postgresql://ada:s3cr3t@127.0.0.1:1/x", *LOOPBACK)
    assert (ended.status, ended.output) == (1, "")
    assert "postgresql://ada@127.0.0.1:1/x cannot be used" in ended.errors
    assert "s3cr3t" not in ended.errors


def test_one_that_cannot_be_read_is_refused_without_any_of_it() -> None:
    ended = run_to_its_end("serve", "--database", "postgresql://ada:s3cr/3t@127.0.0.1/x", *LOOPBACK)
    assert (ended.status, ended.output) == (1, "")
    assert "the address of the database cannot be read" in ended.errors
    assert "s3cr" not in ended.errors


def test_a_start_that_cannot_listen_takes_nothing_over(new: New, database_url: str) -> None:
    with new("it") as service:
        taken = run_to_its_end("serve", "--database", database_url, "--port", str(service.port))
        assert (taken.status, f"port {service.port} of 127.0.0.1 is in use" in taken.errors) == (1, True)
        assert service.post("/v1/signups", SIGN_UP).status_code == 201


def test_an_address_that_is_misspelt_is_shown_to_nobody() -> None:
    for command in (("serve",), ("verify",), ("backup", "copy.db"), ("copy", "postgresql://127.0.0.1/x")):
        ended = run_to_its_end(*command, "--database", "postgresql:/ada:s3cret@127.0.0.1/x")
        assert (ended.status > 0, "s3cret" in ended.errors + ended.output) == (True, False)
