"""Queries of a database that fails: each failure has its name."""

from __future__ import annotations

import pytest

from seatkeeper.storage.errors import EventDamaged, QueryFailed, StorageDown
from tests.accounts.past import opened
from tests.postgresql.stores import PostgresqlStore
from tests.storage.stores import account_id


async def test_a_table_that_is_gone_is_told(database_url: str) -> None:
    async with PostgresqlStore(database_url) as store:
        await store.sql("DROP TABLE key_uses")
        with pytest.raises(QueryFailed, match="key_uses"):
            await store.queries.key_uses()


async def test_after_the_end_queries_say_that_the_storage_is_down(database_url: str) -> None:
    async with PostgresqlStore(database_url) as store:
        pass
    with pytest.raises(StorageDown):
        await store.queries.account(account_id(1))


@pytest.mark.parametrize("change", ["data = '{}'", "recorded_at = 'never'", "checksum = 7", "context = '{}'"])
async def test_a_changed_event_is_not_shown(database_url: str, change: str) -> None:
    async with PostgresqlStore(database_url) as store:
        account = store.account(1)
        await account.append(opened())
        await store.sql(f"UPDATE events SET {change} WHERE position = 2")
        for events in (store.queries.feed(0, 10), account.events()):
            with pytest.raises(EventDamaged, match="event 2 of the journal"):
                await events


async def test_an_event_that_is_gone_is_told(database_url: str) -> None:
    async with PostgresqlStore(database_url) as store:
        await store.account(1).append(opened())
        await store.sql("DELETE FROM events WHERE position = 1")
        with pytest.raises(EventDamaged, match="no event at position 1"):
            await store.queries.feed(0, 10)
