"""Failures: a full disk refuses, a commit that fails half-way is in doubt, and what is on the disk decides."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path

import pytest

from seatkeeper.actors.accounts.events import AccountRenamed
from seatkeeper.actors.journal import History, NotStored, OutcomeUnknown
from seatkeeper.storage import database as database_module
from seatkeeper.storage import journal as journal_module
from seatkeeper.storage.database import DatabaseRefused, QueryTooSlow, Readers, open_readers
from seatkeeper.storage.journal import JournalLimits, StorageFull
from seatkeeper.storage.receipts import StorageDown
from seatkeeper.storage.writer import Statement
from tests.accounts.past import closed, opened
from tests.storage.stores import DEADLINE, SqliteStore, account_id, run

Execute = Callable[..., Awaitable[object]]


class Breaks:
    """Takes the place of the writer's `execute`, and lets one kind of statement fail, once."""

    def __init__(self, execute: Execute, statement: str, code: int, *, after: bool) -> None:
        self._execute = execute
        self._statement = statement
        self._code = code
        self._after = after

    async def __call__(self, sql: str, *parameters: object) -> object:
        if not sql.startswith(self._statement):
            return await self._execute(sql, *parameters)
        if self._after:
            await self._execute(sql, *parameters)
        raise failure(self._code)


def failure(code: int) -> sqlite3.OperationalError:
    """An error of SQLite's."""
    error = sqlite3.OperationalError("injected")
    error.sqlite_errorcode = code
    return error


class Doubtful:
    """A store whose writer can break, and how often its memory was in doubt."""

    def __init__(self, path: Path) -> None:
        self.doubts = 0
        self.store = SqliteStore(path, in_doubt=self._in_doubt, limits=JournalLimits(reopenings=1))

    def _in_doubt(self) -> None:
        self.doubts += 1

    def breaks(
        self, monkeypatch: pytest.MonkeyPatch, statement: str, code: int = sqlite3.SQLITE_IOERR, *, after: bool = False
    ) -> None:
        """Let the next such statement fail; a journal that is opened again has a new connection, which works."""
        connection = self.store.journal._database.writer
        execute = Breaks(connection.execute, statement, code, after=after)

        async def commit_all(statements: Iterable[Statement]) -> None:
            await execute("BEGIN IMMEDIATE")
            for sql, parameters in statements:
                await execute(sql, parameters)
            await execute("COMMIT")

        monkeypatch.setattr(connection, "execute", execute)
        monkeypatch.setattr(connection, "commit_all", commit_all)


@pytest.fixture
async def doubtful(tmp_path: Path) -> AsyncIterator[Doubtful]:
    """A journal with one account, ready to break."""
    made = Doubtful(tmp_path / "seatkeeper.db")
    async with made.store as store:
        await store.account(1).append(opened(account_id=account_id(1)))
        yield made
    assert [len(append.heard) for append in store.appends] == [1] * len(store.appends)


