"""One running service for all contract tests; each test makes its own plan and account on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import suite
from tests.contract.given import Customer, a_customer, a_plan
from tests.postgresql.server import Server
from tests.service import LOOPBACK, Service

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tests.contract.shapes import Plan


HOME_WEBHOOKS = ("--webhook-http", "--webhook-private-addresses")


@pytest.fixture(scope="session", params=["file", pytest.param("postgresql", marks=suite.thorough)])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service with nothing but the starter plans, on each engine; its webhooks may lead to this machine."""
    database = tmp_path_factory.mktemp("contract") / "seatkeeper.db"
    arguments = None
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        address = server.url_of_schema(server.new_schema())
        arguments = ("--database", address, *LOOPBACK, "--starter-plans", *HOME_WEBHOOKS)
    with Service(database, *HOME_WEBHOOKS, arguments=arguments) as running:
        yield running


ON_A_SERVER_TOO = {"resources", "ahead", "idempotency"}
"""The folders of which CI runs all on PostgreSQL as well; the others, which look at HTTP, only the long form."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out on PostgreSQL what does not depend on the engine, but in the long form."""
    here = Path(__file__).parent
    left_out = [
        item
        for item in items
        if suite.FORM != "long"
        and item.path.is_relative_to(here)
        and item.path.relative_to(here).parts[0] not in ON_A_SERVER_TOO
        and isinstance(item, pytest.Function)
        and hasattr(item, "callspec")
        and item.callspec.params.get("service") == "postgresql"
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


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
