"""What the tests of dry runs start from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.idempotency.writes import World
from tests.service import Service


@pytest.fixture
def world(service: Service) -> Iterator[World]:
    """A plan with 1 seat and 2 users; Ada and Bob on it."""
    world = World(service)
    yield world
    world.end()
