"""The start on a database: what is made in an empty one, and what is refused, with a reason."""

from __future__ import annotations

import asyncio
import logging

import asyncpg
import pytest

from seatkeeper.storage.errors import DatabaseRefused, StorageAway
from seatkeeper.storage.postgresql.schema.ddl import SCHEMA_VERSION
from seatkeeper.storage.postgresql.schema.prepare import prepare
from seatkeeper.storage.postgresql.server import check
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import connect
from seatkeeper.storage.registry import KINDS
from tests.postgresql.server import Server
from tests.postgresql.stores import PostgresqlStore, run
from tests.postgresql.test_failures import sign_up


async def refused(url: str) -> str:
    """Say why a start is refused."""
    with pytest.raises(DatabaseRefused) as error:
        await PostgresqlStore(url).journal.open()
    return str(error.value)


async def test_a_database_that_is_prepared_is_used_again(database_url: str) -> None:
    async with PostgresqlStore(database_url) as store:
        await sign_up(store, 1)
    async with PostgresqlStore(database_url) as store:
        assert await sign_up(store, 2) == 4


async def test_two_processes_may_prepare_it_at_the_same_moment(database_url: str) -> None:
    address = Address(database_url)
    connections = [await connect(address) for _ in range(4)]
    await asyncio.gather(*(prepare(connection, address, KINDS) for connection in connections))
    for connection in connections:
        await connection.close()


async def test_tables_of_another_application_are_refused_and_left_alone(database_url: str) -> None:
    await run(database_url, "CREATE TABLE accounts (id int)")
    await run(database_url, "CREATE TABLE orders (id int)")
    assert "is a database of another application: it has accounts." in await refused(database_url)
    assert await run(database_url, "SELECT to_regclass('events')") == [(None,)]


async def test_tables_under_other_names_are_no_harm(database_url: str) -> None:
    await run(database_url, "CREATE TABLE orders (id int)")
    async with PostgresqlStore(database_url) as store:
        assert await sign_up(store, 1) == 2


async def test_a_schema_of_a_newer_release_is_refused(database_url: str) -> None:
    async with PostgresqlStore(database_url) as store:
        await store.sql("UPDATE seatkeeper_schema SET version = 99")
    assert f"has schema version 99, and this program knows versions up to {SCHEMA_VERSION}" in await refused(
        database_url
    )


async def test_an_event_that_only_a_newer_release_can_read_is_refused(database_url: str) -> None:
    async with PostgresqlStore(database_url) as store:
        await sign_up(store, 1)
        await store.sql("UPDATE events SET type = 'seat.polished' WHERE position = 2")
    assert "has an event of type 'seat.polished' (position 2, account-" in await refused(database_url)


async def test_a_table_like_ours_that_we_have_not_made_is_refused(database_url: str) -> None:
    await run(database_url, "CREATE TABLE seatkeeper_schema (id int)")
    assert "that this program has not made" in await refused(database_url)


async def test_a_role_that_may_not_make_tables_is_told_so(postgresql: Server, database: str) -> None:
    postgresql.sql("CREATE ROLE guest LOGIN")
    assert "permission denied for schema public" in await refused(postgresql.url(database, user="guest"))


async def test_a_role_that_owns_its_database_needs_no_more(postgresql: Server) -> None:
    postgresql.sql("CREATE ROLE keeper LOGIN")
    name = postgresql.new_database("OWNER keeper")
    async with PostgresqlStore(postgresql.url(name, user="keeper")) as store:
        assert await sign_up(store, 1) == 2
    assert postgresql.sql("SELECT to_regclass('accounts_by_part_of_name')", name) == [["accounts_by_part_of_name"]]
    postgresql.drop(name)


async def test_without_the_extension_for_parts_of_names_it_starts_and_says_so(
    postgresql: Server, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    postgresql.sql("CREATE ROLE modest LOGIN")
    postgresql.sql("CREATE SCHEMA own AUTHORIZATION modest", database)
    url = f"{postgresql.url(database, user='modest')}?options=-csearch_path%3Down"
    with caplog.at_level(logging.WARNING):
        async with PostgresqlStore(url) as store:
            assert await sign_up(store, 1) == 2
    assert "a search for a part of a name will read all names" in caplog.text


async def test_another_encoding_is_refused(postgresql: Server) -> None:
    name = postgresql.new_database("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    assert "has the encoding LATIN1" in await refused(postgresql.url(name))
    postgresql.drop(name)


async def test_a_database_that_is_not_there_is_named(postgresql: Server) -> None:
    assert 'database "nowhere" does not exist' in await refused(postgresql.url("nowhere"))


async def test_a_start_waits_for_a_server_that_takes_no_writes_now(postgresql: Server, database: str) -> None:
    connection = await asyncpg.connect(postgresql.url(database))
    await connection.execute("SET default_transaction_read_only = on")
    with pytest.raises(StorageAway, match="takes no writes"):
        await check.refuse_unfit(connection, Address(postgresql.url(database)))
    await connection.close()


@pytest.fixture
def careless(postgresql: Server, database: str) -> str:
    """A database whose commits do not wait for the disk."""
    postgresql.sql(f"ALTER DATABASE {database} SET synchronous_commit = off")
    postgresql.sql(f"ALTER DATABASE {database} SET default_transaction_isolation = 'serializable'")
    return postgresql.url(database)


async def test_commits_wait_for_the_disk_whatever_the_database_says(careless: str) -> None:
    async with PostgresqlStore(careless) as store:
        connection = store.journal.engine.database.writer.connection
        assert await connection.fetchval("SHOW synchronous_commit") == "on"
        assert await connection.fetchval("SHOW default_transaction_isolation") == "read committed"


async def test_a_server_without_fsync_is_warned_of(
    postgresql: Server, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    postgresql.sql("ALTER SYSTEM SET full_page_writes = off")
    postgresql.sql("SELECT pg_reload_conf()")
    try:
        with caplog.at_level(logging.WARNING):
            async with asyncio.timeout(20):
                while "the server may lose commits in a crash" not in caplog.text:
                    async with PostgresqlStore(postgresql.url(database)):
                        pass
    finally:
        postgresql.sql("ALTER SYSTEM RESET full_page_writes")
        postgresql.sql("SELECT pg_reload_conf()")


async def test_one_in_a_schema_beside_another_has_indexes_of_its_own(postgresql: Server) -> None:
    first, second = (postgresql.new_schema() for _ in range(2))
    beside = f"{postgresql.url()}?options=-csearch_path%3D{second},{first},public"
    for url in (postgresql.url_of_schema(first), beside):
        async with PostgresqlStore(url):
            pass
    names = "('events_unknown', 'accounts_by_part_of_name')"
    made = await run(postgresql.url(), f"SELECT schemaname, indexname FROM pg_indexes WHERE indexname IN {names}")
    assert {(schema, name) for schema, name in made if schema in {first, second}} == {
        (schema, name) for schema in (first, second) for name in ("events_unknown", "accounts_by_part_of_name")
    }
