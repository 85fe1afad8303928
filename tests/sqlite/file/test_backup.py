"""Backups: a copy is of one moment, also while commits go on, and is whole or absent."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.sqlite.file import copies
from seatkeeper.storage.sqlite.file.backup import backup
from seatkeeper.storage.sqlite.verify.verify import verify
from tests.accounts.past import opened
from tests.sqlite.file.old_files import write_schema_1
from tests.storage.stores import SqliteStore, account_id, names_in, run

SOURCES: dict[str, Callable[[Path], object]] = {
    "nothing": lambda _: None,
    "an empty file": lambda path: path.touch(),
    "a folder": lambda path: path.mkdir(),
    "a letter": lambda path: path.write_bytes(b"a letter " * 500),
    "a database of others": lambda path: run(path, "CREATE TABLE customers (name TEXT)"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Where the copy goes."""
    (tmp_path / "copies").mkdir()
    return tmp_path / "copies" / "seatkeeper.db"


def events(path: Path) -> list[tuple[object, ...]]:
    return run(path, "SELECT * FROM events ORDER BY position")


async def test_a_copy_holds_what_was_just_committed(file: SqliteStore, copy: Path) -> None:
    await file.account(1).append(opened(account_id=account_id(1)))
    backup(file.path, copy)
    assert events(copy) == events(file.path)
    assert verify(copy, on_finding=print).findings == 0


async def test_a_copy_can_be_served(file: SqliteStore, copy: Path) -> None:
    await file.account(1).append(opened(account_id=account_id(1)))
    backup(file.path, copy)
    async with SqliteStore(copy) as restored:
        account = restored.account(1)
        account.version = len((await account.load()).events)
        account.state = await account.loaded()
        assert await account.append(AccountRenamed("Looms")) == 3


async def test_a_copy_is_of_one_moment_however_many_commits_come_meanwhile(
    file: SqliteStore, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "PAGES_A_STEP", 1)
    account = file.account(1)
    await account.append(opened(account_id=account_id(1)))
    loop, steps = asyncio.get_running_loop(), 0

    async def rename(name: str) -> None:
        await account.append(AccountRenamed(name))

    def commit_between_two_steps(_done: int, _all: int) -> None:
        nonlocal steps
        steps += 1
        asyncio.run_coroutine_threadsafe(rename(f"Looms {steps}"), loop).result(20)

    await asyncio.to_thread(backup, file.path, copy, progress=commit_between_two_steps)
    assert steps > 10
    assert len(events(copy)) == 2
    assert len(events(file.path)) == 2 + steps
    assert verify(copy, on_finding=print).findings == 0


def test_a_copy_of_a_file_of_the_release_before_stays_of_its_schema(tmp_path: Path, copy: Path) -> None:
    write_schema_1(tmp_path / "seatkeeper.db")
    backup(tmp_path / "seatkeeper.db", copy)
    assert run(copy, "PRAGMA user_version") == [(1,)]


async def test_nothing_but_the_copy_is_left(file: SqliteStore, copy: Path) -> None:
    assert backup(file.path, copy) % 4096 == 0
    assert names_in(copy.parent) == {copy.name}


TAKEN: dict[str, Callable[[Path], object]] = {
    "a file": lambda path: path.write_text("precious"),
    "a folder": lambda path: path.mkdir(),
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
}


@pytest.mark.parametrize("take", TAKEN.values(), ids=TAKEN.keys())
async def test_what_is_there_is_not_written_over(file: SqliteStore, copy: Path, take: Callable[[Path], object]) -> None:
    take(copy)
    with pytest.raises(DatabaseRefused, match="already exists"):
        backup(file.path, copy)
    assert names_in(copy.parent) == {copy.name}


async def test_a_log_that_was_left_at_the_place_is_not_taken_for_its_own(file: SqliteStore, copy: Path) -> None:
    log = copy.with_name(copy.name + "-wal")
    log.write_bytes(b"of another database")
    with pytest.raises(DatabaseRefused, match="SQLite would take it for the log of the copy"):
        backup(file.path, copy)


async def test_without_a_folder_there_is_no_copy(file: SqliteStore, copy: Path) -> None:
    with pytest.raises(DatabaseRefused, match=r"the folder .* is not there"):
        backup(file.path, copy / "nowhere" / "seatkeeper.db")


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES.keys())
def test_a_file_that_is_not_our_database_is_not_copied(
    tmp_path: Path, copy: Path, make: Callable[[Path], object]
) -> None:
    make(tmp_path / "seatkeeper.db")
    with pytest.raises(DatabaseRefused):
        backup(tmp_path / "seatkeeper.db", copy)
    assert names_in(copy.parent) == set()


async def test_a_copy_that_fails_on_the_way_leaves_nothing(file: SqliteStore, copy: Path) -> None:
    def fail(_done: int, _all: int) -> None:
        raise sqlite3.OperationalError("disk full")

    with pytest.raises(DatabaseRefused, match="disk full"):
        backup(file.path, copy, progress=fail)
    assert names_in(copy.parent) == set()


async def test_the_next_copy_removes_what_a_crashed_one_left_or_logs_it(
    file: SqliteStore, copy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gone = f"{2**22 + 1}.unfinished"  # no process has such a number
    running = f"seatkeeper.db.{os.getppid()}.unfinished"
    for name in (f"seatkeeper.db.{gone}", f"other.db.{gone}", running):
        copy.with_name(name).touch()
    with caplog.at_level(logging.WARNING):
        backup(file.path, copy)
    assert names_in(copy.parent) == {"seatkeeper.db", f"other.db.{gone}", running}
    assert [message for message in caplog.messages if f"other.db.{gone}" in message] == caplog.messages != []
