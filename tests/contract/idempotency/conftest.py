"""What the tests of idempotency start from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.given import a_word
from tests.contract.idempotency.writes import World
from tests.service import Service


@pytest.fixture
def world(service: Service) -> Iterator[World]:
    """A plan, and an account on it with two members."""
    world = World(service)
    yield world
    world.end()


@pytest.fixture
def key() -> str:
    """A key that no other test uses."""
    return a_word()
