"""The id of the journal: the same at each start, and another one in a copy."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

from seatkeeper.storage.journal_ids import JournalIdentity
from seatkeeper.storage.postgresql.schema.identity import journal_identity
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import close, connect
from tests.postgresql.server import Server, program
from tests.postgresql.stores import PostgresqlStore, run
from tests.postgresql.test_failures import sign_up


async def identity(url: str, *accounts: int) -> JournalIdentity:
    """Serve a database, and sign up for these."""
    async with PostgresqlStore(url) as store:
        for number in accounts:
            await sign_up(store, number)
        return store.journal.identity


async def test_it_stays_from_start_to_start(database_url: str) -> None:
    first = await identity(database_url, 1)
    assert first.earlier == {}
    assert await identity(database_url) == first


async def test_a_database_made_of_it_shares_what_was_there(postgresql: Server, database: str) -> None:
    original = await identity(postgresql.url(database), 1)
    copy = postgresql.new_database(f"TEMPLATE {database}")
    await identity(postgresql.url(database), 2)
    copied = await identity(postgresql.url(copy), 3)
    assert copied.journal_id != original.journal_id
    assert copied.earlier == {original.journal_id: 2}
    assert await identity(postgresql.url(copy)) == copied
    assert await identity(postgresql.url(database)) == original
    postgresql.drop(copy)


async def test_a_dump_that_is_restored_elsewhere_is_another_journal(
    postgresql: Server, database: str, tmp_path: Path
) -> None:
    original = await identity(postgresql.url(database), 1)
    restore(postgresql, dump(postgresql, database, tmp_path), target := postgresql.new_database())
    restored = await identity(postgresql.url(target), 2)
    assert (restored.journal_id != original.journal_id, restored.earlier) == (True, {original.journal_id: 2})
    postgresql.drop(target)


async def test_a_dump_that_is_restored_over_the_database_is_another_journal(
    postgresql: Server, database: str, tmp_path: Path
) -> None:
    original = await identity(postgresql.url(database), 1)
    saved = dump(postgresql, database, tmp_path)
    await identity(postgresql.url(database), 2)
    restore(postgresql, saved, database, "--clean")
    restored = await identity(postgresql.url(database), 3)
    assert (restored.journal_id != original.journal_id, restored.earlier) == (True, {original.journal_id: 2})


async def test_another_file_of_the_events_is_a_new_id_that_shares_all(database_url: str) -> None:
    original = await identity(database_url, 1)
    await run(database_url, "VACUUM FULL events")
    assert (await identity(database_url)).last_shared(original.journal_id, 2) is None


async def test_shards_that_find_it_elsewhere_at_the_same_moment_give_it_one_id(database_url: str) -> None:
    original = await identity(database_url, 1)
    await run(database_url, "UPDATE journal_home SET home = 'elsewhere'")
    connections = [await connect(Address(database_url)) for _ in range(6)]
    found = await asyncio.gather(*map(journal_identity, connections))
    await close(*connections)
    assert {one.journal_id for one in found} == {(await identity(database_url)).journal_id}
    assert [one.earlier for one in found] == [{original.journal_id: 2}] * 6


def dump(server: Server, database: str, folder: Path) -> Path:
    """Save a database."""
    with (folder / "dump").open("wb") as saved:
        subprocess.run([program("pg_dump"), "-Fc", "-d", server.url(database)], stdout=saved, check=True)
    return folder / "dump"


def restore(server: Server, saved: Path, database: str, *options: str) -> None:
    """Restore one."""
    with saved.open("rb") as dumped:
        subprocess.run([program("pg_restore"), *options, "-d", server.url(database)], stdin=dumped, check=True)
