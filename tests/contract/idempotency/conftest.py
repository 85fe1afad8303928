"""What the tests of idempotency start from."""

from __future__ import annotations

import pytest

from tests.contract.given import a_word
from tests.contract.idempotency.writes import World
from tests.service import Service


@pytest.fixture
def world(service: Service) -> World:
    """A plan, and an account on it with two members."""
    return World(service)


@pytest.fixture
def key() -> str:
    """A key that no other test uses."""
    return a_word()
