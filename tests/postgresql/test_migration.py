"""Migration: an older database is brought up to date in one transaction, or left as it was."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.postgresql.schema import ddl
from seatkeeper.storage.postgresql.schema.prepare import prepare
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import connect
from seatkeeper.storage.registry import KINDS
from tests.postgresql.stores import PostgresqlStore, run
from tests.postgresql.test_failures import sign_up
from tests.postgresql.test_verify import findings
from tests.storage.stores import DEADLINE
from tests.verify.sound_file import fill

TODAY = ddl.SCHEMA_VERSION
NEXT = TODAY + 1
STEP = "ALTER TABLE events ADD COLUMN weather text; DROP TABLE plans;"
"""A migration of a release to come: a column, and a view that has to be made anew."""

VIEWS = ("accounts", "members", "plans")


@pytest.fixture
async def url(database_url: str) -> str:
    """The address of a database of today, with something in it."""
    async with PostgresqlStore(database_url) as store:
        await fill(store)
    return database_url


@pytest.fixture
async def later(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same, for a release to come: what is of today is old then."""
    monkeypatch.setattr(ddl, "SCHEMA_VERSION", NEXT)
    monkeypatch.setattr(ddl, "migration", lambda version: STEP if version == NEXT else "")
    return url


async def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    """The rows of views, without their numbers, but in the order of these."""
    found = {table: await run(url, f"SELECT * FROM {table} ORDER BY 1, 2") for table in VIEWS}
    return {table: [row[isinstance(row[0], int) :] for row in some] for table, some in found.items()}


async def started(url: str) -> None:
    async with PostgresqlStore(url):
        pass


async def version(url: str) -> object:
    return (await run(url, "SELECT version FROM seatkeeper_schema"))[0][0]


async def test_an_older_database_is_migrated_at_the_start(later: str, caplog: pytest.LogCaptureFixture) -> None:
    before = await rows(later)
    with caplog.at_level(logging.INFO):
        await started(later)
    assert await version(later) == NEXT
    assert await rows(later) == before
    assert await findings(later) == []
    assert await run(later, "SELECT weather FROM events LIMIT 1") == [(None,)]
    (record,) = [one for one in caplog.records if one.message == "the database was migrated"]
    assert (vars(record)["from"], vars(record)["to"], vars(record)["views"]) == (TODAY, NEXT, ["plans"])


async def test_it_goes_on_after_that(later: str) -> None:
    await started(later)
    async with PostgresqlStore(later) as store:
        assert await sign_up(store, 9) == 12
    assert await findings(later) == []


@pytest.mark.parametrize("view", VIEWS)
async def test_a_view_that_is_new_in_a_release_is_filled_from_the_journal(url: str, view: str) -> None:
    before = await rows(url)
    await run(url, f"DROP TABLE {view}")
    await started(url)
    assert await rows(url) == before
    assert await findings(url) == []


async def test_a_migration_that_fails_changes_nothing(later: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await rows(later)
    monkeypatch.setattr(ddl, "migration", lambda _version: STEP + "CREATE TABLE events (id int);")
    with pytest.raises(DatabaseRefused, match='relation "events" already exists'):
        await started(later)
    assert (await version(later), await rows(later)) == (TODAY, before)


async def test_a_view_that_cannot_be_made_of_the_events_changes_nothing(later: str) -> None:
    await run(later, "UPDATE events SET data = '{}' WHERE position = 9")
    before = await rows(later)
    with pytest.raises(
        DatabaseRefused, match=r"lacks a view, which cannot be made from its events: .* Restore a backup"
    ):
        await started(later)
    assert (await version(later), await rows(later)) == (TODAY, before)


async def test_an_event_that_only_another_release_knows_is_refused_before(later: str) -> None:
    await run(later, "UPDATE events SET type = 'seat.polished' WHERE position = 2")
    with pytest.raises(DatabaseRefused, match=r"has an event of type 'seat\.polished'"):
        await started(later)
    assert await version(later) == TODAY


@pytest.fixture
async def served(url: str) -> AsyncIterator[PostgresqlStore]:
    """A service of the release of today."""
    async with PostgresqlStore(url) as store:
        yield store


async def test_under_a_service_of_the_older_release_nothing_is_changed(served: PostgresqlStore, later: str) -> None:
    with pytest.raises(DatabaseRefused, match="in use by another process, and this release changes its tables"):
        await started(later)
    assert await version(later) == TODAY
    assert await sign_up(served, 9) == 12


async def test_one_of_the_older_release_that_nobody_sees_stores_nothing_after_it(url: str) -> None:
    older = PostgresqlStore(url)
    await older.journal.open()
    older.journal.engine.database.writer.cut_off()
    await run(url, "DROP TABLE plans")
    await started(url)
    with pytest.raises(NotStored, match="another process has taken"):
        await sign_up(older, 9)
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(DatabaseRefused):
            await older.journal.close()
    await older.journal.engine.close()


async def test_two_processes_that_start_at_once_migrate_once(later: str, caplog: pytest.LogCaptureFixture) -> None:

    address = Address(later)
    connections = [await connect(address) for _ in range(3)]
    with caplog.at_level(logging.INFO):
        await asyncio.gather(*(prepare(connection, address, KINDS) for connection in connections))
    for connection in connections:
        await connection.close()
    assert [one.message for one in caplog.records].count("the database was migrated") == 1
