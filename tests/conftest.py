"""Fixtures for tests of any kind."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Turn the garbage collector off: what the test frees is freed by its last reference."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
