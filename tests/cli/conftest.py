"""What the tests of the command line start from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.given import a_customer
from tests.service import Service


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A file that does not exist yet."""
    return tmp_path / "seatkeeper.db"


@pytest.fixture
def service(database: Path) -> Iterator[Service]:
    """A service of this test's own, on a file of its own."""
    with Service(database) as running:
        yield running


@pytest.fixture(scope="session")
def left_behind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a service that has stopped, with a customer who did a few things."""
    database = tmp_path_factory.mktemp("cli") / "seatkeeper.db"
    with Service(database) as running:
        customer = a_customer(running)
        customer.add("Bob", email="bob@example.com", seated=True)
        customer.credit(1250)
    return database


@pytest.fixture
def stopped(left_behind: Path, database: Path) -> Path:
    """A copy of that file."""
    return shutil.copyfile(left_behind, database)
