"""Commits of unknown outcome: the file is opened again, and what is on the disk decides."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from seatkeeper.actors.aggregates.journal import History, OutcomeUnknown
from seatkeeper.storage.errors import DatabaseRefused, QueryTooSlow, StorageDown
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.sqlite import database as database_module
from seatkeeper.storage.sqlite.reading.readers import Readers, open_readers
from tests.accounts.past import closed, opened
from tests.sqlite.faults import BreakingStore
from tests.storage.stores import DEADLINE, SqliteStore, account_id, run


@pytest.mark.parametrize("statement", ["BEGIN", "INSERT INTO events", "INSERT INTO accounts", "COMMIT"])
async def test_a_commit_that_fails_has_an_unknown_outcome(
    breaking: BreakingStore, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    breaking.breaks(monkeypatch, statement)
    appends = [breaking.store.account(n).append(opened(account_id=account_id(n))) for n in (2, 3)]
    for append in appends:
        with pytest.raises(OutcomeUnknown):
            await append
    assert breaking.unknown_outcomes == 1


async def test_a_commit_that_failed_before_the_disk_left_nothing_and_the_journal_works_on(
    breaking: BreakingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, lost = breaking.store, breaking.store.account(2)
    breaking.breaks(monkeypatch, "COMMIT")
    with pytest.raises(OutcomeUnknown):
        await lost.append(opened(account_id=account_id(2)))
    assert (await lost.load()).events == []
    assert await store.account(3).append(opened(account_id=account_id(3))) == 4
    assert await store.positions() == [1, 2, 3, 4]


async def test_a_commit_that_failed_after_the_disk_is_stored_and_the_journal_works_on_after_it(
    breaking: BreakingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, stored = breaking.store, breaking.store.account(2)
    breaking.breaks(monkeypatch, "COMMIT", after=True)
    with pytest.raises(OutcomeUnknown):
        await stored.append(opened(account_id=account_id(2)))
    assert await stored.loaded() == stored.state
    assert await stored.append(closed()) == 5
    assert await store.positions() == [1, 2, 3, 4, 5]


async def test_a_load_during_an_unknown_outcome_waits_for_what_is_on_the_disk(
    breaking: BreakingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = breaking.store.account(2)
    loading: list[asyncio.Task[object]] = []
    monkeypatch.setattr(
        breaking.store.journal, "_on_outcome_unknown", lambda: loading.append(asyncio.create_task(stored.loaded()))
    )
    breaking.breaks(monkeypatch, "COMMIT", after=True)
    with pytest.raises(OutcomeUnknown):
        await stored.append(opened(account_id=account_id(2)))
    assert await loading[0] == stored.state


async def test_a_load_that_began_before_the_unknown_outcome_begins_again(
    breaking: BreakingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, stored = breaking.store.journal, breaking.store.account(2)
    load, begun = journal.engine.load, asyncio.Event()

    async def overtaken(stream_id: str, after: int) -> History:
        history = await load(stream_id, after)
        if not begun.is_set():
            begun.set()
            with pytest.raises(OutcomeUnknown):
                await stored.append(opened(account_id=account_id(2)))
        return history

    monkeypatch.setattr(journal.engine, "load", overtaken)
    breaking.breaks(monkeypatch, "COMMIT", after=True)
    assert (await stored.load()).events == opened(account_id=account_id(2))


async def test_what_waits_behind_a_commit_of_unknown_outcome_was_surely_not_stored(
    breaking: BreakingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = breaking.store
    monkeypatch.setattr(store.journal, "_limits", store.journal._limits._replace(batch=1))
    breaking.breaks(monkeypatch, "COMMIT")
    first = store.account(2).append(opened(account_id=account_id(2)))
    second = store.account(3).append(opened(account_id=account_id(3)))
    with pytest.raises(OutcomeUnknown):
        await first
    with pytest.raises(StorageDown):
        await second


async def test_during_an_unknown_outcome_nothing_is_taken(
    breaking: BreakingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = breaking.store
    ready: list[bool] = []
    monkeypatch.setattr(store.journal, "_on_outcome_unknown", lambda: ready.append(store.journal.ready()))
    breaking.breaks(monkeypatch, "COMMIT")
    with pytest.raises(OutcomeUnknown):
        await store.account(2).append(opened(account_id=account_id(2)))
    await store.account(2).load()
    assert ready == [False]
    assert store.journal.ready()


async def test_a_commit_that_hangs_has_an_unknown_outcome_after_its_deadline(
    breaking: BreakingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = breaking.store

    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(store.journal, "_limits", store.journal._limits._replace(commit_deadline=0.05))
    monkeypatch.setattr(store.journal.engine.database.writer, "commit_all", hang)
    with pytest.raises(OutcomeUnknown):
        await store.account(2).append(opened(account_id=account_id(2)))
    assert (await store.account(2).load()).events == []
    assert breaking.unknown_outcomes == 1


async def test_a_journal_that_cannot_be_opened_again_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    breaking = BreakingStore(tmp_path / "seatkeeper.db")
    journal = breaking.store.journal
    await journal.open()
    breaking.breaks(monkeypatch, "COMMIT")
    monkeypatch.setattr(database_module, "open_writer", nowhere)
    with pytest.raises(OutcomeUnknown):
        await breaking.store.account(1).append(opened())
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(DatabaseRefused, match="could not be opened again in 1 tries"):
            await journal.writing
        with pytest.raises(DatabaseRefused):
            await journal.close()
    with pytest.raises(StorageDown):
        journal.check_capacity()


async def test_a_database_that_is_slow_to_open_again_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking = BreakingStore(tmp_path / "seatkeeper.db", reopenings=2)
    slow = [True]

    async def open_slowly(path: Path, *, count: int, bound: int, deadline: float) -> Readers:
        return await open_readers(path, count=count, bound=bound, deadline=0.0 if slow and slow.pop() else deadline)

    journal = breaking.store.journal
    await journal.open()
    breaking.breaks(monkeypatch, "COMMIT")
    monkeypatch.setattr(database_module, "open_readers", open_slowly)
    with pytest.raises(OutcomeUnknown):
        await breaking.store.account(1).append(opened())
    loading = asyncio.ensure_future(breaking.store.account(1).load())
    await asyncio.wait({loading, journal.writing}, timeout=DEADLINE, return_when=asyncio.FIRST_COMPLETED)
    loading.cancel()
    ended = [task.exception() for task in (journal.writing,) if task.done()]
    with contextlib.suppress(QueryTooSlow):
        await journal.close()
    assert ended == []


async def nowhere(_path: Path, _kinds: Kinds) -> None:
    raise DatabaseRefused("the disk is gone")


async def test_a_journal_that_has_given_up_unlocks_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        await test_a_journal_that_cannot_be_opened_again_gives_up(tmp_path, broken)
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        assert await store.account(1).append(opened()) == 2


async def test_the_transaction_of_a_commit_of_unknown_outcome_is_not_left_open(
    breaking: BreakingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking.breaks(monkeypatch, "COMMIT")
    with pytest.raises(OutcomeUnknown):
        await breaking.store.account(2).append(opened(account_id=account_id(2)))
    await breaking.store.account(2).load()
    assert run(breaking.store.path, "UPDATE accounts SET name = name RETURNING name") == [("engines",)]


async def test_batches_that_were_refused_or_failed_are_counted(
    breaking: BreakingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking.breaks(monkeypatch, "COMMIT")
    with pytest.raises(OutcomeUnknown):
        await breaking.store.account(2).append(opened(account_id=account_id(2)))
    await breaking.store.account(2).load()
    journal = breaking.store.journal
    assert (journal.refused, journal.failed, journal.reopened) == (0, 1, 1)
