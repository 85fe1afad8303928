"""What tests of any kind may ask for."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Whatever is freed during the test is freed by its last reference."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
