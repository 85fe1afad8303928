"""The starts of clusters and services on one database: what the last one has, no earlier one takes back."""

from __future__ import annotations

import pytest

from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.sharding.beside import prepare_for_shards
from seatkeeper.storage.postgresql.sharding.starts import new_start_on
from seatkeeper.storage.postgresql.shards import Place, TakenOver
from tests.postgresql.stores import PostgresqlStore, run
from tests.service import run_to_its_end

FAR = "999999999999"
"""The number of a start that no clock has reached."""


@pytest.fixture
async def url(database_url: str) -> str:
    """A database that is prepared for one shard."""
    await prepare_for_shards(Address(database_url), 1)
    return database_url


async def take(url: str, start: str | None) -> None:
    """Open the shard as a new process of this start, and close it again."""
    async with PostgresqlStore(url, place=Place(0, 1, start)):
        pass


async def test_a_process_takes_the_shard_back_from_one_of_its_own_start(url: str) -> None:
    start = await new_start_on(Address(url))
    await take(url, start)
    await take(url, start)
    assert await run(url, "SELECT epoch FROM shards") == [(2,)]


async def test_a_later_start_takes_the_shard_and_an_earlier_one_takes_nothing(url: str) -> None:
    earlier = await new_start_on(Address(url))
    await take(url, earlier)
    later = await new_start_on(Address(url))
    await take(url, later)
    before = await run(url, "SELECT * FROM shards")
    with pytest.raises(TakenOver, match="another process has taken"):
        await take(url, earlier)
    assert await run(url, "SELECT * FROM shards") == before
    await take(url, later)


async def test_of_two_that_start_in_the_same_moment_one_keeps_the_shard(url: str) -> None:
    first, second = sorted([await new_start_on(Address(url)), await new_start_on(Address(url))])
    for start in (second, first, second):
        if start == first:
            with pytest.raises(TakenOver):
                await take(url, start)
        else:
            await take(url, start)


async def test_a_start_comes_after_the_one_that_has_the_shard_though_the_clock_was_set_back(url: str) -> None:
    before = f"{int(FAR) - 1}-0123456789abcdef"
    await take(url, before)
    start = await new_start_on(Address(url))
    assert start.startswith(f"{FAR}-")
    await take(url, start)


async def test_a_service_of_one_process_takes_over_from_a_cluster_of_one_shard_and_keeps_it(url: str) -> None:
    cluster = await new_start_on(Address(url))
    await take(url, cluster)
    await take(url, None)
    with pytest.raises(TakenOver):
        await take(url, cluster)
    await take(url, await new_start_on(Address(url)))


async def test_a_cluster_takes_its_shard_back_after_a_command_that_had_the_stopped_database(url: str) -> None:
    cluster = await new_start_on(Address(url))
    await take(url, cluster)
    made = run_to_its_end("keys", "create", "--database", url, "--name", "root", "--scope", "admin")
    assert made.status == 0, made
    await take(url, cluster)


async def test_a_cluster_takes_its_shard_from_one_whose_start_is_not_known(url: str) -> None:
    await run(url, "INSERT INTO shards VALUES (0, 1, gen_random_uuid())")
    await take(url, await new_start_on(Address(url)))
