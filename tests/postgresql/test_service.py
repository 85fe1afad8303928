"""The real process on a PostgreSQL database."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.contract.following import follow
from tests.postgresql.server import Server
from tests.service import LOOPBACK, Service, run_to_its_end
from tests.storage.stores import DEADLINE
from tests.torture.rig.machinery import eventually

PLAN = "00000000-0000-7000-8000-000000000002"
SIGN_UP = {"plan_id": PLAN, "account_name": "Analytical Engines", "user_name": "Ada Lovelace"}

CUT_OFF = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'seatkeeper'"

WAITS = "waiting for the process that has the database"

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
        postgresql.sql(CUT_OFF)
        assert service.post("/v1/signups", SIGN_UP).status_code in {201, 503}
        assert service.post("/v1/signups", SIGN_UP).status_code == 201


def test_a_service_names_the_journal_of_a_promoted_standby_without_a_restart(
    new: New, postgresql: Server, database_url: str
) -> None:
    with new("it") as service:
        first = service.post("/v1/signups", SIGN_UP)
        before, position = first.headers["Seatkeeper-Journal"], int(first.headers["Seatkeeper-Position"])
        schema = database_url.partition("%3D")[2].partition(",")[0]
        with follow(service, after=position) as stream:
            postgresql.sql(f"UPDATE {schema}.journal_home SET home = 'elsewhere'")
            postgresql.sql(CUT_OFF)
            eventually(lambda: journal_of(service) != before, DEADLINE, "another id")
            stream.ended()  # what it was sent before does not matter
        after = journal_of(service)
        assert service.get("/v1/events").json()["journal_id"] == after
        with follow(service, {"Last-Event-ID": str(position)}, journal_id=before) as stream:
            assert stream.response.headers["Seatkeeper-Journal"] == after


def journal_of(service: Service) -> str:
    """Sign up, and tell which journal that was written to."""
    return str(service.post("/v1/signups", SIGN_UP).headers["Seatkeeper-Journal"])


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


def test_a_start_that_may_not_be_open_takes_nothing_over(new: New, database_url: str) -> None:
    with new("it") as service:
        refused = run_to_its_end("serve", "--database", database_url, "--host", "0.0.0.0", "--port", "0")  # noqa: S104
        assert (refused.status, "holds no key" in refused.errors) == (1, True)
        assert service.post("/v1/signups", SIGN_UP).status_code == 201


def test_an_empty_database_is_left_empty_by_a_start_that_may_not_be_open(database_url: str) -> None:
    refused = run_to_its_end("serve", "--database", database_url, "--host", "0.0.0.0", "--port", "0")  # noqa: S104
    assert (refused.status, "holds no key" in refused.errors) == (1, True)
    missing = run_to_its_end("verify", "--database", database_url)
    assert (missing.status, "has no tables of this program" in missing.errors) == (2, True)


def test_a_standby_waits_until_the_process_that_has_the_database_has_ended(
    tmp_path: Path, database_url: str, new: New
) -> None:
    arguments = ("--database", database_url, *LOOPBACK, "--starter-plans", "--standby")
    first, second = (Service(tmp_path / name, arguments=arguments) for name in ("first", "second"))
    with ExitStack() as stack, ThreadPoolExecutor(1) as thread:
        stack.enter_context(first)
        starting = thread.submit(second.start)
        stack.push(second)
        log = tmp_path / "second.stderr"
        eventually(lambda: log.exists() and WAITS in log.read_text("utf-8"), DEADLINE, "it waits")
        signed_up = first.post("/v1/signups", SIGN_UP, idempotency_key="one")
        assert signed_up.status_code == 201
        first.kill()
        starting.result()
        again = second.post("/v1/signups", SIGN_UP, idempotency_key="one")
        assert (again.status_code, again.json()) == (201, signed_up.json())
        with new("newer") as newer:  # a start that does not wait takes over from a standby too
            assert second.wait() == 1
            assert newer.post("/v1/signups", SIGN_UP).status_code == 201


def test_an_address_that_is_misspelt_is_shown_to_nobody() -> None:
    for command in (("serve",), ("verify",), ("backup", "copy.db"), ("copy", "postgresql://127.0.0.1/x")):
        ended = run_to_its_end(*command, "--database", "postgresql:/ada:s3cret@127.0.0.1/x")
        assert (ended.status > 0, "s3cret" in ended.errors + ended.output) == (True, False)
