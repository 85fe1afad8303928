"""A store to write to, of each engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.postgresql.stores import PostgresqlStore
from tests.storage.stores import SqliteStore, Store, memory_store


@pytest.fixture(params=["sqlite", "memory", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """A store of each engine; in the end every append has exactly one result."""
    if request.param == "memory":
        either = memory_store()
        yield either
    elif request.param == "postgresql":
        async with PostgresqlStore(request.getfixturevalue("database_url")) as either:
            yield either
    else:
        async with SqliteStore(tmp_path / "seatkeeper.db") as either:
            yield either
    assert [len(append.results) for append in either.appends] == [1] * len(either.appends)
