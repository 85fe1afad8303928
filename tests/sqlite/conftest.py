"""A store in a file, and one whose writer can break."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.accounts.past import opened
from tests.sqlite.faults import BreakingStore
from tests.storage.stores import SqliteStore, account_id


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """A store in a file."""
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        yield store
    assert [len(append.results) for append in store.appends] == [1] * len(store.appends)


@pytest.fixture
async def breaking(tmp_path: Path) -> AsyncIterator[BreakingStore]:
    """A journal with one account, ready to break."""
    made = BreakingStore(tmp_path / "seatkeeper.db")
    async with made.store as store:
        await store.account(1).append(opened(account_id=account_id(1)))
        yield made
    assert [len(append.results) for append in store.appends] == [1] * len(store.appends)
