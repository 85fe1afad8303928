"""Disks that are full in an unusual way, that fail for good, or that have one damaged page."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest

from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown
from seatkeeper.storage.errors import DatabaseRefused, StorageFull
from seatkeeper.storage.journal import reopening
from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.journal.limits import JournalLimits
from seatkeeper.storage.sqlite import failures
from seatkeeper.storage.sqlite.writer import Writer
from tests.accounts.past import opened
from tests.sqlite.faults import COMMIT_ALL, Disk, failure, until, until_ready
from tests.storage.stores import DEADLINE, SqliteStore, account_id


async def test_a_disk_on_which_every_commit_fails_makes_the_journal_give_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk()
    disk.replaces_commits(monkeypatch)
    store = SqliteStore(tmp_path / "seatkeeper.db", limits=JournalLimits(reopenings=2))
    await store.journal.open()
    disk.code = sqlite3.SQLITE_IOERR_FSYNC
    with pytest.raises(OutcomeUnknown):
        await store.account(1).append(opened())
    reason = store.journal.unready_reason()
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(DatabaseRefused, match="could not be opened again in 2 tries"):
            await store.journal.writing
        with pytest.raises(DatabaseRefused):
            await store.journal.close()
    assert reason is not None
    assert disk.commits == 3


async def test_a_disk_that_takes_probes_and_nothing_else_makes_the_journal_give_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def commit_probes(writer: Writer, statements: Iterable[Statement]) -> None:
        if statements is not failures.PROBE:
            raise failure(sqlite3.SQLITE_IOERR_FSYNC)
        await COMMIT_ALL(writer, statements)

    monkeypatch.setattr(Writer, "commit_all", commit_probes)
    store = SqliteStore(tmp_path / "seatkeeper.db", limits=JournalLimits(reopenings=2))
    await store.journal.open()
    for number in (1, 2, 3):
        await until_ready(store)
        with pytest.raises(OutcomeUnknown):
            await store.account(number).append(opened(account_id=account_id(number)))
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(DatabaseRefused, match="could not be opened again in 2 tries"):
            await store.journal.writing
        with pytest.raises(DatabaseRefused):
            await store.journal.close()
    assert store.journal.reopened == 2


async def test_a_file_that_was_opened_again_takes_nothing_before_a_probe_has_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk()
    disk.replaces_commits(monkeypatch)
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        disk.code = sqlite3.SQLITE_IOERR_FSYNC
        with pytest.raises(OutcomeUnknown):
            await store.account(1).append(opened())
        with pytest.raises(NotStored):
            store.account(2).append(opened(account_id=account_id(2)))
        disk.code = 0
        await until_ready(store)
        assert await store.account(3).append(opened(account_id=account_id(3))) == 2


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_WRITE])
async def test_a_commit_that_fails_for_want_of_space_is_surely_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    disk = Disk()
    disk.replaces_commits(monkeypatch)
    async with SqliteStore(tmp_path / "seatkeeper.db", limits=JournalLimits(probe_every=0.01)) as store:
        with monkeypatch.context() as full:
            full.setattr(failures, "ROOM", 2**62)
            disk.code = code
            with pytest.raises(StorageFull):
                await store.account(1).append(opened())
            disk.code, disk.commits = 0, 0
            with pytest.raises(StorageFull):
                await store.account(2).append(opened(account_id=account_id(2)))
            assert store.journal.unready_reason() == "The last commit was refused: the disk is full."
            assert disk.commits == 0
        await until_ready(store)
        assert await store.account(3).append(opened(account_id=account_id(3))) == 2
        assert (store.journal.failed, store.journal.reopened) == (0, 0)


async def test_the_same_error_on_a_disk_with_space_has_an_unknown_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk()
    disk.replaces_commits(monkeypatch)
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        disk.code = sqlite3.SQLITE_IOERR_WRITE
        with pytest.raises(OutcomeUnknown):
            await store.account(1).append(opened())
        disk.code = 0
        await until_ready(store)


async def test_a_journal_waits_for_space_to_open_its_file_again_however_long_that_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk()
    disk.replaces_commits(monkeypatch)
    monkeypatch.setattr(reopening, "LONGEST_PAUSE", 0.001)
    async with SqliteStore(tmp_path / "seatkeeper.db", limits=JournalLimits(reopenings=2)) as store:
        with monkeypatch.context() as full:
            full.setattr(failures, "ROOM", 2**62)
            disk.code = sqlite3.SQLITE_IOERR_FSYNC
            with pytest.raises(OutcomeUnknown):
                await store.account(1).append(opened())
            await until(lambda: disk.commits >= 5)
            assert store.journal.unready_reason() == "The database cannot be opened: the disk is full."
            disk.code = 0
        await until_ready(store)


async def test_a_start_that_fails_on_a_full_disk_says_that_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seatkeeper.db").write_bytes(b"anything else" * 100)
    monkeypatch.setattr(failures, "ROOM", 2**62)
    with pytest.raises(DatabaseRefused, match=r"the disk is full: .* bytes are free, make room and start again"):
        await SqliteStore(tmp_path / "seatkeeper.db").journal.open()
