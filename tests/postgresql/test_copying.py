"""A copy in any direction has everything that its source has, or there is nothing of it."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path

import asyncpg
import pytest

from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.storage import engines
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.verify.verification import silent
from tests.accounts.past import opened
from tests.notifications.past import FIRST, created
from tests.postgresql.server import Server
from tests.postgresql.stores import PostgresqlStore, run
from tests.postgresql.test_failures import committed, sign_up
from tests.service import command_line
from tests.storage.stores import DEADLINE, SqliteStore, account_id, answered, names_in, webhook_id
from tests.torture.rig.machinery import eventually
from tests.verify.sound_file import fill

TABLES = (
    *("events", "event_blocks", "receipts", "snapshots", "key_uses", "accounts", "members", "plans", "webhooks"),
    *("api_keys", "webhook_secrets", "webhook_progress", "webhook_waiting", "webhook_attempts"),
)
GAPS = (
    "SELECT setval(pg_get_serial_sequence('receipts', 'number'), 100)",
    "SELECT setval(pg_get_serial_sequence('accounts', 'number'), 100)",
)
CUT_OFF = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'seatkeeper'"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'seatkeeper' AND wait_event_type = 'Lock'"


@pytest.fixture
async def address(database_url: str) -> str:
    """The address of a database with something of everything, in which numbers were left out."""
    async with PostgresqlStore(database_url) as store:
        await fill(store)
        for statement in GAPS:
            await run(database_url, statement)
        await store.account(3).append(opened(account_id=account_id(3), account_name="É 海"), receipt=answered("one"))
        await store.deliveries.add_secret(webhook_id(1), FIRST, "whsec_1")
        await store.webhook(1).append(created(webhook_id=webhook_id(1)), actor="key:1")
    return database_url


@pytest.fixture
def other(postgresql: Server) -> str:
    """The address of another empty database."""
    return postgresql.url_of_schema(postgresql.new_schema())


async def copied(database: str, destination: str, progress: Callable[[int, int], None] = silent) -> int:
    """Copy, as a program that does nothing else."""
    return await asyncio.to_thread(engines.copy, database, destination, progress=progress)


async def rows(database: str) -> Mapping[str, list[tuple[object, ...]]]:
    """All rows, those that are numbered without their numbers, but in the order of these."""
    found = {}
    for table in TABLES:
        select = f"SELECT * FROM {table} ORDER BY 1, 2"
        some = await run(database, select) if engines.is_address(database) else rows_of_file(database, select)
        found[table] = [row[1:] if table != "events" and isinstance(row[0], int) else row for row in some]
    return found


def rows_of_file(path: str, select: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(select).fetchall()


async def findings(database: str) -> list[str]:
    found: list[str] = []
    await asyncio.to_thread(engines.verify, database, on_finding=found.append, on_pages=silent, on_events=silent)
    return found


async def test_a_file_that_is_made_of_a_database_has_everything(address: str, tmp_path: Path) -> None:
    file = str(tmp_path / "copy.db")
    assert await copied(address, file) == 13
    assert await rows(file) == await rows(address)
    assert await findings(file) == []
    assert names_in(tmp_path) == {"copy.db"}


async def test_a_database_that_is_made_of_a_database_has_everything(address: str, other: str) -> None:
    assert await copied(address, other) == 13
    assert await rows(other) == await rows(address)
    assert await findings(other) == []


async def test_there_and_back_is_the_same(address: str, other: str, tmp_path: Path) -> None:
    first, second = str(tmp_path / "first.db"), str(tmp_path / "second.db")
    for one, two in ((address, first), (first, other), (other, second)):
        await copied(one, two)
    assert await rows(second) == await rows(address)
    assert await findings(second) == []


async def test_a_file_that_is_made_of_a_database_goes_on(address: str, tmp_path: Path) -> None:
    await copied(address, str(tmp_path / "copy.db"))
    async with PostgresqlStore(address) as store:
        ours = store.journal.identity
    async with SqliteStore(tmp_path / "copy.db") as copy:
        assert await copy.account(9).append(opened(account_id=account_id(9))) == 15
        assert copy.journal.identity.earlier == {ours.journal_id: 13}
        assert copy.journal.identity.journal_id != ours.journal_id
    assert await findings(str(tmp_path / "copy.db")) == []


async def test_what_shards_have_numbered_in_another_order_is_numbered_as_the_streams_began(
    address: str, tmp_path: Path
) -> None:
    await run(address, "UPDATE seatkeeper_schema SET shards = 4")
    await run(address, "UPDATE accounts SET number = DEFAULT WHERE account_id = $1", account_id(1))
    assert await findings(address) == []
    await copied(address, str(tmp_path / "copy.db"))
    assert await findings(str(tmp_path / "copy.db")) == []


async def test_a_database_that_is_served_is_not_copied(address: str, tmp_path: Path) -> None:
    async with PostgresqlStore(address) as store:
        with pytest.raises(DatabaseRefused, match="in use by another process"):
            await copied(address, str(tmp_path / "copy.db"))
        assert await sign_up(store, 9) == 15
    assert names_in(tmp_path) == set()


async def test_a_writer_that_nobody_sees_stores_nothing_behind_the_copy(address: str, tmp_path: Path) -> None:
    store = PostgresqlStore(address)
    await store.journal.open()
    store.journal.engine.database.writer.cut_off()
    await copied(address, str(tmp_path / "copy.db"))
    with pytest.raises(NotStored, match="another process has taken"):
        await sign_up(store, 9)
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(DatabaseRefused):
            await store.journal.close()
    await store.journal.engine.close()


async def test_a_copy_whose_servers_go_away_leaves_an_empty_database(
    postgresql: Server, address: str, other: str
) -> None:
    with pytest.raises(DatabaseRefused, match=r"postgresql://.* cannot be used: "):
        await copied(address, other, lambda _done, _all: cut_off(postgresql))
    assert await committed(other) == []
    assert await copied(address, other) == 13
    assert await findings(other) == []


async def test_a_copy_whose_server_goes_away_leaves_no_file(postgresql: Server, address: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseRefused, match=r"postgresql://.* cannot be used: "):
        await copied(address, str(tmp_path / "copy.db"), lambda _done, _all: cut_off(postgresql))
    assert names_in(tmp_path) == set()


async def test_tables_of_another_release_are_not_copied(address: str, tmp_path: Path) -> None:
    await run(address, "UPDATE seatkeeper_schema SET version = 99")
    with pytest.raises(DatabaseRefused, match="has schema version 99"):
        await copied(address, str(tmp_path / "copy.db"))


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """Have programs that are started take Ctrl-C, also where a shell made this one ignore it, as it does for jobs."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
@pytest.mark.parametrize("to", ["file", "server"])
async def test_a_copy_that_is_interrupted_says_so_and_can_be_made_again(
    postgresql: Server, address: str, other: str, tmp_path: Path, to: str
) -> None:
    destination = str(tmp_path / "copy.db") if to == "file" else other
    arguments = command_line("copy", "--database", address, destination)
    async with held(address, "webhook_attempts"):
        copying = await asyncio.create_subprocess_exec(*arguments, stderr=subprocess.PIPE)
        eventually(lambda: postgresql.sql(WAITING) == [["1"]], DEADLINE, "the copy waits")
        copying.send_signal(signal.SIGINT)
        _, errors = await copying.communicate()
    assert (copying.returncode, errors) == (1, b"seatkeeper: the copy was interrupted, and nothing of it is left\n")
    assert names_in(tmp_path) == set()
    assert await copied(address, destination) == 13


def cut_off(server: Server) -> None:
    """End all connections of this program, as a server that goes away does."""
    server.sql(CUT_OFF)


@asynccontextmanager
async def held(address: str, table: str) -> AsyncIterator[None]:
    """Have a table that nobody else can read."""
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(f"BEGIN; LOCK TABLE {table}")
        yield
    finally:
        await connection.close()
