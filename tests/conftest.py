"""Fixtures for tests of any kind."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tests import suite
from tests.postgresql.fixtures import database, database_url, postgresql

__all__ = ["database", "database_url", "postgresql"]


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Turn the garbage collector off: what the test frees is freed by its last reference."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is thorough from the short form, unless it is asked for by its name."""
    if suite.FORM == "short" and not any("::" in argument for argument in config.args):
        left_out = [item for item in items if item.get_closest_marker("thorough")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
