"""How many shards the streams of a database belong to: said once, and asked for at every start."""

from __future__ import annotations

import asyncio

import pytest

from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.sharding.beside import prepare_for_shards
from seatkeeper.storage.postgresql.shards import Place
from tests.postgresql.stores import PostgresqlStore, run
from tests.postgresql.test_failures import sign_up
from tests.service import Ended, run_to_its_end
from tests.storage.stores import DEADLINE


async def test_a_new_database_belongs_to_as_many_as_are_asked_for(database_url: str) -> None:
    assert await prepare_for_shards(Address(database_url), 4) == 4
    assert await prepare_for_shards(Address(database_url), None) == 4
    assert await run(database_url, "SELECT shards FROM seatkeeper_schema") == [(4,)]


async def test_one_that_was_divided_is_refused_to_another_number(database_url: str) -> None:
    await prepare_for_shards(Address(database_url), 4)
    for other in (1, 2):
        with pytest.raises(DatabaseRefused, match=rf"belong to 4 shards, and not to {other}: use .* --shards 4"):
            await prepare_for_shards(Address(database_url), other)


async def test_one_that_was_divided_is_refused_to_a_service_of_one_process(database_url: str) -> None:
    await prepare_for_shards(Address(database_url), 4)
    with pytest.raises(DatabaseRefused, match="belong to 4 shards, and not to 1"):
        await PostgresqlStore(database_url).journal.open()
    assert await run(database_url, "SELECT * FROM shards") == []


async def test_who_had_the_whole_database_when_it_was_divided_stores_nothing_more(database_url: str) -> None:
    store = PostgresqlStore(database_url)
    await store.journal.open()
    assert await sign_up(store, 1) == 2
    await prepare_for_shards(Address(database_url), 2)
    with pytest.raises(NotStored, match="another process has taken"):
        await sign_up(store, 2)
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(DatabaseRefused):
            await store.journal.close()
    await store.journal.engine.close()


async def test_keys_are_made_in_one_that_was_divided_while_no_shard_runs(database_url: str) -> None:
    await prepare_for_shards(Address(database_url), 4)
    made = [await asyncio.to_thread(make_key, database_url) for _ in range(4)]
    assert [one.status for one in made] == [0] * 4, made
    assert await run(database_url, "SELECT count(*) FROM api_keys") == [(4,)]
    assert await run(database_url, "SELECT shards FROM seatkeeper_schema") == [(4,)]


async def test_no_key_is_made_in_one_that_was_divided_while_a_shard_runs(database_url: str) -> None:
    await prepare_for_shards(Address(database_url), 4)
    async with PostgresqlStore(database_url, place=Place(3, 4)):
        refused = await asyncio.to_thread(make_key, database_url)
    assert (refused.status, "is in use by another process" in refused.errors) == (1, True)


def make_key(database_url: str) -> Ended:
    """Make a key as an operator does while nothing runs."""
    return run_to_its_end("keys", "create", "--database", database_url, "--name", "root", "--scope", "admin")


async def test_one_shard_is_what_a_service_of_one_process_has(database_url: str) -> None:
    await prepare_for_shards(Address(database_url), 1)
    async with PostgresqlStore(database_url) as store:
        assert await sign_up(store, 1) == 2
