"""A service that holds keys: the first key closes a service, so these tests have one of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a root key, which its requests come with."""
    folder = tmp_path_factory.mktemp("keys")
    root = folder / "root.key"
    with Service(folder / "seatkeeper.db", "--root-key-file", str(root)) as running:
        running.key = root.read_text().strip()
        yield running
