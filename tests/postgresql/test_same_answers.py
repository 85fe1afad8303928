"""PostgreSQL lists what the engine in memory lists, with its index of trigrams and without it."""

from __future__ import annotations

import random

import pytest

from tests.postgresql.stores import PostgresqlStore
from tests.sqlite.search.test_same_answers import compare, write
from tests.storage.stores import memory_store
from tests.suite import pick

SEEDS = pick(short=2, middle=20, long=200)


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_every_list_is_what_the_engine_in_memory_lists(database_url: str, seed: int) -> None:
    memory = memory_store()
    async with PostgresqlStore(database_url) as store:
        if seed % 2:
            await store.sql("DROP INDEX accounts_by_part_of_name")
        await write([store, memory], random.Random(seed))
        await compare(store, memory)
