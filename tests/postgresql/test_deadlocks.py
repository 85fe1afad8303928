"""Two shards that claim the same external ids in another order: one has them, and the other is refused."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

import asyncpg
import pytest

from seatkeeper.actors.aggregates.messages import Refusal
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.sharding.beside import prepare_for_shards
from seatkeeper.storage.postgresql.shards import Place
from tests.accounts.past import opened
from tests.postgresql.stores import PostgresqlStore, run
from tests.postgresql.test_verify import findings
from tests.storage.stores import DEADLINE, Written, account_id

WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"


@pytest.fixture
async def shards(database_url: str) -> AsyncIterator[Sequence[PostgresqlStore]]:
    """Two shards, and two accounts of the first."""
    await prepare_for_shards(Address(database_url), 2)
    async with AsyncExitStack() as stack:
        stores = [PostgresqlStore(database_url, place=Place(number, 2)) for number in range(2)]
        for store in stores:
            await stack.enter_async_context(store)
        for number in (98, 99):
            await stores[0].account(number).append(opened(account_id=account_id(number)))
        yield stores


def claim(store: PostgresqlStore, first: int, external_ids: Sequence[str]) -> list[Written]:
    """Open accounts with these, in one commit."""
    return [
        store.account(number).append(opened(account_id=account_id(number), external_id=external_id))
        for number, external_id in enumerate(external_ids, first)
    ]


async def deadlock(shards: Sequence[PostgresqlStore], url: str) -> list[Written]:
    """Have each shard take an id and wait, then go on to the id of the other."""
    outsider = await asyncpg.connect(url)
    await outsider.execute("BEGIN")
    for number, external_id in ((98, "b"), (99, "c")):
        sql = "UPDATE accounts SET external_id = $1 WHERE account_id = $2"
        await outsider.execute(sql, external_id, account_id(number))
    writes = [*claim(shards[0], 1, ["a", "b", "d"]), *claim(shards[1], 11, ["d", "c", "a"])]
    async with asyncio.timeout(DEADLINE):
        while await run(url, WAITING) != [(2,)]:  # noqa: ASYNC110 - they are other processes
            await asyncio.sleep(0.02)
    await outsider.execute("ROLLBACK")
    await outsider.close()
    return writes


async def test_each_id_has_one_owner_and_the_others_are_refused(
    shards: Sequence[PostgresqlStore], database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        outcomes = [await write.outcome() for write in await deadlock(shards, database_url)]
    assert "a commit met one of another shard, and is tried again" in caplog.text
    refused = [type(outcome).__name__ for outcome in outcomes if isinstance(outcome, Refusal)]
    assert refused == ["ExternalIdTaken"] * 2
    assert all(isinstance(outcome, int | Refusal) for outcome in outcomes)
    owned = await run(database_url, "SELECT external_id FROM accounts WHERE external_id IS NOT NULL ORDER BY 1")
    assert owned == [("a",), ("b",), ("c",), ("d",)]
    assert [shard.journal.unready_reason() for shard in shards] == [None, None]
    assert await findings(database_url) == []


async def test_one_that_is_never_resolved_is_told_that_nothing_was_stored(
    shards: Sequence[PostgresqlStore], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seatkeeper.storage.postgresql.writer.DEADLOCKS", 0)
    outcomes = [await write.outcome() for write in await deadlock(shards, database_url)]
    stored = [outcome for outcome in outcomes if isinstance(outcome, int)]
    failed = [outcome for outcome in outcomes if not isinstance(outcome, int)]
    assert (len(stored), len(failed)) == (3, 3)
    assert {f"{type(outcome).__name__}: {outcome}" for outcome in failed} == {
        "Deadlocked: nothing was stored: deadlock detected (40P01)"
    }
