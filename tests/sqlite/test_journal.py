"""The journal in a file: what an operator finds there, how it is written, and how it is left."""

from __future__ import annotations

import asyncio
import json
import zlib
from pathlib import Path

import pytest

from seatkeeper.actors.accounts.members.events import MemberAdded
from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.storage.records import SNAPSHOT_SCHEMA
from tests.accounts.past import BOB, LATER, joined, opened
from tests.storage.stores import NOW, SqliteStore, Written, account_id, names_in
from tests.subscriptions.past import defined


async def pragma(store: SqliteStore, name: str) -> object:
    """Ask the connection that writes."""
    ((value,),) = await store.journal.engine.database.writer.execute(f"PRAGMA {name}")
    return value


@pytest.mark.parametrize(
    ("name", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("application_id", 0x5EA7CEE9), ("user_version", 4)],
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


async def test_more_rows_than_a_statement_takes_are_all_written(file: SqliteStore) -> None:
    appends = [file.account(n).append(opened(account_id=account_id(n))) for n in range(1, 201)]
    assert [await append for append in appends][-1] == 400
    assert file.sql("SELECT count(*), max(position) FROM events") == [(400, 400)]
    assert file.sql("SELECT count(*) FROM accounts") == [(200,)]


async def test_a_closed_journal_leaves_one_file_and_its_lock(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        await store.account().append(opened())
    assert names_in(tmp_path) == {"seatkeeper.db", "seatkeeper.db.lock"}


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


async def test_many_writes_beside_the_journal_are_taken_and_one_that_fails_costs_no_other(tmp_path: Path) -> None:
    sql = "INSERT INTO webhook_progress VALUES (?, 1, 0)"
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        names = [*map(str, range(150)), "7"]
        writing = [store.journal.write_aside([(sql, (name,))]) for name in names]
        outcomes = await asyncio.gather(*writing, return_exceptions=True)
        assert [type(outcome).__name__ for outcome in outcomes] == ["NoneType"] * 150 + ["BatchRejected"]
        assert store.sql("SELECT count(*) FROM webhook_progress") == [(150,)]
