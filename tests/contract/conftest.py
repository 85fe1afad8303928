"""One running service for all contract tests; each test makes its own plan and account on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.given import Customer, a_customer, a_plan
from tests.service import Service

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tests.contract.shapes import Plan


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service on a fresh file, with the starter plans; its webhooks may lead to this machine."""
    database = tmp_path_factory.mktemp("contract") / "seatkeeper.db"
    with Service(database, "--webhook-http", "--webhook-private-addresses") as running:
        yield running


@pytest.fixture
def plan(service: Service) -> Plan:
    """A fresh plan: 2 seats, 3 users."""
    return a_plan(service)


@pytest.fixture
def customer(service: Service) -> Customer:
    """A fresh account: 2 seats, 3 users, Ada in it as its only member and admin."""
    return a_customer(service)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of the service's stderr beside a failure."""
    report = yield
    running = getattr(item, "funcargs", {}).get("service")
    if report.failed and isinstance(running, Service):
        report.sections.append(("stderr of the service", running.errors()[-4000:]))
    return report
