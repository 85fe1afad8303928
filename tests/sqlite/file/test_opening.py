"""Opening the file: one process has it, and a file of another program or release is left as it is."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.sqlite.database import Limits
from seatkeeper.storage.sqlite.file.reading import SCHEMA_VERSION
from tests.accounts.past import opened
from tests.storage.stores import DEADLINE, SqliteStore, names_in, run

HOLDER = """
import sys
from pathlib import Path
from seatkeeper.storage.sqlite.file.lock import Lock
lock = Lock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


async def refused(path: Path) -> str:
    """Try to open the file, and return the message to the operator."""
    with pytest.raises(DatabaseRefused) as info:
        await SqliteStore(path).journal.open()
    return str(info.value)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    """A file that another process holds."""
    path = tmp_path / "seatkeeper.db"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield path, process
        process.kill()


async def test_a_file_is_made_where_there_is_none(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        assert await store.account().append(opened()) == 2


async def test_a_file_in_use_is_refused(file: SqliteStore) -> None:
    message = await refused(file.path)
    assert message == f"{file.path} is in use by another process, which holds {file.path}.lock"


async def test_a_link_to_a_file_in_use_is_refused(file: SqliteStore, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(file.path)
    assert "in use by another process" in await refused(link)


async def test_the_process_that_has_the_file_goes_on_when_another_is_refused(file: SqliteStore) -> None:
    await refused(file.path)
    assert await file.account().append(opened()) == 2


async def test_a_file_that_another_process_holds_is_refused(held: tuple[Path, subprocess.Popen[str]]) -> None:
    path, _ = held
    assert "in use by another process" in await refused(path)
    assert not path.exists()


async def test_a_process_that_is_killed_holds_nothing(held: tuple[Path, subprocess.Popen[str]]) -> None:
    path, process = held
    process.kill()
    process.wait()
    async with SqliteStore(path) as store:
        assert store.journal.ready()


async def test_a_lock_file_that_was_left_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "seatkeeper.db.lock").write_text("4711")
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        assert store.journal.ready()


async def test_a_refused_file_is_unlocked(tmp_path: Path) -> None:
    path = tmp_path / "seatkeeper.db"
    path.write_bytes(b"this is no database, but it is long enough to be one" * 100)
    await refused(path)
    path.unlink()
    async with SqliteStore(path) as store:
        assert store.journal.ready()


async def test_a_file_of_a_newer_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "seatkeeper.db"
    async with SqliteStore(path) as store:
        await store.account().append(opened())
    run(path, f"PRAGMA user_version = {SCHEMA_VERSION + 6}")
    before = path.read_bytes()
    message = await refused(path)
    assert message == f"{path} has schema version 10, and this program knows versions up to 4"
    assert path.read_bytes() == before
    assert names_in(tmp_path) == {"seatkeeper.db", "seatkeeper.db.lock"}


async def test_a_database_of_another_application_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "seatkeeper.db"
    run(path, "CREATE TABLE customers (name TEXT)")
    before = path.read_bytes()
    assert await refused(path) == f"{path} is a database of another application"
    assert path.read_bytes() == before


async def test_a_database_of_another_application_with_our_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "seatkeeper.db"
    run(path, "CREATE TABLE customers (name TEXT)")
    run(path, f"PRAGMA user_version = {SCHEMA_VERSION}")
    run(path, "PRAGMA application_id = 7")
    assert "another application" in await refused(path)


async def test_an_empty_database_that_claims_our_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "seatkeeper.db"
    run(path, f"PRAGMA user_version = {SCHEMA_VERSION}")
    assert "no such table: events" in await refused(path)


@pytest.mark.parametrize("content", [b"SELECT * FROM customers;\n" * 100, b"SQLite format 3\x00" + b"\xff" * 4096])
async def test_a_file_that_is_not_a_database_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "seatkeeper.db"
    path.write_bytes(content)
    assert await refused(path) == f"{path} is not a database that can be read: file is not a database"
    assert path.read_bytes() == content


async def test_a_missing_directory_is_refused_and_not_made(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "seatkeeper.db"
    assert await refused(path) == f"cannot open {path}.lock: No such file or directory"
    assert names_in(tmp_path) == set()


async def test_a_directory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "seatkeeper.db"
    path.mkdir()
    assert "unable to open database file" in await refused(path)
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:  # it still calls this loop back
            await asyncio.to_thread(thread.join, DEADLINE)


async def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    (tmp_path / "seatkeeper.db").touch()
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        assert await store.account().append(opened()) == 2


async def test_the_tables_are_strict(file: SqliteStore) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="cannot store TEXT value"):
        file.sql("INSERT INTO events VALUES (1, 's', 'one', 't', 'now', '{}', 0, NULL)")


async def test_a_file_that_is_read_too_slowly_to_begin_is_refused(tmp_path: Path) -> None:
    journal = SqliteStore(tmp_path / "seatkeeper.db", files=Limits(query_deadline=1e-9)).journal
    with pytest.raises(DatabaseRefused, match="QueryTooSlow"):
        await journal.open()
