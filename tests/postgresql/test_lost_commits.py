"""A server that lacks commits that were acknowledged: nothing goes on from what is remembered of them."""

from __future__ import annotations

import asyncio

import pytest

from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown
from seatkeeper.storage.errors import DatabaseRefused
from tests.postgresql.stores import PostgresqlStore, run
from tests.postgresql.test_failures import committed, sign_up
from tests.storage.stores import DEADLINE

GO_BACK = ("DELETE FROM events WHERE position > 2", "UPDATE journal_head SET position = 2")
CUT_OFF = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'seatkeeper'"


async def test_the_service_ends_and_stores_nothing(database_url: str) -> None:
    store = PostgresqlStore(database_url)
    await store.journal.open()
    assert [await sign_up(store, number) for number in (1, 2)] == [2, 4]
    for statement in (*GO_BACK, CUT_OFF):
        await run(database_url, statement)
    async with asyncio.timeout(DEADLINE):
        with pytest.raises((NotStored, OutcomeUnknown)):
            await sign_up(store, 3)
        with pytest.raises(DatabaseRefused, match="is at position 2 now, and 4 was acknowledged"):
            await store.journal.writing
    assert await committed(database_url) == [1, 2]
    await store.journal.engine.close()
