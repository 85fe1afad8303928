"""Damage: a stream that was changed is refused, the others go on; a snapshot is only a cache."""

from __future__ import annotations

import logging

import pytest

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.actors.aggregates.journal import StreamDamaged
from seatkeeper.storage.sql import history
from tests.accounts.past import BOB, joined, opened
from tests.storage.stores import SqliteStore, Stream, account_id
from tests.subscriptions.past import defined


async def two_accounts(file: SqliteStore) -> tuple[Stream[Account], Stream[Account]]:
    """Two accounts of three events each: one for the damage, and its neighbour."""
    damaged, sound = file.account(1), file.account(2)
    await damaged.append(opened(account_id=account_id(1)), joined(BOB))
    await sound.append(opened(account_id=account_id(2)), joined(BOB))
    return damaged, sound


FLIPS = {
    "data": "data = replace(data, 'Engines', 'Enginee')",
    "data that is no JSON": "data = substr(data, 2)",
    "type": "type = 'account.closed'",
    "time": "recorded_at = '2026-11-22T18:12:00.001Z'",
    "checksum": "checksum = checksum + 1",
    "no text": "data = CAST(x'FF' AS TEXT) || data",
}


@pytest.mark.parametrize("change", FLIPS.values(), ids=FLIPS.keys())
async def test_a_stream_with_a_changed_event_is_damaged(file: SqliteStore, change: str) -> None:
    damaged, _ = await two_accounts(file)
    file.sql(f"UPDATE events SET {change} WHERE stream_id = ? AND version = 1", damaged.id)
    with pytest.raises(StreamDamaged, match=rf"event 1 \({damaged.id}, version 1\)"):
        await damaged.load()


async def test_the_damage_of_one_stream_is_no_damage_to_another(file: SqliteStore) -> None:
    damaged, sound = await two_accounts(file)
    file.sql(f"UPDATE events SET {FLIPS['data']} WHERE stream_id = ?", damaged.id)
    with pytest.raises(StreamDamaged):
        await damaged.load()
    assert await sound.loaded() == sound.state
    assert await sound.append(AccountRenamed("Looms")) == 7


@pytest.mark.parametrize("change", FLIPS.values(), ids=FLIPS.keys())
async def test_a_connection_that_has_read_damage_reads_what_comes_after_it(file: SqliteStore, change: str) -> None:
    damaged, sound = await two_accounts(file)
    file.sql(f"UPDATE events SET {change} WHERE stream_id = ?", damaged.id)
    for _ in range(4):  # as many as there are connections, and more
        with pytest.raises(StreamDamaged):
            await damaged.load()
    await sound.append(AccountRenamed("Looms"))
    assert [await file.queries.last_position() for _ in range(4)] == [7] * 4
    assert await sound.loaded() == sound.state


@pytest.mark.parametrize("version", [1, 2])
async def test_a_stream_with_a_gap_is_damaged(file: SqliteStore, version: int) -> None:
    damaged, _ = await two_accounts(file)
    file.sql("DELETE FROM events WHERE stream_id = ? AND version = ?", damaged.id, version)
    with pytest.raises(StreamDamaged, match=f"the versions of {damaged.id} from 1 on have a gap"):
        await damaged.load()


async def test_a_gap_behind_a_snapshot_is_damage(file: SqliteStore) -> None:
    damaged, _ = await two_accounts(file)
    damaged.save_snapshot()
    await damaged.append(AccountRenamed("Looms"), AccountRenamed("Mills"))
    file.sql("DELETE FROM events WHERE stream_id = ? AND version = 4", damaged.id)
    with pytest.raises(StreamDamaged, match="from 3 on have a gap"):
        await damaged.load()


async def test_a_snapshot_of_events_that_are_not_there_is_damage(file: SqliteStore) -> None:
    damaged, _ = await two_accounts(file)
    damaged.save_snapshot()
    await file.plan(1).append(defined())
    file.sql("DELETE FROM events WHERE stream_id = ? AND version = 3", damaged.id)
    with pytest.raises(StreamDamaged, match="from 3 on have a gap"):
        await damaged.load()


async def test_an_event_that_moved_to_another_stream_is_damage(file: SqliteStore) -> None:
    damaged, sound = await two_accounts(file)
    file.sql("UPDATE events SET stream_id = ?, version = 4 WHERE position = 3", sound.id)
    with pytest.raises(StreamDamaged, match="does not match its checksum"):
        await sound.load()
    assert len((await damaged.load()).events) == 2


async def test_a_gap_between_two_pages_is_damage(file: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE", 2)
    damaged, _ = await two_accounts(file)
    await damaged.append(AccountRenamed("Looms"), AccountRenamed("Mills"))
    assert (await damaged.load()).more
    file.sql("DELETE FROM events WHERE stream_id = ? AND version = 3", damaged.id)
    with pytest.raises(StreamDamaged, match="from 3 on have a gap"):
        await damaged.load(3)


SNAPSHOT_FLIPS = {
    "state": "state = replace(state, 'Engines', 'Enginee')",
    "version": "version = version - 1",
    "schema": "schema = 1",
    "no JSON": "state = ''",
    "no text": "state = CAST(x'FF' AS TEXT) || state",
    "checksum": "checksum = checksum + 1",
}


async def with_snapshot(file: SqliteStore) -> Stream[Account]:
    """An account with a snapshot, and an event behind it."""
    account = file.account(1)
    await account.append(opened(account_id=account_id(1)), joined(BOB))
    account.save_snapshot()
    await account.append(AccountRenamed("Looms"))
    return account


@pytest.mark.parametrize("change", SNAPSHOT_FLIPS.values(), ids=SNAPSHOT_FLIPS.keys())
async def test_a_damaged_snapshot_is_ignored_loudly(
    file: SqliteStore, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    account = await with_snapshot(file)
    file.sql(f"UPDATE snapshots SET {change}")
    with caplog.at_level(logging.WARNING, logger="seatkeeper.storage.sql.history"):
        history = await account.load()
    assert (history.state, history.version, len(history.events)) == (None, 0, 4)
    assert await account.loaded() == account.state
    assert "a snapshot was ignored" in caplog.messages


async def test_a_damaged_snapshot_is_replaced_by_the_next(file: SqliteStore) -> None:
    account = await with_snapshot(file)
    file.sql(f"UPDATE snapshots SET {SNAPSHOT_FLIPS['state']}")
    account.save_snapshot()
    await file.plan(1).append(defined())
    history = await account.load()
    assert (history.state, history.version, history.events) == (account.state, 4, [])


async def test_without_its_snapshots_a_journal_is_only_slower(file: SqliteStore) -> None:
    account = await with_snapshot(file)
    file.sql("DELETE FROM snapshots")
    assert await account.loaded() == account.state
