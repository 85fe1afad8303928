"""The fence: of two processes on one database, only the one that came last stores anything."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown
from seatkeeper.storage.errors import DatabaseRefused, StorageDown
from seatkeeper.storage.postgresql.server import connection
from tests.postgresql.proxy import COMMIT, Fault, Proxy, proxied
from tests.postgresql.server import Server
from tests.postgresql.stores import PostgresqlStore, run
from tests.postgresql.test_failures import EVENTS, begin, committed, eventually_signed_up, sign_up
from tests.storage.stores import DEADLINE, account_id


@pytest.fixture
async def proxy(postgresql: Server) -> AsyncIterator[Proxy]:
    """The network before the older process."""
    async with proxied(postgresql.port) as network:
        yield network


@pytest.fixture
async def older(proxy: Proxy, database_url: str) -> AsyncIterator[PostgresqlStore]:
    """A store that another one takes the journal from."""
    store = PostgresqlStore(proxy.url(database_url), on_outcome_unknown=lambda: dropped.append(1))
    dropped: list[int] = []
    await store.journal.open()
    yield store
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(DatabaseRefused, match=r"another process has taken postgresql://.* over"):
            await store.journal.close()
    assert dropped, "its actors have to be dropped"
    await store.journal.engine.close()


async def test_the_next_append_of_the_older_one_stores_nothing_and_says_so(
    older: PostgresqlStore, database_url: str
) -> None:
    assert await sign_up(older, 1) == 2
    async with PostgresqlStore(database_url) as newer:
        assert await sign_up(newer, 2) == 4
        with pytest.raises(NotStored, match="another process has taken"):
            await sign_up(older, 3)
        assert await sign_up(newer, 4) == 6
    assert await committed(database_url) == [1, 2, 3, 4, 5, 6]
    assert await run(database_url, "SELECT count(*) FROM accounts") == [(3,)]


async def test_the_older_one_is_not_ready_and_ends(older: PostgresqlStore, database_url: str) -> None:
    async with PostgresqlStore(database_url):
        with pytest.raises(NotStored):
            await sign_up(older, 1)
        with pytest.raises(DatabaseRefused, match="one service at a time"):
            await older.journal.writing
        assert not older.journal.ready()


async def test_a_write_beside_the_events_of_the_older_one_stores_nothing(
    older: PostgresqlStore, database_url: str
) -> None:
    async with PostgresqlStore(database_url):
        with pytest.raises(NotStored):
            await older.journal.write_aside([("INSERT INTO key_uses VALUES ($1, $2)", ["a", "b"])])
    assert await run(database_url, "SELECT * FROM key_uses") == []


async def test_a_transaction_that_was_begun_before_the_take_over_cannot_store_its_events_after_it(
    proxy: Proxy, older: PostgresqlStore, database_url: str
) -> None:
    proxy.set_trap(EVENTS, Fault.HOLD)
    append = begin(older, 1)
    await proxy.sprung.wait()
    async with PostgresqlStore(database_url) as newer:
        assert await sign_up(newer, 2) == 2
        proxy.let_go()
        assert isinstance(await append.outcome(), NotStored)
        assert await sign_up(newer, 3) == 4
    assert await committed(database_url) == [1, 2, 3, 4]


async def test_a_commit_that_hangs_before_the_take_over_is_ended_by_it(
    proxy: Proxy, database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(connection.SETTINGS, "idle_in_transaction_session_timeout", "1s")
    monkeypatch.setitem(connection.SETTINGS, "lock_timeout", "100ms")
    older = PostgresqlStore(proxy.url(database_url))
    await older.journal.open()
    proxy.set_trap(COMMIT, Fault.HOLD)
    append = begin(older, 1)
    await proxy.sprung.wait()
    with caplog.at_level(logging.WARNING):
        async with PostgresqlStore(database_url) as newer:
            assert await sign_up(newer, 2) == 2
            proxy.let_go()
            assert isinstance(await append.outcome(), OutcomeUnknown)
            with pytest.raises(DatabaseRefused, match="another process has taken"):
                await older.journal.close()
    await older.journal.engine.close()
    assert "a commit of the owner before is still under way" in caplog.text
    assert await run(database_url, "SELECT account_id FROM accounts") == [(account_id(2),)]


async def test_a_process_may_take_its_own_shard_again_although_it_never_heard_that_it_had(
    proxy: Proxy, database_url: str
) -> None:
    async with PostgresqlStore(proxy.url(database_url)) as store:
        await sign_up(store, 1)
        proxy.set_trap(b"UPDATE shards", Fault.CUT_AFTER)
        store.journal.engine.database.writer.cut_off()
        with pytest.raises(StorageDown):
            await sign_up(store, 2)
        assert await sign_up(store, 2) == 4


async def test_the_older_one_ends_although_it_has_nothing_to_store(older: PostgresqlStore, database_url: str) -> None:
    async with PostgresqlStore(database_url), asyncio.timeout(DEADLINE):
        with pytest.raises(DatabaseRefused, match="one service at a time"):
            await older.journal.writing


CUT_OFF = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'seatkeeper'"
TAKEN_ON_A_STANDBY = "UPDATE shards SET epoch = 2, holder = 'one that was started on it'"
"""What a process leaves on a standby that was promoted, and that lacked some take-overs: a lower epoch."""


async def owned_before(url: str) -> list[tuple[object, ...]]:
    """Have the shard taken some times, and return its row."""
    for _ in range(3):
        async with PostgresqlStore(url):
            pass
    return await run(url, "SELECT epoch, holder FROM shards")


async def test_one_with_a_lower_epoch_is_not_fenced_by_an_older_process_that_comes_back(
    older: PostgresqlStore, database_url: str
) -> None:
    await owned_before(database_url)
    await run(database_url, TAKEN_ON_A_STANDBY)
    await run(database_url, CUT_OFF)
    with pytest.raises(NotStored):
        await sign_up(older, 1)
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(DatabaseRefused, match="another process has taken"):
            await older.journal.writing
    assert await run(database_url, "SELECT epoch, holder FROM shards") == [(2, "one that was started on it")]


async def test_a_process_goes_on_where_its_own_take_over_was_lost_and_nobody_came_meanwhile(database_url: str) -> None:
    ((epoch, holder),) = await owned_before(database_url)
    async with PostgresqlStore(database_url) as store:
        await run(database_url, "UPDATE shards SET epoch = $1, holder = $2", epoch, holder)
        store.journal.engine.database.writer.cut_off()
        assert await eventually_signed_up(store, 1) == 2
        assert await run(database_url, "SELECT epoch > $1 FROM shards", epoch) == [(True,)]
