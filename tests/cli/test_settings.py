"""The options of `seatkeeper serve`, on the command line and in the environment, and what is wrong with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.given import a_customer, a_plan, walk
from tests.contract.shapes import Account, Money, Plan, answer
from tests.service import LOOPBACK, Service, run_to_its_end

if TYPE_CHECKING:
    from pathlib import Path


def balance(service: Service, path: str) -> Money:
    return answer(service.get(path), 200, Account).credit


WRONG_OPTIONS = [
    *(("--port", port, "Expected an integer from 0 to 65535") for port in ("-1", "65536", "http")),
    ("--in-flight", "many", "Expected an integer from 1 to 100000000"),
    ("--body-deadline", "0", "Expected a number above 0, at most 3600"),
    ("--currency", "eur", "Expected a currency as ISO 4217 writes it, like EUR"),
]


@pytest.mark.parametrize(("option", "value", "detail"), WRONG_OPTIONS)
def test_an_option_that_is_wrong_is_refused_with_what_is_expected(
    database: Path, option: str, value: str, detail: str
) -> None:
    ended = run_to_its_end("serve", "--database", str(database), option, value)
    assert (ended.status, ended.errors) == (2, f"seatkeeper: {option}: {detail}\n")
    assert not database.exists()


def test_the_database_is_required() -> None:
    ended = run_to_its_end("serve")
    assert (ended.status, ended.errors) == (2, "seatkeeper: --database is required\n")


def test_an_option_that_does_not_exist_is_refused(database: Path) -> None:
    assert run_to_its_end("serve", "--database", str(database), *LOOPBACK, "--colour", "red").status != 0


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
