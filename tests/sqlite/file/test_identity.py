"""A file and its log belong together: what a restore by hand leaves beside each other is not mixed."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite.database import Limits
from seatkeeper.storage.sqlite.file.backup import backup
from seatkeeper.storage.sqlite.file.identity import NONE, identity_of
from seatkeeper.storage.sqlite.file.lock import Lock, identities_beside
from seatkeeper.storage.sqlite.file.reading import APPLICATION_ID, SCHEMA_VERSION
from seatkeeper.storage.sqlite.file.schema import schema_text
from seatkeeper.storage.sqlite.file.watch import which_file
from seatkeeper.storage.sqlite.recovery import FileOpener, record_identity
from seatkeeper.storage.sqlite.verify.rebuild import rebuild
from seatkeeper.storage.sqlite.verify.verify import verify
from tests.accounts.past import opened
from tests.storage.stores import DEADLINE, SqliteStore


async def crashed(path: Path, *, events: int = 1) -> None:
    """Make a file with a log, as a crash leaves it."""
    running = path.with_name("running.db")
    async with SqliteStore(running) as store:
        for _ in range(events):
            await store.account().append(opened())
        for end in ("", "-wal", ".lock"):
            shutil.copy(beside(running, end), beside(path, end))
    for end in ("", ".lock"):
        beside(running, end).unlink()


def beside(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


async def refused(path: Path) -> str:
    """Try to serve the file, and return the message."""
    with pytest.raises(DatabaseRefused) as info:
        await SqliteStore(path).journal.open()
    return str(info.value)


async def test_a_file_with_the_log_of_its_crash_is_served(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    await crashed(path, events=3)
    async with SqliteStore(path) as store:
        assert store.sql("SELECT count(*) FROM events") == [(6,)]


async def test_the_log_of_another_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    ours, other = tmp_path / "a.db", tmp_path / "b.db"
    await crashed(ours, events=3)
    async with SqliteStore(other) as store:
        await store.account().append(opened())
    shutil.copy(other, ours)
    before = ours.read_bytes(), beside(ours, "-wal").read_bytes()
    message = await refused(ours)
    assert message.startswith(f"{ours}-wal was not written for {ours}")
    assert "move the log and a.db-shm away" in message
    for reading in (
        lambda: verify(ours, on_finding=print),
        lambda: backup(ours, tmp_path / "copy.db"),
        lambda: rebuild(ours),
    ):
        with pytest.raises(DatabaseRefused, match="was not written for"):
            reading()
    assert (ours.read_bytes(), beside(ours, "-wal").read_bytes()) == before
    beside(ours, "-wal").unlink()
    async with SqliteStore(ours) as store:
        assert store.sql("SELECT count(*) FROM accounts") == [(1,)]


async def test_a_backup_of_the_same_database_beside_its_old_log_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    await crashed(path, events=3)
    backup(path, tmp_path / "copy.db")
    shutil.copy(tmp_path / "copy.db", path)
    assert "was not written for" in await refused(path)


async def test_a_copy_by_hand_of_an_earlier_start_beside_the_log_of_a_later_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    async with SqliteStore(path) as store:
        await store.account().append(opened())
    shutil.copy(path, tmp_path / "by hand.db")
    async with SqliteStore(path) as store:
        await store.account(2).append(opened())
        shutil.copy(beside(path, "-wal"), tmp_path / "log")
    shutil.copy(tmp_path / "by hand.db", path)
    shutil.copy(tmp_path / "log", beside(path, "-wal"))
    assert "was not written for" in await refused(path)


async def test_a_log_without_its_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    await crashed(path)
    path.unlink()
    message = await refused(path)
    assert message.startswith(f"{path} is missing, and {path}-wal has commits that belong to it; nothing was changed")
    assert not path.exists()
    beside(path, "-wal").unlink()
    async with SqliteStore(path) as store:
        assert store.sql("SELECT count(*) FROM accounts") == [(0,)]


async def test_an_empty_log_belongs_to_any_file(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    async with SqliteStore(path) as store:
        await store.account().append(opened())
    beside(path, ".lock").write_text("of another file\n")
    beside(path, "-wal").touch()
    async with SqliteStore(path) as store:
        assert store.sql("SELECT count(*) FROM accounts") == [(1,)]


async def test_each_start_has_another_identity_in_the_file_and_in_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    seen = []
    for _ in range(2):
        async with SqliteStore(path):
            seen.append(identity_of(path))
            assert identities_beside(path) == seen[-1:]
    assert len({NONE, *seen}) == 3


async def test_a_crash_between_the_lock_and_the_file_leaves_one_that_is_served(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    await crashed(path)
    beside(path, ".lock").write_text(f"{identity_of(path)}\nof the start that was cut off\n")
    async with SqliteStore(path) as store:
        assert store.sql("SELECT count(*) FROM accounts") == [(1,)]


async def test_a_hard_link_is_refused_and_a_symbolic_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    async with SqliteStore(path):
        pass
    os.link(path, tmp_path / "b.db")
    for name in (path, tmp_path / "b.db"):
        assert f"{name} has 2 names (hard links)" in await refused(name)
        with pytest.raises(DatabaseRefused, match="2 names"):
            verify(name, on_finding=print)
        with pytest.raises(DatabaseRefused, match="2 names"):
            backup(name, tmp_path / "copy.db")
    (tmp_path / "b.db").unlink()
    (tmp_path / "c.db").symlink_to(path)
    async with SqliteStore(tmp_path / "c.db"):
        assert beside(path, "-wal").exists()


async def test_a_new_file_beside_an_old_lock_may_crash_while_it_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    beside(path, ".lock").write_text("of a file that is gone\n")
    lock = Lock(path)
    record_identity(path, lock)
    lock.release()
    await crashed_while_it_is_made(path)
    async with SqliteStore(path) as store:
        assert store.sql("SELECT count(*) FROM events") == [(0,)]


async def crashed_while_it_is_made(path: Path) -> None:
    """Leave a file whose tables are in the log alone, and its lock as it is."""
    made = path.with_name("made.db")
    with closing(sqlite3.connect(made, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(
            f"BEGIN;{schema_text(KINDS)};PRAGMA application_id = {APPLICATION_ID};"
            f"PRAGMA user_version = {SCHEMA_VERSION};COMMIT"
        )
        for end in ("", "-wal"):
            shutil.copy(beside(made, end), beside(path, end))


async def test_a_file_that_vanished_between_a_failure_and_the_next_opening_is_not_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    async with SqliteStore(path):
        pass
    lock = Lock(path)
    opener = FileOpener(path, KINDS, Limits(), DEADLINE)
    opened_file = await opener.open_first(lock)
    await opened_file.database.close()
    path.rename(tmp_path / "away.db")
    with pytest.raises(DatabaseRefused, match="is not the file that was served"):
        await opener.open_again()
    assert not path.exists()
    lock.release()


async def test_a_folder_without_access_is_not_a_file_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_access(_: str) -> os.stat_result:
        raise PermissionError

    monkeypatch.setattr("seatkeeper.storage.sqlite.file.watch.os.stat", no_access)
    assert which_file("/anywhere") is None
