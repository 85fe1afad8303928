"""A file of the release before, served by this one as a process: its accounts, credit and limits still hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.contract.shapes import Account, Money, answer, problem
from tests.service import Service
from tests.sqlite.file.old_files import ENGINES, EVENTS, LOOMS, write_schema_1

ENGINES_PATH = f"/v1/accounts/{ENGINES.removeprefix('account-')}"
LOOMS_PATH = f"/v1/accounts/{LOOMS.removeprefix('account-')}"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """The service, started on the old file."""
    write_schema_1(tmp_path / "seatkeeper.db")
    with Service(tmp_path / "seatkeeper.db") as running:
        yield running


def credit(service: Service, path: str, amount: int, currency: str) -> Account:
    body = {"amount": {"amount": amount, "currency": currency}, "reason": "a gift"}
    return answer(service.post(f"{path}/credit", body), 200, Account)


@pytest.mark.parametrize(("path", "money"), [(ENGINES_PATH, Money(5000, "EUR")), (LOOMS_PATH, Money(30_000, "JPY"))])
def test_the_credit_is_what_it_was(service: Service, path: str, money: Money) -> None:
    assert answer(service.get(path), 200, Account).credit == money


def test_the_credit_goes_on_from_the_old_form(service: Service) -> None:
    assert credit(service, ENGINES_PATH, -5000, "EUR").credit == Money(0, "EUR")
    assert credit(service, LOOMS_PATH, 1, "JPY").credit == Money(30_001, "JPY")


def test_credit_that_does_not_exist_cannot_be_charged(service: Service) -> None:
    body = {"amount": {"amount": -30_001, "currency": "JPY"}, "reason": "a loom"}
    problem(service.post(f"{LOOMS_PATH}/credit", body), 409, "credit-exhausted")


def test_the_next_event_has_the_form_of_today_and_the_old_ones_stay(service: Service) -> None:
    credit(service, LOOMS_PATH, 1, "JPY")
    events = msgspec.json.decode(service.get(f"{LOOMS_PATH}/events").content)["items"]
    assert [(event["type"], event["data"]["amount"]) for event in events[2:]] == [
        ("credit.adjusted", 30_000),
        ("credit.adjusted.2", {"amount": 1, "currency": "JPY"}),
    ]
    assert events[3]["position"] == EVENTS + 1


def test_the_limits_and_the_addresses_hold(service: Service) -> None:
    body = {"name": "Eve", "email": "CHARLES@example.org"}
    problem(service.post(f"{ENGINES_PATH}/members", body), 409, "email-taken")


def test_the_log_says_that_the_file_was_migrated(service: Service) -> None:
    lines = [json.loads(line) for line in service.errors().splitlines()]
    assert [line["to"] for line in lines if line["event"] == "the database was migrated"] == [4]


def test_it_holds_after_a_crash_and_a_second_start(service: Service) -> None:
    credit(service, LOOMS_PATH, 1, "JPY")
    service.kill()
    service.start()
    assert credit(service, LOOMS_PATH, 1, "JPY").credit == Money(30_002, "JPY")
