"""Refused batches: nothing of them is stored, and the journal works on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest

from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.storage.errors import StorageFull
from seatkeeper.storage.journal import health
from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.journal.limits import JournalLimits
from tests.accounts.past import opened
from tests.sqlite.faults import BreakingStore
from tests.storage.stores import DEADLINE, SqliteStore, account_id


@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_CONSTRAINT_UNIQUE])
async def test_a_statement_that_is_surely_undone_is_a_refusal(
    breaking: BreakingStore, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    store = breaking.store
    with monkeypatch.context() as broken:
        breaking.breaks(broken, "INSERT INTO accounts", code)
        with pytest.raises(NotStored, match="nothing was stored: injected"):
            await store.account(2).append(opened(account_id=account_id(2)))
    assert breaking.unknown_outcomes == 0
    assert await store.account(2).append(opened(account_id=account_id(2))) == 4


async def test_a_file_that_an_operator_has_locked_is_a_refusal(breaking: BreakingStore) -> None:
    store = breaking.store
    await store.journal.engine.database.writer.execute("PRAGMA busy_timeout = 0")
    operator = sqlite3.connect(store.path, isolation_level=None)
    operator.execute("BEGIN IMMEDIATE")
    with pytest.raises(NotStored, match="database is locked"):
        await store.account(2).append(opened(account_id=account_id(2)))
    operator.close()
    assert await store.account(2).append(opened(account_id=account_id(2))) == 4
    assert breaking.unknown_outcomes == 0


async def test_a_full_disk_is_a_refusal_until_there_is_space_again(breaking: BreakingStore) -> None:
    store = breaking.store
    ((pages,),) = store.sql("PRAGMA page_count")
    ((unlimited,),) = await store.journal.engine.database.writer.execute("PRAGMA max_page_count")
    await store.journal.engine.database.writer.execute(f"PRAGMA max_page_count = {pages!r}")
    large = AccountRenamed("Looms" * 10_000)
    with pytest.raises(StorageFull):
        await store.account(2).append(opened(account_id=account_id(2)), large)
    assert await store.positions() == [1, 2]
    await store.journal.engine.database.writer.execute(f"PRAGMA max_page_count = {unlimited!r}")
    assert await store.account(2).append(opened(account_id=account_id(2)), large) == 5
    assert breaking.unknown_outcomes == 0


async def test_after_a_refusal_the_journal_is_not_ready_until_the_next_commit(
    breaking: BreakingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = breaking.store
    assert store.journal.unready_reason() is None
    with monkeypatch.context() as broken:
        breaking.breaks(broken, "INSERT INTO accounts", sqlite3.SQLITE_FULL)
        with pytest.raises(StorageFull):
            await store.account(2).append(opened(account_id=account_id(2)))
    assert store.journal.unready_reason() == "The last commit was refused: the disk is full."
    await store.account(2).append(opened(account_id=account_id(2)))
    assert store.journal.unready_reason() is None


async def test_during_a_commit_that_takes_too_long_the_journal_is_not_ready(
    breaking: BreakingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, begun, go_on = breaking.store, asyncio.Event(), asyncio.Event()
    commit_all = store.journal.engine.database.writer.commit_all

    async def slow(statements: Iterable[Statement]) -> None:
        begun.set()
        await go_on.wait()
        await commit_all(statements)

    monkeypatch.setattr(health, "SLOW_COMMIT", 0.0)
    monkeypatch.setattr(store.journal.engine.database.writer, "commit_all", slow)
    written = store.account(2).append(opened(account_id=account_id(2)))
    await begun.wait()
    assert store.journal.unready_reason() == "A commit has been under way for more than 0 s."
    go_on.set()
    await written


async def test_stored_streams_can_be_read_on_a_full_disk(breaking: BreakingStore) -> None:
    store, account = breaking.store, breaking.store.account(1)
    ((pages,),) = store.sql("PRAGMA page_count")
    await store.journal.engine.database.writer.execute(f"PRAGMA max_page_count = {pages!r}")
    with pytest.raises(StorageFull):
        await store.account(2).append(opened(account_id=account_id(2)), AccountRenamed("Looms" * 10_000))
    assert (await account.load()).events == opened(account_id=account_id(1))
    assert store.journal.ready()


async def test_a_probe_finds_that_the_disk_takes_writes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = JournalLimits(probe_every=0.01)
    async with SqliteStore(tmp_path / "seatkeeper.db", limits=limits) as store:
        writer = store.journal.engine.database.writer
        ((pages,),) = store.sql("PRAGMA page_count")
        ((unlimited,),) = await writer.execute("PRAGMA max_page_count")
        await writer.execute(f"PRAGMA max_page_count = {pages!r}")
        with pytest.raises(StorageFull):
            await store.account(1).append(opened(account_id=account_id(1)), AccountRenamed("Looms" * 10_000))
        assert store.journal.unready_reason() is not None
        await writer.execute(f"PRAGMA max_page_count = {unlimited!r}")
        probed = asyncio.Event()
        monkeypatch.setattr(store.journal, "_committed", lambda *_: probed.set())
        async with asyncio.timeout(DEADLINE):
            await probed.wait()
        assert store.journal.unready_reason() is None
