"""The journal in a file: what an operator finds there, how it is written, and how it is left."""

from __future__ import annotations

import asyncio
import json
import zlib
from pathlib import Path

import pytest

from seatkeeper.actors.accounts.events import AccountRenamed, MemberAdded
from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.storage.errors import StorageDown
from seatkeeper.storage.journal.limits import JournalLimits
from seatkeeper.storage.records import SNAPSHOT_SCHEMA
from seatkeeper.storage.sqlite.journal import SqliteJournal
from tests.accounts.past import BOB, LATER, after, joined, opened
from tests.storage.stores import NOW, SqliteStore, Written, account_id, names_in, run
from tests.subscriptions.past import defined


async def pragma(store: SqliteStore, name: str) -> object:
    """Ask the connection that writes."""
    ((value,),) = await store.journal.engine.database.writer.execute(f"PRAGMA {name}")
    return value


@pytest.mark.parametrize(
    ("name", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("application_id", 0x5EA7CEE9), ("user_version", 3)],
)
async def test_the_writer_fsyncs_each_commit_to_a_write_ahead_log(file: SqliteStore, name: str, value: object) -> None:
    assert await pragma(file, name) == value


async def test_the_writer_still_does_when_the_file_is_opened_again(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "seatkeeper.db"):
        pass
    async with SqliteStore(tmp_path / "seatkeeper.db") as again:
        assert await pragma(again, "journal_mode") == "wal"
        assert await pragma(again, "synchronous") == 2


async def test_an_operator_reads_an_event_as_text(file: SqliteStore) -> None:
    account = file.account(1)
    await account.append(opened(), MemberAdded(BOB, "Bob Ærø", None, "member", LATER))
    ((data, kind),) = file.sql("SELECT data, typeof(data) FROM events WHERE position = 3")
    assert kind == "text"
    assert data == f'{{"member_id":"{BOB}","name":"Bob Ærø","email":null,"role":"member","joined_at":"{LATER}"}}'
    assert file.sql("SELECT data ->> 'name' FROM events WHERE type = 'member.added'") == [("Ada",), ("Bob Ærø",)]


async def test_an_event_has_the_checksum_that_the_schema_speaks_of(file: SqliteStore) -> None:
    await file.account(1).append(opened(), joined(BOB))
    for *columns, checksum in file.sql("SELECT stream_id, version, type, recorded_at, data, checksum FROM events"):
        assert checksum == zlib.crc32("\n".join(map(str, columns)).encode())


async def test_a_snapshot_has_the_checksum_that_the_schema_speaks_of(file: SqliteStore) -> None:
    account = file.account(1)
    await account.append(opened())
    account.save_snapshot()
    await file.plan(1).append(defined())
    ((*columns, checksum),) = file.sql("SELECT stream_id, version, schema, state, checksum FROM snapshots")
    assert columns[:3] == [account.id, 2, SNAPSHOT_SCHEMA]
    assert json.loads(str(columns[3]))["account_name"] == "Engines"
    assert checksum == zlib.crc32("\n".join(map(str, columns)).encode())


async def test_the_time_of_an_event_is_the_clock_that_was_handed_in(file: SqliteStore) -> None:
    await file.account(1).append(opened())
    assert file.sql("SELECT DISTINCT recorded_at FROM events") == [(NOW,)]


async def test_a_batch_that_is_larger_than_a_commit_takes_several(tmp_path: Path) -> None:
    sizes: list[int] = []
    journal = SqliteJournal(
        tmp_path / "seatkeeper.db",
        now=lambda: NOW,
        on_outcome_unknown=lambda: None,
        committed=lambda events, _: sizes.append(events),
        limits=JournalLimits(batch=2),
    )
    await journal.open()
    appends = [Written(f"account-{n}", 0, opened(), after(opened())) for n in range(5)]
    for append in appends:
        journal.append(append)
    assert [await append for append in appends] == [2, 4, 6, 8, 10]
    await journal.close()
    assert sizes == [4, 4, 2]


async def test_more_rows_than_a_statement_takes_are_all_written(file: SqliteStore) -> None:
    appends = [file.account(n).append(opened(account_id=account_id(n))) for n in range(1, 201)]
    assert [await append for append in appends][-1] == 400
    assert file.sql("SELECT count(*), max(position) FROM events") == [(400, 400)]
    assert file.sql("SELECT count(*) FROM accounts") == [(200,)]


