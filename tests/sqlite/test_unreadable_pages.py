"""Unreadable and damaged pages: only the streams whose rows are on them are refused, unless every write fails."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest

from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown, StreamDamaged
from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.journal.health import FEW
from seatkeeper.storage.journal.limits import JournalLimits
from seatkeeper.storage.sqlite.writer import RolledBack, Writer
from tests.accounts.past import BOB, joined, opened
from tests.sqlite.faults import COMMIT_ALL, failure, until_ready
from tests.storage.stores import SqliteStore, account_id, run

UNREADABLE = account_id(1)


async def commit_what_can_be_read(writer: Writer, statements: Iterable[Statement]) -> None:
    """Commit, unless a statement needs the page with the rows of the first account."""
    if any(UNREADABLE in parameters for _, parameters in statements):
        raise RolledBack(failure(sqlite3.SQLITE_IOERR_READ))
    await COMMIT_ALL(writer, statements)


async def test_an_unreadable_page_costs_only_the_streams_whose_rows_are_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        await store.account(1).append(opened(account_id=account_id(1)))
        guilty = store.account(1)
        guilty.state, guilty.version = await guilty.loaded(), 2
        monkeypatch.setattr(Writer, "commit_all", commit_what_can_be_read)
        refused = guilty.append(AccountRenamed("Mills"))
        stored = [store.account(n).append(opened(account_id=account_id(n))) for n in (2, 3)]
        with pytest.raises(NotStored) as error:
            await refused
        assert not isinstance(error.value, StreamDamaged)
        assert [await append for append in stored] == [4, 6]
        assert store.journal.unready_reason() is None
        assert (store.journal.failed, store.journal.reopened) == (0, 0)


async def test_after_many_streams_met_an_unreadable_page_the_journal_is_not_ready_until_the_next_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def commit_no_events(writer: Writer, statements: Iterable[Statement]) -> None:
        if any("INTO events" in sql for sql, _ in statements):
            raise RolledBack(failure(sqlite3.SQLITE_CORRUPT))
        probed.set()
        await COMMIT_ALL(writer, statements)

    probed = asyncio.Event()
    async with SqliteStore(tmp_path / "seatkeeper.db", limits=JournalLimits(probe_every=0.001)) as store:
        with monkeypatch.context() as damaged:
            damaged.setattr(Writer, "commit_all", commit_no_events)
            for number in range(1, FEW + 1):
                assert store.journal.unready_reason() is None
                with pytest.raises(StreamDamaged):
                    await store.account(number).append(opened(account_id=account_id(number)))
            await probed.wait()
            await asyncio.sleep(0)
            assert store.journal.unready_reason() == "The last commit was refused: nothing was stored: injected."
        await store.account(9).append(opened(account_id=account_id(9)))
        assert store.journal.unready_reason() is None


async def test_a_disk_that_can_do_nothing_else_either_leaves_an_unknown_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_writer: Writer, _sql: str) -> None:
        raise failure(sqlite3.SQLITE_IOERR)

    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        with monkeypatch.context() as gone:
            gone.setattr(Writer, "commit_all", commit_what_can_be_read)
            gone.setattr(Writer, "execute", broken)
            with pytest.raises(OutcomeUnknown):
                await store.account(1).append(opened(account_id=account_id(1)))
        await until_ready(store)
        assert store.journal.failed == 1


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


async def test_a_damaged_page_costs_only_the_streams_whose_rows_are_on_it(damaged: Path) -> None:
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
        assert store.journal.unready_reason() is None
        assert (store.journal.failed, store.journal.reopened) == (0, 0)


async def test_malformed_means_the_whole_file_when_nothing_else_can_be_committed(
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


async def test_a_stream_on_a_damaged_page_is_damaged(damaged: Path) -> None:
    async with SqliteStore(damaged) as store:

        async def malformed(_sql: str, _parameters: Iterable[object] = ()) -> None:
            raise failure(sqlite3.SQLITE_CORRUPT)

        store.journal.engine.database.loaders.fetch = malformed  # type: ignore[method-assign, assignment]
        with pytest.raises(StreamDamaged):
            await store.account(1).load()
