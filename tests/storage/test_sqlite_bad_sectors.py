"""A disk that cannot read one page: the affair of whose rows are on it, unless it cannot do anything else either."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest

from seatkeeper.actors.accounts.events import AccountRenamed
from seatkeeper.actors.journal import NotStored, OutcomeUnknown, StreamDamaged
from seatkeeper.storage.failures import FEW
from seatkeeper.storage.journal import JournalLimits
from seatkeeper.storage.writer import RolledBack, Statement, Writer
from tests.accounts.past import opened
from tests.storage.stores import SqliteStore, account_id
from tests.storage.test_sqlite_disks import COMMIT_ALL, until_ready
from tests.storage.test_sqlite_failures import failure

UNREADABLE = account_id(1)


async def commit_what_can_be_read(writer: Writer, statements: Iterable[Statement]) -> None:
    """Commit, unless a statement needs the page with the rows of the first account."""
    if any(UNREADABLE in parameters for _, parameters in statements):
        raise RolledBack(failure(sqlite3.SQLITE_IOERR_READ))
    await COMMIT_ALL(writer, statements)


async def test_a_page_that_cannot_be_read_is_the_affair_of_whose_rows_are_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        await store.account(1).append(opened(account_id=account_id(1)))
        guilty = store.account(1)
        guilty.state, guilty.version = await guilty.loaded(), 2
        monkeypatch.setattr(Writer, "commit_all", commit_what_can_be_read)
        refused = guilty.append(AccountRenamed("Mills"))
        stored = [store.account(n).append(opened(account_id=account_id(n))) for n in (2, 3)]
        with pytest.raises(NotStored) as told:
            await refused
        assert not isinstance(told.value, StreamDamaged)
        assert [await append for append in stored] == [4, 6]
        assert store.journal.trouble() is None
        assert (store.journal.failed, store.journal.reopened) == (0, 0)


async def test_a_page_that_everybody_needs_is_trouble_until_something_is_stored(
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
                assert store.journal.trouble() is None
                with pytest.raises(StreamDamaged):
                    await store.account(number).append(opened(account_id=account_id(number)))
            await probed.wait()
            await asyncio.sleep(0)
            assert store.journal.trouble() == "The last commit was refused: nothing was stored: injected."
        await store.account(9).append(opened(account_id=account_id(9)))
        assert store.journal.trouble() is None


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
