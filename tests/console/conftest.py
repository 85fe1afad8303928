"""Services with a console: one for each module, for whom it is enough that others have left things there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.console.operators import Operator, a_closed_service
from tests.service import Service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that is open."""
    with Service(tmp_path_factory.mktemp("open") / "open.db") as running:
        yield running


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that needs keys."""
    with a_closed_service(tmp_path_factory.mktemp("closed")) as running:
        yield running


@pytest.fixture
def operator(service: Service) -> Operator:
    """An operator of the open service."""
    return Operator(service)