async def test_close_writes_what_waits(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "seatkeeper.db", limits=JournalLimits(batch=3)) as store:
        appends = [store.account(n).append(opened(account_id=account_id(n))) for n in range(1, 11)]
        assert len(store.journal) == 10
    assert [append.results for append in appends] == [[2 * n] for n in range(1, 11)]
    assert run(store.path, "SELECT count(*) FROM events") == [(20,)]


async def test_a_closed_journal_leaves_one_file_and_its_lock(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        await store.account().append(opened())
    assert names_in(tmp_path) == {"seatkeeper.db", "seatkeeper.db.lock"}


async def test_a_closed_journal_takes_nothing(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        pass
    assert not store.journal.ready()
    assert store.journal.unready_reason() == "The database is not open."
    with pytest.raises(StorageDown):
        store.account().append(opened())


async def test_a_journal_that_was_not_opened_takes_nothing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "seatkeeper.db")
    assert not store.journal.ready()
    with pytest.raises(StorageDown):
        store.journal.check_capacity()


async def test_an_open_journal_is_ready(file: SqliteStore) -> None:
    assert file.journal.ready()


async def test_positions_go_on_where_the_file_ends(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        await store.account(1).append(opened())
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        assert await store.plan(1).append(defined()) == 3
        assert await store.positions() == [1, 2, 3]


async def test_a_version_that_is_taken_is_refused_and_what_shares_its_batch_is_stored(file: SqliteStore) -> None:
    account, other = file.account(1), file.account(2)
    await account.append(opened(account_id=account_id(1)))
    again = Written(account.id, 1, [AccountRenamed("Looms")], account.state)
    file.journal.append(again)
    bystander = other.append(opened(account_id=account_id(2)))
    with pytest.raises(NotStored):
        await again
    assert await bystander == 4
    assert await file.positions() == [1, 2, 3, 4]
    assert file.journal.unready_reason() is None


async def test_of_many_appends_only_the_wrong_one_is_refused_with_those_that_follow_on_it(
    file: SqliteStore,
) -> None:
    guilty = file.account(1)
    await guilty.append(opened(account_id=account_id(1)))
    blamed = [Written(guilty.id, 1, [AccountRenamed("Looms")], guilty.state)]
    others = [file.account(n).append(opened(account_id=account_id(n))) for n in range(2, 20)]
    file.journal.append(blamed[0])
    others += [file.account(n).append(opened(account_id=account_id(n))) for n in range(20, 40)]
    blamed.append(Written(guilty.id, 2, [AccountRenamed("Mills")], guilty.state))
    file.journal.append(blamed[1])
    assert [await other for other in others] == list(range(4, 80, 2))
    for append in blamed:
        with pytest.raises(NotStored):
            await append
    assert file.sql("SELECT max(version) FROM events WHERE stream_id = ?", guilty.id) == [(2,)]


async def test_a_refused_batch_leaves_no_gap_behind(file: SqliteStore) -> None:
    account = file.account(1)
    await account.append(opened(account_id=account_id(1)))
    again = Written(account.id, 1, [AccountRenamed("Looms")], account.state)
    file.journal.append(again)
    with pytest.raises(NotStored):
        await again
    assert file.journal.ready()
    assert await account.append(AccountRenamed("Mills")) == 3
    assert await file.positions() == [1, 2, 3]


async def test_what_waits_behind_a_refused_append_of_its_stream_is_refused_with_it(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "seatkeeper.db", limits=JournalLimits(batch=1)) as store:
        account, other = store.account(1), store.account(2)
        await account.append(opened(account_id=account_id(1)))
        refused = Written(account.id, 1, [AccountRenamed("Looms")], account.state)
        store.journal.append(refused)
        behind = account.append(AccountRenamed("Mills"))
        elsewhere = other.append(opened(account_id=account_id(2)))
        for append in (refused, behind):
            with pytest.raises(NotStored):
                await append
        assert await elsewhere == 4
        assert (await account.load()).events == opened(account_id=account_id(1))


async def test_many_writes_beside_the_journal_are_taken_and_one_that_fails_costs_no_other(tmp_path: Path) -> None:
    sql = "INSERT INTO webhook_progress VALUES (?, 1, 0)"
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        names = [*map(str, range(150)), "7"]
        writing = [store.journal.write_aside([(sql, (name,))]) for name in names]
        outcomes = await asyncio.gather(*writing, return_exceptions=True)
        assert [type(outcome).__name__ for outcome in outcomes] == ["NoneType"] * 150 + ["BatchRejected"]
        assert store.sql("SELECT count(*) FROM webhook_progress") == [(150,)]