@pytest.mark.parametrize("statement", ["BEGIN", "INSERT INTO events", "INSERT INTO accounts", "COMMIT"])
async def test_a_commit_that_fails_is_in_doubt(
    doubtful: Doubtful, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    doubtful.breaks(monkeypatch, statement)
    appends = [doubtful.store.account(n).append(opened(account_id=account_id(n))) for n in (2, 3)]
    for append in appends:
        with pytest.raises(OutcomeUnknown):
            await append
    assert doubtful.doubts == 1


async def test_a_commit_that_failed_before_the_disk_left_nothing_and_the_work_goes_on(
    doubtful: Doubtful, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, lost = doubtful.store, doubtful.store.account(2)
    doubtful.breaks(monkeypatch, "COMMIT")
    with pytest.raises(OutcomeUnknown):
        await lost.append(opened(account_id=account_id(2)))
    assert (await lost.load()).events == []
    assert await store.account(3).append(opened(account_id=account_id(3))) == 4
    assert await store.positions() == [1, 2, 3, 4]


async def test_a_commit_that_failed_behind_the_disk_is_kept_and_the_work_goes_on_behind_it(
    doubtful: Doubtful, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, kept = doubtful.store, doubtful.store.account(2)
    doubtful.breaks(monkeypatch, "COMMIT", after=True)
    with pytest.raises(OutcomeUnknown):
        await kept.append(opened(account_id=account_id(2)))
    assert await kept.loaded() == kept.state
    assert await kept.append(closed()) == 5
    assert await store.positions() == [1, 2, 3, 4, 5]


async def test_a_load_in_the_time_of_doubt_waits_for_what_is_on_the_disk(
    doubtful: Doubtful, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = doubtful.store.account(2)
    loading: list[asyncio.Task[object]] = []
    monkeypatch.setattr(doubtful.store.journal, "_in_doubt", lambda: loading.append(asyncio.create_task(kept.loaded())))
    doubtful.breaks(monkeypatch, "COMMIT", after=True)
    with pytest.raises(OutcomeUnknown):
        await kept.append(opened(account_id=account_id(2)))
    assert await loading[0] == kept.state


async def test_a_load_that_began_before_the_doubt_begins_again(
    doubtful: Doubtful, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, kept = doubtful.store.journal, doubtful.store.account(2)
    load, begun = journal._load, asyncio.Event()

    async def overtaken(stream_id: str, after: int) -> History:
        history = await load(stream_id, after)
        if not begun.is_set():
            begun.set()
            with pytest.raises(OutcomeUnknown):
                await kept.append(opened(account_id=account_id(2)))
        return history

    monkeypatch.setattr(journal, "_load", overtaken)
    doubtful.breaks(monkeypatch, "COMMIT", after=True)
    assert (await kept.load()).events == opened(account_id=account_id(2))


async def test_what_waits_behind_a_doubtful_commit_was_surely_not_stored(
    doubtful: Doubtful, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = doubtful.store
    monkeypatch.setattr(store.journal, "_limits", store.journal._limits._replace(batch=1))
    doubtful.breaks(monkeypatch, "COMMIT")
    first = store.account(2).append(opened(account_id=account_id(2)))
    second = store.account(3).append(opened(account_id=account_id(3)))
    with pytest.raises(OutcomeUnknown):
        await first
    with pytest.raises(StorageDown):
        await second


async def test_while_in_doubt_nothing_is_taken(doubtful: Doubtful, monkeypatch: pytest.MonkeyPatch) -> None:
    store = doubtful.store
    ready: list[bool] = []
    monkeypatch.setattr(store.journal, "_in_doubt", lambda: ready.append(store.journal.ready()))
    doubtful.breaks(monkeypatch, "COMMIT")
    with pytest.raises(OutcomeUnknown):
        await store.account(2).append(opened(account_id=account_id(2)))
    await store.account(2).load()
    assert ready == [False]
    assert store.journal.ready()


async def test_a_commit_that_hangs_is_in_doubt_after_its_deadline(
    doubtful: Doubtful, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = doubtful.store

    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(store.journal, "_limits", store.journal._limits._replace(commit_deadline=0.05))
    monkeypatch.setattr(store.journal._database.writer, "commit_all", hang)
    with pytest.raises(OutcomeUnknown):
        await store.account(2).append(opened(account_id=account_id(2)))
    assert (await store.account(2).load()).events == []
    assert doubtful.doubts == 1


async def test_a_journal_that_cannot_be_opened_again_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    doubtful = Doubtful(tmp_path / "seatkeeper.db")
    journal = doubtful.store.journal
    await journal.open()
    doubtful.breaks(monkeypatch, "COMMIT")
    monkeypatch.setattr(database_module, "open_writer", nowhere)
    with pytest.raises(OutcomeUnknown):
        await doubtful.store.account(1).append(opened())
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(DatabaseRefused, match="could not be opened again in 1 tries"):
            await journal.writing
        with pytest.raises(DatabaseRefused):
            await journal.close()
    with pytest.raises(StorageDown):
        journal.admit()


async def test_a_database_that_is_slow_to_open_again_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubtful = Doubtful(tmp_path / "seatkeeper.db")
    doubtful.store.journal._limits = JournalLimits(reopenings=2)
    slow = [True]

    async def open_slowly(path: Path, *, count: int, bound: int, deadline: float) -> Readers:
        return await open_readers(path, count=count, bound=bound, deadline=0.0 if slow and slow.pop() else deadline)

    journal = doubtful.store.journal
    await journal.open()
    doubtful.breaks(monkeypatch, "COMMIT")
    monkeypatch.setattr(database_module, "open_readers", open_slowly)
    with pytest.raises(OutcomeUnknown):
        await doubtful.store.account(1).append(opened())
    loading = asyncio.ensure_future(doubtful.store.account(1).load())
    await asyncio.wait({loading, journal.writing}, timeout=DEADLINE, return_when=asyncio.FIRST_COMPLETED)
    loading.cancel()
    ended = [task.exception() for task in (journal.writing,) if task.done()]
    with contextlib.suppress(QueryTooSlow):
        await journal.close()
    assert ended == []


async def nowhere(_: Path) -> None:
    raise DatabaseRefused("the disk is gone")


async def test_the_file_is_let_go_by_a_journal_that_has_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        await test_a_journal_that_cannot_be_opened_again_gives_up(tmp_path, broken)
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        assert await store.account(1).append(opened()) == 2


@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_CONSTRAINT_UNIQUE])
async def test_a_statement_that_is_surely_undone_is_a_refusal(
    doubtful: Doubtful, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    store = doubtful.store
    with monkeypatch.context() as broken:
        doubtful.breaks(broken, "INSERT INTO accounts", code)
        with pytest.raises(NotStored, match="nothing was stored: injected"):
            await store.account(2).append(opened(account_id=account_id(2)))
    assert doubtful.doubts == 0
    assert await store.account(2).append(opened(account_id=account_id(2))) == 4


async def test_a_file_that_an_operator_has_locked_is_a_refusal(doubtful: Doubtful) -> None:
    store = doubtful.store
    await store.journal._database.writer.execute("PRAGMA busy_timeout = 0")
    operator = sqlite3.connect(store.path, isolation_level=None)
    operator.execute("BEGIN IMMEDIATE")
    with pytest.raises(NotStored, match="database is locked"):
        await store.account(2).append(opened(account_id=account_id(2)))
    operator.close()
    assert await store.account(2).append(opened(account_id=account_id(2))) == 4
    assert doubtful.doubts == 0


async def test_a_full_disk_is_a_refusal_until_there_is_space_again(doubtful: Doubtful) -> None:
    store = doubtful.store
    ((pages,),) = store.sql("PRAGMA page_count")
    ((unlimited,),) = await store.journal._database.writer.execute_fetchall("PRAGMA max_page_count")
    await store.journal._database.writer.execute(f"PRAGMA max_page_count = {pages}")
    large = AccountRenamed("Looms" * 10_000)
    with pytest.raises(StorageFull):
        await store.account(2).append(opened(account_id=account_id(2)), large)
    assert await store.positions() == [1, 2]
    await store.journal._database.writer.execute(f"PRAGMA max_page_count = {unlimited}")
    assert await store.account(2).append(opened(account_id=account_id(2)), large) == 5
    assert doubtful.doubts == 0


async def test_a_refusal_is_trouble_until_the_next_commit(doubtful: Doubtful, monkeypatch: pytest.MonkeyPatch) -> None:
    store = doubtful.store
    assert store.journal.trouble() is None
    with monkeypatch.context() as broken:
        doubtful.breaks(broken, "INSERT INTO accounts", sqlite3.SQLITE_FULL)
        with pytest.raises(StorageFull):
            await store.account(2).append(opened(account_id=account_id(2)))
    assert store.journal.trouble() == "The last commit was refused: the disk is full."
    await store.account(2).append(opened(account_id=account_id(2)))
    assert store.journal.trouble() is None


async def test_a_commit_that_takes_too_long_is_trouble(doubtful: Doubtful, monkeypatch: pytest.MonkeyPatch) -> None:
    store, begun, go_on = doubtful.store, asyncio.Event(), asyncio.Event()
    commit_all = store.journal._database.writer.commit_all

    async def slow(statements: Iterable[Statement]) -> None:
        begun.set()
        await go_on.wait()
        await commit_all(statements)

    monkeypatch.setattr(journal_module, "SLOW_COMMIT", 0.0)
    monkeypatch.setattr(store.journal._database.writer, "commit_all", slow)
    written = store.account(2).append(opened(account_id=account_id(2)))
    await begun.wait()
    assert store.journal.trouble() == "A commit has been under way for more than 0 s."
    go_on.set()
    await written


async def test_what_was_there_before_can_be_read_on_a_full_disk(doubtful: Doubtful) -> None:
    store, account = doubtful.store, doubtful.store.account(1)
    ((pages,),) = store.sql("PRAGMA page_count")
    await store.journal._database.writer.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageFull):
        await store.account(2).append(opened(account_id=account_id(2)), AccountRenamed("Looms" * 10_000))
    assert (await account.load()).events == opened(account_id=account_id(1))
    assert store.journal.ready()


async def test_a_transaction_of_a_doubtful_commit_is_not_left_open(
    doubtful: Doubtful, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubtful.breaks(monkeypatch, "COMMIT")
    with pytest.raises(OutcomeUnknown):
        await doubtful.store.account(2).append(opened(account_id=account_id(2)))
    await doubtful.store.account(2).load()
    assert run(doubtful.store.path, "UPDATE accounts SET name = name RETURNING name") == [("engines",)]


async def test_a_disk_that_takes_writes_again_is_found_out_without_a_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = JournalLimits(probe_every=0.01)
    async with SqliteStore(tmp_path / "seatkeeper.db", limits=limits) as store:
        writer = store.journal._database.writer
        ((pages,),) = store.sql("PRAGMA page_count")
        ((unlimited,),) = await writer.execute_fetchall("PRAGMA max_page_count")
        await writer.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StorageFull):
            await store.account(1).append(opened(account_id=account_id(1)), AccountRenamed("Looms" * 10_000))
        assert store.journal.trouble() is not None
        await writer.execute(f"PRAGMA max_page_count = {unlimited}")
        probed = asyncio.Event()
        monkeypatch.setattr(store.journal, "_committed", lambda *_: probed.set())
        async with asyncio.timeout(DEADLINE):
            await probed.wait()
        assert store.journal.trouble() is None


async def test_batches_that_were_refused_or_failed_are_counted(
    doubtful: Doubtful, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubtful.breaks(monkeypatch, "COMMIT")
    with pytest.raises(OutcomeUnknown):
        await doubtful.store.account(2).append(opened(account_id=account_id(2)))
    await doubtful.store.account(2).load()
    journal = doubtful.store.journal
    assert (journal.refused, journal.failed, journal.reopened) == (0, 1, 1)
