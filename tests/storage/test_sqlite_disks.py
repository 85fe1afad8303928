"""Disks that are full in an unusual way, that fail for good, or that have one damaged page."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from seatkeeper.actors.accounts.events import AccountRenamed
from seatkeeper.actors.journal import NotStored, OutcomeUnknown, StreamDamaged
from seatkeeper.storage import failures, opening
from seatkeeper.storage.database import DatabaseRefused
from seatkeeper.storage.journal import JournalLimits, StorageFull
from seatkeeper.storage.writer import RolledBack, Statement, Writer
from tests.accounts.past import BOB, joined, opened
from tests.storage.stores import DEADLINE, SqliteStore, account_id, run
from tests.storage.test_sqlite_failures import failure

COMMIT_ALL = Writer.commit_all


class Disk:
    """What the connections that write come to hear; 0 is no error."""

    def __init__(self, code: int = 0) -> None:
        self.code = code
        self.commits = 0

    def takes_the_place_of(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand between each connection and its file."""

        async def commit_all(writer: Writer, statements: Iterable[Statement]) -> None:
            self.commits += 1
            if self.code:
                raise failure(self.code)
            await COMMIT_ALL(writer, statements)

        monkeypatch.setattr(Writer, "commit_all", commit_all)


async def until(holds: Callable[[], bool]) -> None:
    """Poll until this is true."""
    async with asyncio.timeout(DEADLINE):
        while not holds():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.001)


async def until_ready(store: SqliteStore) -> None:
    """Poll until writes are served."""
    await until(lambda: store.journal.trouble() is None)


async def test_a_disk_on_which_every_commit_fails_makes_the_journal_give_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk()
    disk.takes_the_place_of(monkeypatch)
    store = SqliteStore(tmp_path / "seatkeeper.db", limits=JournalLimits(reopenings=2))
    await store.journal.open()
    disk.code = sqlite3.SQLITE_IOERR_FSYNC
    with pytest.raises(OutcomeUnknown):
        await store.account(1).append(opened())
    trouble = store.journal.trouble()
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(DatabaseRefused, match="could not be opened again in 2 tries"):
            await store.journal.writing
        with pytest.raises(DatabaseRefused):
            await store.journal.close()
    assert trouble is not None
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
    disk.takes_the_place_of(monkeypatch)
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
    disk.takes_the_place_of(monkeypatch)
    async with SqliteStore(tmp_path / "seatkeeper.db", limits=JournalLimits(probe_every=0.01)) as store:
        with monkeypatch.context() as full:
            full.setattr(failures, "ROOM", 2**62)
            disk.code = code
            with pytest.raises(StorageFull):
                await store.account(1).append(opened())
            disk.code, disk.commits = 0, 0
            with pytest.raises(StorageFull):
                await store.account(2).append(opened(account_id=account_id(2)))
            assert store.journal.trouble() == "The last commit was refused: the disk is full."
            assert disk.commits == 0
        await until_ready(store)
        assert await store.account(3).append(opened(account_id=account_id(3))) == 2
        assert (store.journal.failed, store.journal.reopened) == (0, 0)


async def test_the_same_error_on_a_disk_with_space_is_in_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk()
    disk.takes_the_place_of(monkeypatch)
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
    disk.takes_the_place_of(monkeypatch)
    monkeypatch.setattr(opening, "LONGEST_PAUSE", 0.001)
    async with SqliteStore(tmp_path / "seatkeeper.db", limits=JournalLimits(reopenings=2)) as store:
        with monkeypatch.context() as full:
            full.setattr(failures, "ROOM", 2**62)
            disk.code = sqlite3.SQLITE_IOERR_FSYNC
            with pytest.raises(OutcomeUnknown):
                await store.account(1).append(opened())
            await until(lambda: disk.commits >= 5)
            assert store.journal.trouble() == "The database cannot be opened: the disk is full."
            disk.code = 0
        await until_ready(store)


async def test_a_start_that_fails_on_a_full_disk_says_that_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seatkeeper.db").write_bytes(b"anything else" * 100)
    monkeypatch.setattr(failures, "ROOM", 2**62)
    with pytest.raises(DatabaseRefused, match=r"the disk is full: .* bytes are free, make room and start again"):
        await SqliteStore(tmp_path / "seatkeeper.db").journal.open()


def damage_page_of_members(path: Path, account: str) -> None:
    """Spoil the page that holds the members of this account, whose other rows are elsewhere."""
    size: int = run(path, "PRAGMA page_size")[0][0]  # type: ignore[assignment]
    pages = bytearray(path.read_bytes())
    at = -1
    while (at := pages.find(account.encode(), at + 1)) >= 0:
        start = at - at % size
        if pages[start] == 0x0A and b"joined_at" in pages[at : at + 300]:
            pages[start] = 0x55
            path.write_bytes(pages)
            return
    pytest.fail("no page holds these members")


@pytest.fixture
async def damaged(tmp_path: Path) -> Path:
    """A file of 60 accounts, where the page with the members of the fifth is damaged."""
    path = tmp_path / "seatkeeper.db"
    async with SqliteStore(path) as store:
        for number in range(1, 61):
            await store.account(number).append(opened(account_id=account_id(number)))
    damage_page_of_members(path, account_id(5))
    return path


async def test_a_damaged_page_is_the_affair_of_whose_rows_are_on_it(damaged: Path) -> None:
    async with SqliteStore(damaged) as store:
        guilty, other = store.account(5), store.account(60)
        for account in (guilty, other):
            account.state, account.version = await account.loaded(), 2
        refused = [guilty.append(joined(BOB)), guilty.append(AccountRenamed("Mills"))]
        stored = [other.append(AccountRenamed("Looms"))]
        stored += [store.account(n).append(opened(account_id=account_id(n))) for n in (70, 71)]
        for append in refused:
            with pytest.raises(StreamDamaged):
                await append
        assert [await append for append in stored] == [121, 123, 125]
        assert store.journal.trouble() is None
        assert (store.journal.failed, store.journal.reopened) == (0, 0)


async def test_malformed_is_said_of_the_whole_file_when_nothing_else_can_be_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(_writer: Writer, _statements: Iterable[Statement]) -> None:
        raise RolledBack(failure(sqlite3.SQLITE_CORRUPT))

    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        with monkeypatch.context() as broken:
            broken.setattr(Writer, "commit_all", gone)
            broken.setattr(Writer, "execute", gone)
            with pytest.raises(OutcomeUnknown):
                await store.account(1).append(opened())
        await until_ready(store)


async def test_a_stream_that_cannot_be_read_for_a_damaged_page_is_damaged(damaged: Path) -> None:
    async with SqliteStore(damaged) as store:

        async def malformed(_sql: str, _parameters: Iterable[object] = ()) -> None:
            raise failure(sqlite3.SQLITE_CORRUPT)

        store.journal._database.loaders.fetch = malformed  # type: ignore[method-assign, assignment]
        with pytest.raises(StreamDamaged):
            await store.account(1).load()
