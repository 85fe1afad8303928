"""Services whose webhooks may lead to this machine, or to nowhere but the public internet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.given import a_webhook
from tests.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service as it is without options."""
    with Service(tmp_path_factory.mktemp("strict") / "seatkeeper.db") as running:
        yield running


@pytest.fixture
def webhook(service: Service) -> Iterator[str]:
    """The path of a fresh webhook."""
    path = a_webhook(service)
    yield path
    service.delete(path)
