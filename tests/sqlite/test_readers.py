"""Readers: queries that are stopped after their deadline, refused beyond the bound, and cannot write."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import aiosqlite
import pytest

from seatkeeper.storage.errors import QueryTooSlow, TooManyQueries
from seatkeeper.storage.sqlite.reading.readers import Readers, open_readers
from tests.accounts.past import opened
from tests.storage.stores import DEADLINE, SqliteStore, run

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


async def test_a_first_query_that_is_stopped_does_not_stop_the_next(tmp_path: Path) -> None:
    run(tmp_path / "any.db", "CREATE TABLE t (x)")
    readers = await open_readers(tmp_path / "any.db", count=1, bound=10, deadline=0.2)
    with pytest.raises(QueryTooSlow):
        await readers.fetch(ENDLESS)
    assert await readers.fetch("SELECT 2") == [(2,)]
    await readers.close()


async def test_a_query_that_is_given_up_before_its_thread_begins_it_is_stopped(tmp_path: Path) -> None:
    may_go_on = threading.Event()
    async with aiosqlite.connect(tmp_path / "any.db", isolation_level=None) as connection:
        await connection.create_function("busy", 0, lambda: may_go_on.wait(DEADLINE))
        before = asyncio.create_task(connection.execute_fetchall("SELECT busy()"))
        await asyncio.sleep(0)
        readers = Readers([connection], bound=10, deadline=DEADLINE)
        search = asyncio.create_task(readers.fetch(ENDLESS))
        await asyncio.sleep(0)
        search.cancel()
        await asyncio.wait([search])
        may_go_on.set()
        assert await readers.fetch("SELECT 2") == [(2,)]
        await asyncio.wait([before])
        await readers.close()


async def test_a_query_that_runs_while_the_readers_are_closed_is_stopped(tmp_path: Path) -> None:
    readers = await open_readers(tmp_path / "any.db", count=1, bound=10, deadline=DEADLINE)
    search = asyncio.create_task(readers.fetch(ENDLESS))
    await asyncio.sleep(0)
    async with asyncio.timeout(DEADLINE):
        await readers.close()
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        await search


async def test_a_query_beyond_the_bound_is_refused_at_once(tmp_path: Path) -> None:
    run(tmp_path / "any.db", "CREATE TABLE t (x)")
    readers = await open_readers(tmp_path / "any.db", count=1, bound=0, deadline=0.2)
    with pytest.raises(TooManyQueries):
        await readers.fetch("SELECT 1")
    await readers.close()


async def test_readers_cannot_write(file: SqliteStore) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await file.journal.readers.fetch("DELETE FROM events")


async def test_a_query_that_takes_too_long_is_stopped_and_the_next_one_is_answered(tmp_path: Path) -> None:
    run(tmp_path / "any.db", "CREATE TABLE t (x)")
    readers = await open_readers(tmp_path / "any.db", count=1, bound=10, deadline=0.2)
    assert await readers.fetch("SELECT 1") == [(1,)]
    with pytest.raises(QueryTooSlow):
        await readers.fetch(ENDLESS)
    assert await readers.fetch("SELECT 2") == [(2,)]
    assert readers.waiting == 0
    await readers.close()


async def test_a_slow_query_delays_no_activation(file: SqliteStore) -> None:
    account = file.account(1)
    await account.append(opened())
    searches = [asyncio.create_task(file.journal.readers.fetch(ENDLESS)) for _ in range(4)]
    assert await account.loaded() == account.state
    assert not any(search.done() for search in searches)
    for search in searches:
        search.cancel()
    await asyncio.gather(*searches, return_exceptions=True)


async def test_more_queries_than_may_wait_are_refused() -> None:
    readers = Readers([], bound=0, deadline=5)
    with pytest.raises(TooManyQueries):
        await readers.fetch("SELECT 1")
