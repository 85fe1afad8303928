"""Queries that are stopped, and rows that are near each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seatkeeper.storage.database import QueryTooSlow, TooManyQueries, open_readers
from tests.accounts.past import ADA, opened
from tests.storage.stores import SqliteStore, account_id, run

if TYPE_CHECKING:
    from pathlib import Path

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


async def test_a_first_query_that_is_stopped_does_not_stop_the_next(tmp_path: Path) -> None:
    run(tmp_path / "any.db", "CREATE TABLE t (x)")
    readers = await open_readers(tmp_path / "any.db", count=1, bound=10, deadline=0.2)
    with pytest.raises(QueryTooSlow):
        await readers.fetch(ENDLESS)
    assert await readers.fetch("SELECT 2") == [(2,)]
    await readers.close()


async def test_a_query_beyond_the_bound_is_refused_at_once(tmp_path: Path) -> None:
    run(tmp_path / "any.db", "CREATE TABLE t (x)")
    readers = await open_readers(tmp_path / "any.db", count=1, bound=0, deadline=0.2)
    with pytest.raises(TooManyQueries):
        await readers.fetch("SELECT 1")
    await readers.close()


async def test_the_same_member_id_in_two_accounts_of_one_commit_is_two_members(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "a.db") as file:
        one = file.account(1).append(opened(account_id=account_id(1)))
        two = file.account(2).append(opened(account_id=account_id(2)))
        await one, await two
        assert await file.views.member(account_id(1), ADA) is not None
        assert await file.views.member(account_id(2), ADA) is not None
