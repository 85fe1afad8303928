"""A store whose search index follows only when a test says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sqlite.search.following import FollowedStore


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[FollowedStore]:
    """A store in a file, with its follower."""
    async with FollowedStore(tmp_path / "seatkeeper.db") as store:
        yield store
