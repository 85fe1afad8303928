"""One service for all tests of a module, which name their accounts differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that all tests of a module write to."""
    with Service(tmp_path_factory.mktemp("accounts") / "seatkeeper.db") as running:
        yield running
