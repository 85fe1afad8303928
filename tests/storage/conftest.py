"""Stores to write to: either kind, or the one in a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.storage.stores import SqliteStore, Store, memory_store


@pytest.fixture(params=["sqlite", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """A store of either kind; in the end every append has heard exactly one thing."""
    if request.param == "memory":
        either = memory_store()
        yield either
    else:
        async with SqliteStore(tmp_path / "seatkeeper.db") as either:
            yield either
    assert [len(append.heard) for append in either.appends] == [1] * len(either.appends)


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """A store in a file."""
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        yield store
    assert [len(append.heard) for append in store.appends] == [1] * len(store.appends)
