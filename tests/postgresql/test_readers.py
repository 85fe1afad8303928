"""Readers: queries that are stopped after their deadline, refused beyond the bound, and outlive lost connections."""

from __future__ import annotations

import asyncio
import random
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
from seatkeeper.storage.sql.pieces import Row, Value
from tests.postgresql.server import Server, running_server
from tests.suite import pick

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


async def pids(readers: Readers, count: int) -> Row:
    """The processes of some connections, as many times as that; 0 for one that cannot be asked now."""
    found: list[Value] = []
    for _ in range(count):
        try:
            found += [pid for (pid,) in await readers.fetch("SELECT pg_backend_pid()")]
        except (QueryTooSlow, StorageDown):
            found.append(0)
    return tuple(found)


async def until_all(readers: Readers, count: int) -> None:
    """Wait until so many queries run at once."""
    async with asyncio.timeout(DEADLINE):
        while True:
            same = [readers.fetch("SELECT pg_backend_pid() FROM pg_sleep(0.1)") for _ in range(count)]
            found = await asyncio.gather(*same, return_exceptions=True)
            if len({str(one) for one in found if isinstance(one, list)}) == count:
                return


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


@pytest.mark.parametrize("seed", range(pick(short=2, middle=10, long=100)))
async def test_whatever_happens_to_queries_every_connection_comes_back(database_url: str, seed: int) -> None:
    chance = random.Random(seed)

    async def one(readers: Readers) -> object:
        sql = chance.choice(["SELECT 1", "SELECT pg_sleep(0.02)", "SELECT 1 / 0", ENDLESS, "SELECT ("])
        query = asyncio.ensure_future(readers.fetch(sql))
        if chance.random() < 1 / 3:
            asyncio.get_running_loop().call_later(chance.random() / 20, query.cancel)
        return await query

    async with reading(database_url, count=3, bound=1_000, deadline=0.2) as readers, reading(database_url) as others:
        for _ in range(10):
            outcomes = await asyncio.gather(*[one(readers) for _ in range(20)], return_exceptions=True)
            kinds = (list, QueryTooSlow, StorageDown, asyncpg.PostgresError, asyncio.CancelledError)
            assert [outcome for outcome in outcomes if not isinstance(outcome, kinds)] == []
            ended = "pg_terminate_backend(pid)" if chance.random() < 1 / 2 else "pid"
            await others.fetch(f"SELECT {ended} FROM pg_stat_activity WHERE pid IN (?, ?)", await pids(readers, 2))
        await until_all(readers, 3)
        assert readers.waiting == 0


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
