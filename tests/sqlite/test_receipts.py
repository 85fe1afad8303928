"""Receipts in a file: damage is found, and a commit stores events and receipt or neither."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.actors.aggregates.journal import JournalFull, NotStored, OutcomeUnknown, Receipt, StreamDamaged
from seatkeeper.actors.aggregates.messages import NOTHING
from seatkeeper.storage.errors import StorageDown, StorageFull
from seatkeeper.storage.sql.lookups import RowLoader
from tests.accounts.past import opened
from tests.sqlite.faults import BreakingStore
from tests.storage.stores import DEADLINE, SqliteStore, Written, account_id
from tests.storage.test_receipts_contract import accepted, at, found, refused

CHANGES = {
    "fingerprint": "fingerprint = x'00'",
    "status": "status = 200",
    "version": "version = NULL",
    "position": "position = position + 1",
    "location": "location = NULL",
    "body": "body = replace(body, 'Ærø', 'Æry')",
    "a body that is no text": "body = CAST(x'FF' AS TEXT) || body",
    "time": "recorded_at = '2026-11-22T18:12:00.001Z'",
    "checksum": "checksum = checksum + 1",
}


def stored(store: SqliteStore) -> list[tuple[object, ...]]:
    """The stored keys, with the statuses."""
    return store.sql("SELECT key, status FROM receipts ORDER BY number")


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_receipt_that_was_changed_is_damage(file: SqliteStore, change: str) -> None:
    await file.account(1).append(opened(), receipt=accepted())
    file.sql(f"UPDATE receipts SET {change}")
    with pytest.raises(StreamDamaged, match="the receipt of the key 'a key' does not match its checksum"):
        await found(file)


async def test_a_damaged_receipt_is_no_damage_to_others_that_are_asked_for_with_it(file: SqliteStore) -> None:
    account = file.account(1)
    await account.append(opened(), receipt=accepted("sound"))
    await account.append(receipt=accepted("damaged"))
    file.sql("UPDATE receipts SET status = 200 WHERE key = 'damaged'")
    keys = ["sound", "damaged", "unknown", "sound", "damaged"]
    async with asyncio.timeout(DEADLINE):
        sound, damaged, unknown, sound_too, damaged_too = await asyncio.gather(
            *(file.journal.receipt(key) for key in keys), return_exceptions=True
        )
    assert sound == sound_too == at(accepted("sound"), 2)
    assert unknown is None
    assert isinstance(damaged, StreamDamaged)
    assert isinstance(damaged_too, StreamDamaged)


async def test_an_operator_reads_a_receipt_as_text(file: SqliteStore) -> None:
    await file.account(1).append(opened(), receipt=accepted())
    assert file.sql("SELECT key, status, version, position, location, body ->> 'name' FROM receipts") == [
        ("a key", 201, 2, 2, "/v1/accounts/1", "Ærø")
    ]


async def test_receipts_are_numbered_in_the_order_of_their_commits(file: SqliteStore) -> None:
    keys = [f"key {number}" for number in (3, 1, 2)]
    for append in [file.account().append(opened(), receipt=accepted(key)) for key in keys]:
        await append
    assert file.sql("SELECT number, key FROM receipts ORDER BY number") == list(enumerate(keys, 1))


async def test_a_receipt_is_there_after_the_file_is_opened_again(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        await store.account(1).append(opened(), receipt=accepted())
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        assert await found(store) == at(accepted(), 2)


@pytest.mark.parametrize("statement", ["INSERT INTO receipts", "INSERT INTO events", "INSERT INTO accounts", "COMMIT"])
async def test_a_batch_that_is_refused_leaves_neither_events_nor_receipts(
    breaking: BreakingStore, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    store, account = breaking.store, breaking.store.account(2)
    with monkeypatch.context() as broken:
        breaking.breaks(broken, statement, sqlite3.SQLITE_FULL)
        appends = [
            account.append(opened(account_id=account_id(2)), receipt=accepted()),
            account.append(receipt=refused()),
        ]
        for append in appends:
            with pytest.raises(StorageFull):
                await append
    assert stored(store) == []
    assert await store.positions() == [1, 2]
    assert (await found(store), await found(store, "a refusal")) == (None, None)


@pytest.mark.parametrize(("after", "is_stored"), [(False, False), (True, True)], ids=["before the disk", "behind it"])
async def test_a_commit_of_unknown_outcome_stores_events_and_receipt_or_neither(
    breaking: BreakingStore, monkeypatch: pytest.MonkeyPatch, *, after: bool, is_stored: bool
) -> None:
    store = breaking.store
    breaking.breaks(monkeypatch, "COMMIT", after=after)
    with pytest.raises(OutcomeUnknown):
        await store.account(2).append(opened(account_id=account_id(2)), receipt=accepted())
    await store.account(2).load()  # waits until the file is open again
    assert await found(store) == (at(accepted(), 4) if is_stored else None)
    assert await store.positions() == ([1, 2, 3, 4] if is_stored else [1, 2])


async def test_during_an_unknown_outcome_a_lookup_fails(
    breaking: BreakingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = breaking.store
    asked: list[asyncio.Task[Receipt | None]] = []
    monkeypatch.setattr(store.journal, "_on_outcome_unknown", lambda: asked.append(asyncio.create_task(found(store))))
    breaking.breaks(monkeypatch, "COMMIT", after=True)
    with pytest.raises(OutcomeUnknown):
        await store.account(2).append(opened(account_id=account_id(2)), receipt=accepted())
    with pytest.raises(StorageDown):
        await asked[0]


async def test_after_the_journal_is_closed_a_lookup_fails(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        await store.account(1).append(opened(), receipt=accepted())
    with pytest.raises(StorageDown):
        await found(store)


async def test_a_lookup_while_the_journal_is_closed_ends(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        await store.account(1).append(opened(), receipt=accepted())
        asked = [asyncio.ensure_future(found(store)) for _ in range(500)]
        await asyncio.sleep(0)
    async with asyncio.timeout(DEADLINE):
        ended = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(end) for end in ended} <= {Receipt, StorageDown}


async def test_a_lookup_that_takes_too_long_fails(file: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    await file.account(1).append(opened(), receipt=accepted())
    with monkeypatch.context() as slow:
        slow.setattr(file.journal.engine.database.loaders, "_deadline", 0.0)
        with pytest.raises(JournalFull):
            await found(file)
    assert await found(file) == at(accepted(), 2)


async def test_a_lookup_that_fails_is_no_answer_and_the_next_one_works(file: SqliteStore) -> None:
    await file.account(1).append(opened(), receipt=accepted())
    file.sql("ALTER TABLE receipts RENAME TO elsewhere")
    with pytest.raises(NotStored):
        await found(file)
    file.sql("ALTER TABLE elsewhere RENAME TO receipts")
    assert await found(file) == at(accepted(), 2)


async def test_lookups_at_once_share_a_query(file: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    queries: list[int] = []
    fetch = file.journal.engine.database.loaders.fetch

    async def counted(sql: str, parameters: list[str]) -> object:
        queries.append(len(parameters))
        return await fetch(sql, parameters)

    monkeypatch.setattr(file.journal.engine.database.loaders, "fetch", counted)
    async with asyncio.timeout(DEADLINE):
        await asyncio.gather(*(file.journal.receipt(f"key {number}") for number in range(200)))
    assert sum(queries) == 200
    assert max(queries) == RowLoader.MOST
    assert len(queries) <= 5


async def test_a_key_that_was_written_twice_costs_no_other_append_anything(file: SqliteStore) -> None:
    one, other = file.account(1), file.account(2)
    await one.append(opened(account_id=account_id(1)), receipt=accepted())
    twice = Written(one.id, 2, [AccountRenamed("Looms")], one.state, accepted())
    file.journal.append(twice)
    neighbour = Written(other.id, 0, opened(account_id=account_id(2)), one.state)
    file.journal.append(neighbour)
    with pytest.raises(NotStored):
        await twice
    assert await neighbour == 4


async def test_a_refusal_that_is_not_stored_leaves_its_key_free(
    breaking: BreakingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = breaking.store
    with monkeypatch.context() as broken:
        breaking.breaks(broken, "INSERT INTO receipts", sqlite3.SQLITE_FULL)
        append = Written("", 0, NOTHING, None, refused())
        store.journal.append(append)
        with pytest.raises(StorageFull):
            await append
    assert await found(store, "a refusal") is None
    append = Written("", 0, NOTHING, None, refused())
    store.journal.append(append)
    await append
    assert stored(store) == [("a refusal", 409)]
