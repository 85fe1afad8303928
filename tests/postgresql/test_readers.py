"""Readers: queries that are stopped after their deadline, refused beyond the bound, and outlive lost connections."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
import pytest

from seatkeeper.storage.errors import DatabaseRefused, QueryTooSlow, StorageDown, TooManyQueries
from seatkeeper.storage.postgresql.reading.readers import Readers, open_readers
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import connect
from tests.postgresql.server import Server, running_server

ENDLESS = "SELECT pg_sleep(3600)"
RUNNING = """
SELECT count(*) FROM pg_stat_activity
WHERE state = 'active' AND query LIKE '%pg_sleep(3600)' AND datname = current_database()
"""
DEADLINE = 20.0


@asynccontextmanager
async def reading(url: str, *, count: int = 1, bound: int = 10, deadline: float = 5.0) -> AsyncIterator[Readers]:
    """Readers of a database."""
    readers = await open_readers(partial(connect, Address(url)), count=count, bound=bound, deadline=deadline)
    try:
        yield readers
    finally:
        await readers.close()


async def until(readers: Readers, expected: object, sql: str = "SELECT 1") -> None:
    """Query until the answer is this."""
    async with asyncio.timeout(DEADLINE):
        while True:
            try:
                if await readers.fetch(sql) == expected:
                    return
            except StorageDown:
                await asyncio.sleep(0.05)


async def test_a_query_that_takes_too_long_is_stopped_and_the_next_one_is_answered(database_url: str) -> None:
    async with reading(database_url, deadline=0.3) as readers:
        with pytest.raises(QueryTooSlow):
            await readers.fetch(ENDLESS)
        assert await readers.fetch("SELECT 2") == [(2,)]
        assert readers.waiting == 0


async def test_the_server_runs_no_query_that_nobody_waits_for(database_url: str) -> None:
    async with reading(database_url, deadline=0.3) as readers, reading(database_url) as others:
        with pytest.raises(QueryTooSlow):
            await readers.fetch(ENDLESS)
        await until(others, [(0,)], RUNNING)


async def test_a_query_waits_for_a_connection_no_longer_than_its_deadline(database_url: str) -> None:
    async with reading(database_url, deadline=0.3) as readers:
        both = await asyncio.gather(readers.fetch(ENDLESS), readers.fetch(ENDLESS), return_exceptions=True)
        assert [type(error) for error in both] == [QueryTooSlow] * 2


async def test_a_query_beyond_the_bound_is_refused_at_once(database_url: str) -> None:
    async with reading(database_url, bound=0) as readers:
        with pytest.raises(TooManyQueries):
            await readers.fetch("SELECT 1")


async def test_readers_cannot_write(database_url: str) -> None:
    async with reading(database_url) as readers:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await readers.fetch("CREATE TABLE t (x int)")


async def test_values_are_numbered_by_their_marks(database_url: str) -> None:
    async with reading(database_url) as readers:
        found = await readers.fetch("SELECT CAST(? AS TEXT), CAST(? AS BIGINT) + ?", ["a", 2**53, 1])
        assert found == [("a", 2**53 + 1)]


async def test_a_connection_that_the_server_ended_is_replaced(database_url: str) -> None:
    async with reading(database_url) as readers, reading(database_url) as others:
        ((pid,),) = await readers.fetch("SELECT pg_backend_pid()")
        await others.fetch("SELECT pg_terminate_backend(?)", [pid])
        await until(readers, [(1,)])


async def test_a_query_whose_connection_is_ended_meanwhile_says_that_the_storage_is_down(database_url: str) -> None:
    async with reading(database_url) as readers, reading(database_url) as others:
        ((pid,),) = await readers.fetch("SELECT pg_backend_pid()")
        slow = asyncio.create_task(readers.fetch(ENDLESS))
        await until(others, [(True,)], f"SELECT query LIKE '%pg_sleep%' FROM pg_stat_activity WHERE pid = {pid!r}")
        await others.fetch("SELECT pg_terminate_backend(?)", [pid])
        with pytest.raises(StorageDown):
            await slow
        assert await readers.fetch("SELECT 1") == [(1,)]


async def test_closing_does_not_wait_for_a_query(database_url: str) -> None:
    async with reading(database_url, deadline=60.0) as readers:
        slow = asyncio.create_task(readers.fetch(ENDLESS))
        async with reading(database_url) as others:
            await until(others, [(1,)], RUNNING)
        async with asyncio.timeout(DEADLINE):
            await readers.close()
        with pytest.raises(StorageDown):
            await slow
        with pytest.raises(StorageDown):
            await readers.fetch("SELECT 1")


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server that a test may end."""
    with running_server() as server:
        yield server


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL])
async def test_while_the_server_is_away_queries_say_so_and_when_it_is_back_they_are_answered(
    own_server: Server, how: signal.Signals
) -> None:
    async with reading(own_server.url(), count=2) as readers:
        own_server.stop(how)
        for _ in range(3):
            with pytest.raises(StorageDown):
                await readers.fetch("SELECT 1")
        own_server.start()
        await until(readers, [(1,)])


async def test_readers_are_not_opened_while_the_server_is_away(own_server: Server) -> None:
    own_server.stop()
    with pytest.raises(DatabaseRefused):
        async with reading(own_server.url()):
            pass
