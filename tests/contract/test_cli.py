"""The command line: how the service starts, what it refuses to start on, and how it ends."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import requests

from tests.contract.given import a_customer, a_plan, feed, walk
from tests.contract.shapes import Account, Money, Plan, answer, problem
from tests.service import Service, run_to_its_end

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOOPBACK = ("--host", "127.0.0.1", "--port", "0")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A file that does not exist yet."""
    return tmp_path / "seatkeeper.db"


@pytest.fixture
def service(database: Path) -> Iterator[Service]:
    """A service of this test's own, on a file of its own."""
    with Service(database) as running:
        yield running


def schema_version(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def make_it_of_the_future(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 999")


def balance(service: Service, path: str) -> Money:
    return answer(service.get(path), 200, Account).credit


def plans(service: Service) -> list[Plan]:
    return walk(service, "/v1/plans", Plan)


def test_serving_says_one_line(service: Service) -> None:
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


def test_the_first_server_does_not_notice_a_second(service: Service, database: Path) -> None:
    customer = a_customer(service)
    run_to_its_end("serve", "--database", str(database), *LOOPBACK)
    customer.credit(1)
    assert customer.account().credit == Money(1, "EUR")


def test_a_server_may_follow_one_that_was_killed(service: Service) -> None:
    customer = a_customer(service)
    service.kill()
    service.start()
    assert customer.account().status == "active"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104 - these are refused
def test_only_loopback_is_served(database: Path, host: str) -> None:
    ended = run_to_its_end("serve", "--database", str(database), "--host", host, "--port", "0")
    assert ended.status != 0
    assert "loopback" in ended.errors.lower() or host in ended.errors
    assert "listening" not in ended.output


def test_a_newer_schema_is_refused_naming_both_versions(service: Service, database: Path) -> None:
    service.stop()
    known = schema_version(database)
    make_it_of_the_future(database)
    ended = run_to_its_end("serve", "--database", str(database), *LOOPBACK)
    assert ended.status != 0
    assert {"999", str(known)} <= set(re.findall(r"\d+", ended.errors))


def test_a_newer_schema_is_left_as_it_is(service: Service, database: Path) -> None:
    service.stop()
    make_it_of_the_future(database)
    before = database.read_bytes()
    run_to_its_end("serve", "--database", str(database), *LOOPBACK, "--starter-plans")
    assert database.read_bytes() == before


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


WRONG_OPTIONS = [
    *(("--port", port, "Expected an integer from 0 to 65535") for port in ("-1", "65536", "http")),
    ("--in-flight", "many", "Expected an integer from 1 to 100000000"),
    ("--body-deadline", "0", "Expected a number above 0, at most 3600"),
    ("--currency", "eur", "Expected a currency as ISO 4217 writes it, like EUR"),
]


@pytest.mark.parametrize(("option", "value", "said"), WRONG_OPTIONS)
def test_an_option_that_is_wrong_is_refused_with_what_is_expected(
    database: Path, option: str, value: str, said: str
) -> None:
    ended = run_to_its_end("serve", "--database", str(database), option, value)
    assert (ended.status, ended.errors) == (2, f"seatkeeper: {option}: {said}\n")
    assert not database.exists()


def test_the_database_is_required() -> None:
    ended = run_to_its_end("serve")
    assert (ended.status, ended.errors) == (2, "seatkeeper: --database is required\n")


def test_a_port_that_is_taken_is_refused(service: Service, tmp_path: Path) -> None:
    ended = run_to_its_end("serve", "--database", str(tmp_path / "other.db"), "--port", str(service.port))
    said = f"port {service.port} of 127.0.0.1 is in use; --port takes another one, 0 any that is free"
    assert (ended.status, ended.errors) == (1, f"seatkeeper: {said}\n")


def test_an_option_that_does_not_exist_is_refused(database: Path) -> None:
    assert run_to_its_end("serve", "--database", str(database), *LOOPBACK, "--colour", "red").status != 0


def test_starter_plans_are_made_when_asked_for(database: Path) -> None:
    with Service(database, arguments=["--database", str(database), *LOOPBACK]) as service:
        assert walk(service, "/v1/plans", Plan) == []


def test_starter_plans_are_made_once(service: Service) -> None:
    before = walk(service, "/v1/plans", Plan)
    service.restart()
    assert len(before) == 3
    assert walk(service, "/v1/plans", Plan) == before


def test_starter_plans_are_made_on_an_empty_database_only(database: Path) -> None:
    with Service(database, arguments=["--database", str(database), *LOOPBACK]) as service:
        plan = a_plan(service)
    with Service(database) as service:
        assert walk(service, "/v1/plans", Plan) == [plan]


def test_settings_come_from_the_environment(database: Path) -> None:
    settings = {"SEATKEEPER_DATABASE": str(database), "SEATKEEPER_HOST": "127.0.0.1", "SEATKEEPER_PORT": "0"}
    with Service(database, arguments=[], environment=settings) as service:
        assert service.url.startswith("http://127.0.0.1:")
        assert service.get("/readyz").status_code == 200
    assert database.exists()


def test_the_command_line_wins_over_the_environment(database: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    settings = {"SEATKEEPER_DATABASE": str(other), "SEATKEEPER_HOST": "192.0.2.1", "SEATKEEPER_PORT": "1"}
    with Service(database, environment=settings) as service:
        assert service.get("/readyz").status_code == 200
    assert database.exists()
    assert not other.exists()


def test_a_currency_comes_from_the_command_line(database: Path) -> None:
    with Service(database, "--currency", "JPY", environment={"SEATKEEPER_CURRENCY": "USD"}) as service:
        assert a_customer(service).account().credit == Money(0, "JPY")


def test_a_currency_comes_from_the_environment(database: Path) -> None:
    with Service(database, environment={"SEATKEEPER_CURRENCY": "USD"}) as service:
        assert a_customer(service).account().credit == Money(0, "USD")


def test_an_account_keeps_its_currency_when_the_service_changes_its_own(database: Path) -> None:
    with Service(database) as service:
        path = a_customer(service).path
    with Service(database, "--currency", "USD") as service:
        assert balance(service, path) == Money(0, "EUR")


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_brings_everything_back(service: Service, end: str) -> None:
    customer = a_customer(service)
    bob = customer.add("Bob", email="bob@example.com", seated=True)
    customer.credit(1250)
    before = (customer.account(), customer.members(), customer.events(), feed(service), plans(service))
    {"stop": service.stop, "kill": service.kill}[end]()
    service.start()
    assert (customer.account(), customer.members(), customer.events(), feed(service), plans(service)) == before
    assert customer.member(bob.member_id) == bob


def test_limits_hold_after_a_restart(service: Service) -> None:
    customer = a_customer(service, seats=1, users=2)
    customer.add("Bob", email="bob@example.com", seated=True)
    service.restart()
    problem(customer.put(f"{customer.admin_path}/seat"), 409, "no-seat-left")
    problem(customer.post("/members", {"name": "Eve"}), 409, "user-limit-reached")
    problem(customer.patch(customer.admin_path, {"role": "member"}), 409, "last-admin")
    problem(customer.patch(customer.admin_path, {"email": "BOB@example.com"}), 409, "email-taken")
    problem(customer.credit(-1), 409, "credit-exhausted")


def test_a_state_holds_after_a_restart(service: Service) -> None:
    customer, plan = a_customer(service), a_plan(service)
    customer.post("/suspend")
    service.post(f"/v1/plans/{plan.plan_id}/retire")
    service.restart()
    body = {"account_name": "Looms", "user_name": "Eve", "plan_id": plan.plan_id}
    problem(customer.credit(1), 409, "account-suspended")
    problem(service.post("/v1/signups", body), 409, "plan-retired")


def test_versions_and_positions_go_on_after_a_restart(service: Service) -> None:
    customer = a_customer(service)
    before = customer.events()[-1]
    service.restart()
    customer.credit(1)
    after = customer.events()[-1]
    assert (after.version, after.position) == (before.version + 1, before.position + 1)
